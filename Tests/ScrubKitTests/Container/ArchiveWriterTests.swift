import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct ArchiveWriterTests {
  let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-unit-\(UUID().uuidString)")

  private func links(_ archive: URL, in root: URL) throws {
    try Compiler.run("gcc", ["main.o", archive.path, "-o", "main"], in: root)
    try Compiler.run("./main", [], in: root)
  }

  @Test(arguments: TestArchive.makers) func unchangedIsIdentical(maker: [String]) throws {
    defer { try? FileManager.default.removeItem(at: base) }
    let archive = try TestArchive.make(maker, in: try TestArchive.objects(under: base))
    let bytes = Bytes(Array(try Data(contentsOf: archive)))
    let read = try StaticArchive(bytes)
    #expect(!ArchiveWriter(read, epoch: 4_000_000_000).hasChanges)
    #expect(try ArchiveWriter(read).write() == bytes)
    // Replacing each member by itself changes nothing either.
    var writer = ArchiveWriter(read)
    for member in read.files { writer.replace(member, with: read.content(of: member)) }
    #expect(try writer.write() == bytes)
  }

  /// Members of another size move those behind them; a linker must still find every symbol.
  @Test(arguments: TestArchive.makers, [1, 8, 97]) func membersMove(maker: [String], growth: Int) throws {
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try TestArchive.objects(under: base)
    let path = try TestArchive.make(maker, in: root)
    let read = try StaticArchive(Bytes(Array(try Data(contentsOf: path))))
    var writer = ArchiveWriter(read)
    var contents: [Int: Bytes] = [:]
    for (index, member) in read.files.enumerated() {
      let content = Bytes(
        read.content(of: member).array() + [UInt8](repeating: 0, count: growth + index))
      contents[member.index] = content
      writer.replace(member, with: content)
    }
    let output = try writer.write()
    try ArchiveVerifier(
      before: read, after: try StaticArchive(output), contents: contents, edits: ArchiveEdits(),
      roots: .default,
      epoch: nil,
      left: Hits.all(in: ArchiveNames.stretches(of: read).map(\.region), .default).count
    ).verify()
    // And back: shrinking undoes growing.
    let grown = try StaticArchive(output)
    var back = ArchiveWriter(grown)
    for (large, small) in zip(grown.files, read.files) { back.replace(large, with: read.content(of: small)) }
    #expect(try back.write() == read.bytes)

    try Data(output.array()).write(to: path)
    // `ar rcS` has no table; GNU ld reads neither BSD's nor Darwin's.
    if maker.last!.contains("S") { try Compiler.run("ranlib", [path.path], in: root) }
    if maker.contains("--format=bsd") || maker.contains("--format=darwin") {
      let nm = TestArchive.tool("llvm-ar").replacing("-ar", with: "-nm")
      let listing = try Compiler.run(nm, ["--print-armap", path.path], in: root)
      #expect(listing.contains("second in second.o"), "\(listing)")
      #expect(listing.contains("third in a_rather_long_name_of_a_member.o"))
    } else {
      try links(path, in: root)
      try Compiler.run("ar", ["t", path.path], in: root)
    }
    if maker.contains("--format=bsd") {
      // LLVM's own alignment of contents is kept.
      let contents = try StaticArchive(output).files.filter { !$0.bsdName.isEmpty }.map(\.content.lowerBound)
      #expect(contents.allSatisfy { $0 % 8 == 0 })
    }
  }

  /// The same members packed by the tool itself are the same bytes as a rewritten archive.
  @Test(arguments: TestArchive.makers) func rewrittenIsWhatTheToolWrites(maker: [String]) throws {
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try TestArchive.objects(under: base)
    let path = try TestArchive.make(maker, in: root)
    let read = try StaticArchive(Bytes(Array(try Data(contentsOf: path))))
    var writer = ArchiveWriter(read)
    for (index, member) in read.files.enumerated() {
      let content = read.content(of: member).array() + [UInt8](repeating: 0, count: 8 * (index + 1))
      writer.replace(member, with: Bytes(content))
      let file = root.appending(path: TestArchive.memberNames[index])
      let times = try FileManager.default.attributesOfItem(atPath: file.path)[.modificationDate]!
      try Data(content).write(to: file)
      try FileManager.default.setAttributes([.modificationDate: times], ofItemAtPath: file.path)
    }
    try FileManager.default.removeItem(at: path)
    let again = Array(try Data(contentsOf: try TestArchive.make(maker, in: root)))
    var written = try writer.write().array()
    // The symbol table's own date is the moment it was written.
    if maker.last!.contains("U") { written.replaceSubrange(24..<36, with: again[24..<36]) }
    if maker.contains("--format=bsd") { written.replaceSubrange(24..<36, with: again[24..<36]) }
    #expect(written == again)
  }

  @Test func datesAreClampedAndTheRestOfTheHeaderStays() throws {
    let bytes =
      TestArchive.magic + TestArchive.member("late.o/", [1, 2], date: "1700000000")
      + TestArchive.member("early.o/", [3], date: "12") + TestArchive.member("blank.o/", [], date: "")
    let read = try StaticArchive(Bytes(bytes))
    var options = Options()
    options.sourceDateEpoch = 1_000_000_000
    let outcome = try ArchiveScrub(options: options).run(Bytes(bytes), fix: true)
    let expected =
      TestArchive.magic + TestArchive.member("late.o/", [1, 2], date: "1000000000")
      + TestArchive.member("early.o/", [3], date: "12") + TestArchive.member("blank.o/", [], date: "")
    #expect(outcome.output?.array() == expected)
    #expect(
      outcome.changes == [
        Change(
          place: Place(member: "late.o"),
          kind: .time(before: "2023-11-14T22:13:20", after: "2001-09-09T01:46:40"))
      ])
    #expect(!ArchiveWriter(read, epoch: 1_700_000_000).hasChanges)
    #expect(try ArchiveScrub(options: Options()).run(Bytes(bytes), fix: true).output == nil)
  }

  @Test func tablesThatCannotFollowStopAMove() throws {
    func move(_ bytes: [UInt8]) throws -> String? {
      let read = try StaticArchive(Bytes(bytes))
      var writer = ArchiveWriter(read)
      writer.replace(try #require(read.files.first), with: Bytes([1, 2, 3, 4, 5, 6]))
      return errorText { () throws(ScrubError) in _ = try writer.write() }
    }
    let files = TestArchive.member("a.o/", [1, 2]) + TestArchive.member("b.o/", [3, 4])
    let lying = TestArchive.member("/", [0, 0, 0, 1, 0, 0, 0, 9, 0x66, 0])
    #expect(try move(TestArchive.magic + lying + files)?.contains("header offset 0x9 is no member's") == true)
    let long = TestArchive.member("/", [0, 0, 1, 0])
    #expect(try move(TestArchive.magic + long + files)?.contains("needs 256 offsets") == true)
    let second = TestArchive.member("/", [0, 0, 0, 0]) + TestArchive.member("/", [0, 0])
    #expect(try move(TestArchive.magic + second + files)?.contains("no member can move") == true)
    #expect(try move(TestArchive.magic + files) == nil)
  }
}
