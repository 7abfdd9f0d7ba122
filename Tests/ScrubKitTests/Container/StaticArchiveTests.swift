import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct StaticArchiveTests {
  private func read(_ bytes: [UInt8]) throws(ScrubError) -> StaticArchive { try StaticArchive(Bytes(bytes)) }

  private func refusal(_ bytes: [UInt8]) -> String? {
    errorText { () throws(ScrubError) in _ = try StaticArchive(Bytes(bytes)) }
  }

  @Test func systemVNames() throws {
    let table = "a_name_longer_than_a_header.o/\ndir/another_long_name.o/\n"
    let archive = try read(
      TestArchive.magic + TestArchive.member("/", [0, 0, 0, 0])
        + TestArchive.member("//", TestArchive.text(table), date: "")
        + TestArchive.member("/0", [1]) + TestArchive.member("/31", [2, 2])
        + TestArchive.member("short.o/", [3, 3, 3]) + TestArchive.member("with blank.o/", []))
    #expect(
      archive.members.map(\.kind) == [
        .symbols(.gnu(width: 4)), .names, .file, .file, .file, .file,
      ])
    #expect(
      archive.files.map(\.name) == [
        "a_name_longer_than_a_header.o", "dir/another_long_name.o", "short.o", "with blank.o",
      ])
    #expect(archive.files.map { archive.content(of: $0).array() } == [[1], [2, 2], [3, 3, 3], []])
  }

  @Test func bsdNames() throws {
    let archive = try read(
      TestArchive.magic
        + TestArchive.member("#1/12", [0, 0, 0, 0], prefix: TestArchive.text("__.SYMDEF\0\0\0"))
        + TestArchive.member("#1/20", [7], prefix: TestArchive.text("a longer name.o\0\0\0\0\0"))
        + TestArchive.member("short.o", [8]))
    #expect(archive.members.map(\.kind) == [.symbols(.bsd(width: 4)), .file, .file])
    #expect(archive.files.map(\.name) == ["a longer name.o", "short.o"])
    #expect(archive.files.map { archive.content(of: $0).array() } == [[7], [8]])
  }

  /// Import libraries: a second table of symbols, names that end with NUL, dates of -1.
  @Test func microsoftNames() throws {
    let archive = try read(
      TestArchive.magic + TestArchive.member("/", [0, 0, 0, 0], date: "-1")
        + TestArchive.member("/", [0, 0, 0, 0, 0, 0, 0, 0], date: "-1")
        + TestArchive.member("//", TestArchive.text("a_rather_long_name.obj\0another.obj\0"), date: "")
        + TestArchive.member("/0", [1], date: "-1") + TestArchive.member("/23", [2], date: "-1"))
    #expect(
      archive.members.map(\.kind) == [.symbols(.gnu(width: 4)), .unknown, .names, .file, .file])
    #expect(archive.files.map(\.name) == ["a_rather_long_name.obj", "another.obj"])
    #expect(archive.files.allSatisfy { $0.header.date == nil })
  }

  @Test func equalNamesGetNumbers() throws {
    let archive = try read(
      TestArchive.magic + TestArchive.member("part.o#2/", [1]) + TestArchive.member("part.o/", [2])
        + TestArchive.member("part.o/", [3]) + TestArchive.member("part.o/", [4]))
    #expect(archive.files.map(\.name) == ["part.o#2", "part.o", "part.o#3", "part.o#4"])
  }

  @Test func anArchiveMayBeEmptyOrEndWithoutPadding() throws {
    #expect(try read(TestArchive.magic).members.isEmpty)
    let bytes = TestArchive.magic + TestArchive.header("a.o/", size: 3) + [1, 2, 3]
    let archive = try read(bytes)
    #expect(archive.files.count == 1)
    #expect(try ArchiveWriter(archive).write().array() == bytes)
    #expect(FileKind.of(Bytes(TestArchive.magic)) == .archive)
    #expect(FileKind.of(Bytes(TestArchive.magic.dropLast() + [0x20])) == .other)
  }

  @Test func refusals() {
    let magic = TestArchive.magic
    #expect(refusal(TestArchive.text("!<thin>\n"))?.contains("thin archive") == true)
    #expect(refusal([]) == "archive+0x0: not a static archive")
    #expect(refusal(magic + [0x0a]) == "archive+0x8: needs 60 bytes, 1 left")
    #expect(
      refusal(magic + TestArchive.header("a.o/", size: 9) + [1])
        == "archive+0x8: member needs 9 bytes, 1 left")
    var broken = TestArchive.header("a.o/", size: 0)
    broken[59] = 0
    #expect(refusal(magic + broken) == "archive+0x8: needs a member header, there is none")
    broken = TestArchive.header("a.o/", size: 0)
    broken[48] = UInt8(ascii: "-")
    #expect(refusal(magic + broken) == "archive+0x38: member size \"-         \" is no number")
    #expect(refusal(magic + TestArchive.member("/7", []))?.contains("outside of the names table") == true)
    #expect(
      refusal(magic + TestArchive.member("#1/9", [1]))?.contains("does not fit the member") == true)
    let names = TestArchive.member("//", TestArchive.text("x/\n"), date: "")
    #expect(refusal(magic + names + names)?.contains("second names table") == true)
  }

  /// Members may share a name, but a table without an end that all of them claim would multiply.
  @Test func sharedNamesAreBounded() throws {
    func archive(nameLength: Int, members: Int) -> [UInt8] {
      let table = [UInt8](repeating: UInt8(ascii: "a"), count: nameLength)
      return TestArchive.magic + TestArchive.member("//", table, date: "")
        + (0..<members).flatMap { _ in TestArchive.header("/0", size: 0) }
    }
    #expect(try read(archive(nameLength: 5000, members: 200)).members.count == 201)
    #expect(
      refusal(archive(nameLength: 50000, members: 200))?.contains("more than the archive can hold") == true)
  }

  /// A cut archive is one that ends earlier, or an error.
  @Test func truncation() throws {
    let bytes =
      TestArchive.magic + TestArchive.member("/", [0, 0, 0, 1, 0, 0, 0, 200, 0x66, 0])
      + TestArchive.member("//", TestArchive.text("a_name_longer_than_a_header.o/\n"), date: "")
      + TestArchive.member("/0", [1]) + TestArchive.member("b.o/", [2, 3])
    let whole = try read(bytes)
    let ends = Set([8] + whole.members.flatMap { [$0.content.upperBound, $0.extent.upperBound] })
    for count in 0..<bytes.count {
      let cut = Array(bytes[..<count])
      #expect((refusal(cut) == nil) == ends.contains(count), "\(count)")
      _ = try? ArchiveScrub(options: Options()).run(Bytes(cut), fix: true)
    }
  }

  @Test(arguments: [0, 1]) func mutations(kind: Int) throws {
    let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-unit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try TestArchive.objects(under: base)
    let maker = kind == 0 ? ["ar", "rcsPU"] : ["llvm-ar", "--format=bsd", "rcsU"]
    let input = Array(try Data(contentsOf: try TestArchive.make(maker, in: root)))
    let archive = try read(input)
    let focus = archive.members.map { $0.extent.lowerBound..<$0.content.lowerBound }
    let tables = archive.members.filter { $0.kind != .file }.map(\.content)
    var options = Options()
    options.sourceDateEpoch = 1_000_000_000
    let seed = UInt64(kind) + 177
    var (errors, results) = (0, 0)
    Mutation.each(of: input, times: 1500, seed: seed, focus: focus + tables) { mutant, name in
      do throws(ScrubError) {
        let outcome = try ArchiveScrub(options: options).run(Bytes(mutant), fix: true)
        results += 1
        guard let output = outcome.output else { return }
        let again = try ArchiveScrub(options: options).run(output, fix: true)
        let left = outcome.findings.count { !$0.isFixable }
        #expect(again.findings.count == left, name)
        #expect(again.output == nil, name)
      } catch {
        errors += 1
      }
    }
    #expect(errors > 0 && results > 0 || !Mutation.triesAll)
  }
}
