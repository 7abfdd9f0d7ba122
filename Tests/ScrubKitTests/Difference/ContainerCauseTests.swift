import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Wheels and trees that differ for one known reason each.
@Suite struct ContainerCauseTests {
  private static func entries() -> [TestZip.Entry] {
    [
      TestZip.Entry("pkg/a.py", "one = 1\n"), TestZip.Entry("pkg/b.py", "two = 2\n"),
      TestZip.Entry("x-1.dist-info/RECORD", "pkg/a.py,sha256=AAAA,8\npkg/b.py,sha256=BBBB,8\n"),
    ]
  }

  private func pair(
    _ options: Options = Options(), _ change: (inout [TestZip.Entry]) -> Void
  ) -> Pair {
    var changed = Self.entries()
    change(&changed)
    return Pair(TestZip(Self.entries()).bytes(), TestZip(changed).bytes(), name: "x.whl", options)
  }

  @Test func times() throws {
    let later: (inout [TestZip.Entry]) -> Void = { $0[1].time = 0x5c21_0000 }
    let kept = pair(Options(), later)
    #expect(kept.causes == ["pkg/b.py : member-time!"] || kept.causes == ["pkg/b.py: member-time!"])
    let difference = try kept.first(.memberTime)
    #expect(
      difference.first?.hasPrefix("2024-01-01") == true && difference.second?.hasPrefix("2026-01-01") == true)
    // fix removes it as soon as it is told a time.
    var options = Options()
    options.sourceDateEpoch = 315_532_800
    #expect(try pair(options, later).first(.memberTime).isFixed)
  }

  @Test func modes() throws {
    let difference = try pair { $0[0].mode = 0o100755 }.first(.memberMode)
    #expect((difference.first, difference.second) == ("100644", "100755"))
    #expect(difference.place.member == "pkg/a.py")
  }

  @Test func compression() {
    #expect(pair { $0[0].method = 0 }.causes == ["pkg/a.py: member-compression!"])
  }

  @Test func order() {
    #expect(pair { $0.swapAt(0, 1) }.causes == [": member-order!"])
  }

  @Test func missingAndExtraMembers() throws {
    let lost = try pair { $0.remove(at: 1) }.first(.memberMissing)
    #expect((lost.place.member, lost.first, lost.second) == ("pkg/b.py", "pkg/b.py", nil))
    let added = try pair { $0.append(TestZip.Entry("new.py", "")) }.first(.memberMissing)
    #expect((added.place.member, added.first, added.second) == ("new.py", nil, "new.py"))
  }

  @Test func rowsFollowTheirMember() throws {
    let pair = pair {
      $0[1].content = Array("two = 3\n".utf8)
      $0[2].content = Array("pkg/a.py,sha256=AAAA,8\npkg/b.py,sha256=CCCC,8\n".utf8)
    }
    #expect(pair.causes == ["pkg/b.py: unknown!"], "\(pair.causes)")
    #expect(
      try pair.first(.unknown).consequences == [
        Consequence(what: "hash and size in RECORD", places: ["pkg/b.py"])
      ])
  }

  @Test func rowsThatFollowFromNothing() throws {
    let pair = pair { $0[2].content = Array("pkg/b.py,sha256=BBBB,8\npkg/a.py,sha256=AAAX,8\n".utf8) }
    #expect(pair.causes == ["x-1.dist-info/RECORD: record-row!"], "\(pair.causes)")
    #expect(try pair.first(.recordRow).count == 2)
  }

  @Test func otherHeaderFields() {
    #expect(pair { $0[0].extra = [0x55, 0x54, 1, 0, 0] }.causes.contains("pkg/a.py: member-header!"))
    var zip = TestZip(Self.entries())
    zip.comment = Array("hello".utf8)
    let pair = Pair(TestZip(Self.entries()).bytes(), zip.bytes(), name: "x.whl")
    // A comment is what fix leaves out of a wheel.
    #expect(pair.causes == [": member-header"], "\(pair.causes)")
  }

  @Test func textWithABuildRoot() throws {
    func line(_ random: String) -> [UInt8] { Array("home = /tmp/pip-req-build-\(random)/x\nend\n".utf8) }
    var (one, other) = (Self.entries(), Self.entries())
    (one[0].content, other[0].content) = (line("ab12cd34"), line("zz99yy88"))
    let pair = Pair(TestZip(one).bytes(), TestZip(other).bytes(), name: "x.whl")
    // fix edits images only, and diff does not promise more.
    #expect(pair.causes == ["pkg/a.py: build-root!"], "\(pair.causes)")
  }

  @Test func compiledPython() throws {
    func code(_ time: UInt8) -> String {
      String(decoding: [0x6f, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0, time, 1, 1, 1, 8, 0, 0, 0, 0x63], as: UTF8.self)
    }
    let pair = pair { _ in }
    #expect(pair.report.isIdentical)
    var (one, other) = (Self.entries(), Self.entries())
    one.append(TestZip.Entry("pkg/a.pyc", code(1)))
    other.append(TestZip.Entry("pkg/a.pyc", code(2)))
    #expect(
      Pair(TestZip(one).bytes(), TestZip(other).bytes(), name: "x.whl").causes == [
        "pkg/a.pyc: bytecode-time!"
      ])
  }

  @Test func imagesInWheelsAreFixed() throws {
    func wheel() throws -> [UInt8] {
      let library = try Compiler.sharedLibrary()
      var entries = [TestZip.Entry("pkg/x.so")]
      entries[0].content = library
      let row = "pkg/x.so,sha256=\(RecordHash.sha256.digest(Bytes(library))),\(library.count)\n"
      entries.append(TestZip.Entry("x-1.dist-info/RECORD", row + "x-1.dist-info/RECORD,,\n"))
      return TestZip(entries).bytes()
    }
    let pair = Pair(try wheel(), try wheel(), name: "x.whl")
    #expect(pair.report.remaining.isEmpty && pair.report.notes.isEmpty, "\(pair.causes) \(pair.report.notes)")
    #expect(pair.causes.contains("pkg/x.so .rodata: build-root"), "\(pair.causes)")
    #expect(!pair.causes.contains { $0.contains("record-row") }, "\(pair.causes)")
    // Workers change nothing.
    var options = Options()
    options.workers = Workers(jobs: 4)
    let again = Comparison(options).run(pair.report.first, pair.report.second)
    #expect(again.differences == pair.report.differences)
  }

  @Test func archives() throws {
    let scratch = Scratch()
    for build in ["a", "b"] {
      let object = try Compiler.sharedLibrary("gcc", ["-r", "-nostdlib", "-Wl,--build-id=none"])
      _ = scratch.file("\(build)/part.o", object)
      // With the clock's date, as old tools write it.
      try Compiler.run("ar", ["rcU", "x.a", "part.o"], in: URL(fileURLWithPath: scratch.path + "/" + build))
    }
    var first = scratch.read("a/x.a")
    let date = try StaticArchive(Bytes(first)).files[0].extent.lowerBound + 16
    first.replaceSubrange(date..<date + 12, with: Array("1700000000  ".utf8))
    let report = Comparison(Options()).run(scratch.file("a/x.a", first), scratch.path + "/b/x.a")
    let found = Set(report.differences.map(Pair.short))
    #expect(report.errors.isEmpty && report.notes.isEmpty, "\(report)")
    #expect(
      found.contains("part.o .rodata.str1.8: build-root") || found.contains("part.o .rodata: build-root"),
      "\(found)")
    #expect(found.contains("part.o: member-time!"), "\(found)")
    #expect(report.remaining.map(\.cause) == [.memberTime], "\(found)")
  }

  @Test func aWheelThatCannotBeFixedIsStillCompared() throws {
    var entries = [TestZip.Entry("pkg/x.so")]
    entries[0].content = try Compiler.sharedLibrary()
    let one = TestZip(entries).bytes()
    entries[0].content = try Compiler.sharedLibrary()
    // There is no RECORD.
    let pair = Pair(one, TestZip(entries).bytes(), name: "x.whl")
    #expect(!pair.report.differences.isEmpty && pair.report.remaining.count == pair.report.differences.count)
    #expect(pair.report.notes.first?.message.contains("RECORD") == true, "\(pair.report.notes)")
  }

  @Test func trees() throws {
    let scratch = Scratch()
    for (tree, text) in [("a", "same"), ("b", "same")] {
      _ = scratch.file("\(tree)/lib/same.txt", Array(text.utf8))
      _ = scratch.file("\(tree)/lib/x.so", try Compiler.sharedLibrary())
      _ = scratch.file("\(tree)/only-\(tree)", [])
      _ = scratch.file("\(tree)/kind\(tree == "a" ? "" : "/below")", [])
    }
    try FileManager.default.createSymbolicLink(atPath: scratch.path + "/a/link", withDestinationPath: "one")
    try FileManager.default.createSymbolicLink(atPath: scratch.path + "/b/link", withDestinationPath: "two")
    let (one, other) = (scratch.path + "/a", scratch.path + "/b")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: other + "/lib/same.txt")
    let report = Comparison(Options()).run(one, other)
    #expect(report.errors.isEmpty, "\(report.errors)")
    let found = Set(
      report.differences.map { "\($0.place.path.dropFirst(scratch.path.count)) \($0.cause.slug)" })
    for expected in [
      "/a/kind member-kind", "/b/kind/below member-missing", "/a/link member-kind",
      "/a/only-a member-missing",
      "/b/only-b member-missing", "/a/lib/same.txt member-mode", "/a/lib/x.so build-root",
    ] {
      #expect(found.contains(expected), "\(expected) is not in \(found)")
    }
    #expect(report.differences.filter { $0.place.path.hasSuffix("x.so") }.allSatisfy { $0.isFixed })
    #expect(Comparison(Options()).run(one, one).isIdentical)
    #expect(Comparison(Options()).run(one, one + "/kind").errors.count == 1)
    #expect(Comparison(Options()).run(one, one + "/nothing").errors.count == 1)
  }

  @Test func theTableHasEachSlugOnce() {
    #expect(Set(Cause.all.map(\.slug)).count == Cause.all.count)
    #expect(Cause.all.allSatisfy { !$0.explanation.isEmpty && !$0.explanation.contains("\n") })
  }

  /// An archive in a wheel is never packed again, but says why it differs.
  @Test func `times and modes inside a nested archive`() throws {
    func nested(_ change: (inout TestZip.Entry) -> Void) -> [UInt8] {
      var inner = TestZip.Entry("data.txt", "same")
      change(&inner)
      var archive = TestZip.Entry("pkg/data.zip")
      archive.content = TestZip([inner]).bytes()
      return TestZip(Self.entries() + [archive]).bytes()
    }
    let plain = nested { _ in }
    let later = Pair(plain, nested { $0.time = 0x5c21_0000 }, name: "x.whl")
    #expect(later.causes.contains("pkg/data.zip!data.txt: member-time!"), "\(later.causes)")
    let mode = Pair(plain, nested { $0.mode = 0o100600 }, name: "x.whl")
    #expect(mode.causes.contains("pkg/data.zip!data.txt: member-mode!"), "\(mode.causes)")
    // A second level is compared as bytes.
    var deep = TestZip.Entry("deep.zip")
    deep.content = plain
    var other = deep
    other.content = nested { $0.time = 0x5c21_0000 }
    let pair = Pair(nested { $0 = deep }, nested { $0 = other }, name: "x.whl")
    #expect(!pair.report.differences.isEmpty && pair.report.errors.isEmpty)
  }
}
