import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct ArchiveScrubTests {
  let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-unit-\(UUID().uuidString)")

  private func fix(_ bytes: [UInt8]) throws -> ImageScrub.Outcome {
    try ArchiveScrub(options: Options()).run(Bytes(bytes), fix: true)
  }

  @Test(arguments: TestArchive.makers) func membersAreScrubbedAndLink(maker: [String]) throws {
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try TestArchive.objects(under: base)
    let path = try TestArchive.make(maker, in: root)
    let input = Array(try Data(contentsOf: path))
    let outcome = try fix(input)
    let members = Set(outcome.findings.compactMap { $0.place.member?.split(separator: "/").last })
    #expect(members == ["first.o", "second.o", "a_rather_long_name_of_a_member.o"])
    #expect(outcome.findings.allSatisfy { $0.isFixable })
    #expect(
      outcome.findings.contains {
        $0.place.member?.hasSuffix("first.o") == true && $0.place.section == ".rodata"
      })
    let output = try #require(outcome.output)
    let again = try fix(output.array())
    #expect(again.findings.isEmpty && again.output == nil)

    try Data(output.array()).write(to: path)
    if maker.last!.contains("S") { try Compiler.run("ranlib", [path.path], in: root) }
    guard !maker.contains("--format=bsd"), !maker.contains("--format=darwin") else { return }
    try Compiler.run("gcc", ["main.o", path.path, "-o", "main"], in: root)
    try Compiler.run("./main", [], in: root)
  }

  /// `ar P` writes the members' whole paths into the names table.
  @Test func theNamesTableIsEdited() throws {
    defer { try? FileManager.default.removeItem(at: base) }
    let root = try TestArchive.objects(under: base)
    let path = try TestArchive.make(["ar", "rcsPD"], in: root)
    let outcome = try fix(Array(try Data(contentsOf: path)))
    let names = outcome.findings.filter { $0.place.section == "names table" }
    #expect(names.count == 3)
    #expect(names.first?.place.description.hasPrefix("names table+0x0") == true)
    #expect(names.allSatisfy { $0.fate == .inPlace && $0.replacement == "/build/demo" })
    try Data(try #require(outcome.output).array()).write(to: path)
    let listing = try Compiler.run("ar", ["tP", path.path], in: root).split(separator: "\n")
    #expect(listing.count == 3)
    #expect(listing.allSatisfy { $0.hasPrefix("/build/demo///") }, "\(listing)")
  }

  @Test func namesInHeadersAndInFrontOfContents() throws {
    let name = "/tmp/pip-install-ab12cd34/part.o"
    let bytes =
      TestArchive.magic + TestArchive.member("#1/\(name.utf8.count)", [1], prefix: TestArchive.text(name))
      // The slash ends the name: without it this is no root.
      + TestArchive.member("tmpab12cd34/", [2]) + TestArchive.member("/tmp/tmpab12cd3/", [2])
    let outcome = try fix(bytes)
    #expect(outcome.findings.map(\.place.description) == ["\(name): member name+0x0"])
    let archive = try StaticArchive(try #require(outcome.output))
    #expect(archive.files[0].name.hasPrefix("/build/pip-install/"))
    #expect(archive.files[0].name.hasSuffix("/part.o"))
    #expect(archive.bytes.count == bytes.count)
  }

  @Test func whatIsNoImageIsSearchedAndLeft() throws {
    let text = TestArchive.text("cd /tmp/pip-install-ab12cd34/x && make")
    let inner = TestArchive.magic + TestArchive.member("inner.txt/", text)
    let bytes =
      TestArchive.magic + TestArchive.member("log/", text) + TestArchive.member("log/", text)
      + TestArchive.member("x.a/", inner)
    let outcome = try fix(bytes)
    #expect(outcome.output == nil)
    #expect(outcome.findings.map(\.place.description) == ["log: 0x3", "log#2: 0x3", "x.a: 0x47"])
    #expect(outcome.findings.allSatisfy { !$0.isFixable })
  }

  @Test func errorsNameTheMember() throws {
    let broken = Array("\u{7f}ELF".utf8) + [2, 1, 1, 0, 0, 0]
    let bytes = TestArchive.magic + TestArchive.member("part.o/", broken)
    let text = errorText { () throws(ScrubError) in
      _ = try ArchiveScrub(options: Options()).run(Bytes(bytes), fix: false)
    }
    #expect(text?.hasPrefix("part.o: ELF header") == true, "\(text ?? "")")
  }

  @Test func inAWheelAndLoose() throws {
    defer { try? FileManager.default.removeItem(at: base) }
    let scratch = Scratch()
    let root = try TestArchive.objects(under: base)
    let path = try TestArchive.make(["ar", "rcsD"], in: root)
    try scratch.python(
      """
      import base64, hashlib, zipfile, sys
      content = open(sys.argv[1], "rb").read()
      digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
      with zipfile.ZipFile("x-1-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as z:
          z.write(sys.argv[1], "pkg/libx.a")
          z.writestr("x-1.dist-info/RECORD", f"pkg/libx.a,sha256={digest},{len(content)}\\nx-1.dist-info/RECORD,,\\n")
      """, path.path)
    let wheel = scratch.path + "/x-1-py3-none-any.whl"
    let (files, errors) = Tree.expand([scratch.path, root.path])
    #expect(errors.isEmpty)
    #expect(files.map(\.relativePath).contains("libx.a"))
    let scrub = Scrub(Options())
    let input = InputFile(path: wheel, relativePath: "x.whl", isExplicit: true)
    let report = scrub.fix(input, to: .inPlace)
    #expect(report.errors.isEmpty, "\(report.errors)")
    #expect(
      report.findings.contains { $0.place.description.hasPrefix("\(wheel)!pkg/libx.a!first.o: .rodata+0x") })
    #expect(report.changes.contains { if case .recordRow = $0.kind { true } else { false } })
    #expect(scrub.check(input).findings.isEmpty)

    let loose = InputFile(path: path.path, relativePath: "libx.a", isExplicit: true)
    let fixed = scrub.fix(loose, to: .inPlace)
    #expect(fixed.findings.contains { $0.place.description.hasPrefix("\(path.path)!second.o: .debug_") })
    #expect(scrub.check(loose).findings.isEmpty)
    // The wheel's member and the loose file became the same.
    let same = try scratch.python(
      "import zipfile, sys; print(zipfile.ZipFile('x-1-py3-none-any.whl').read('pkg/libx.a') == open(sys.argv[1], 'rb').read())",
      path.path)
    #expect(same == "True\n")
  }

  @Test func errorsInAWheelNameArchiveAndMember() throws {
    let scratch = Scratch()
    let broken = TestArchive.magic + TestArchive.member("part.o/", Array("\u{7f}ELF".utf8) + [2, 1, 1, 0])
    let zip = TestZip([.init("pkg/libx.a", String(decoding: broken, as: UTF8.self))]).bytes()
    let wheel = scratch.file("x.whl", zip)
    let report = Scrub(Options()).check(InputFile(path: wheel, relativePath: "x.whl", isExplicit: true))
    #expect(
      report.errors.first?.description.hasPrefix("\(wheel)!pkg/libx.a!part.o: ELF header") == true,
      "\(report.errors)")
  }
}
