import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// What counts of wheels, archives and trees, and what does not.
@Suite struct ContainerKeyTests {
  private let scratch = Scratch()

  private func wheel(_ name: String, _ entries: [TestZip.Entry]) throws -> String {
    _ = scratch.file(name, TestZip(entries).bytes())
    return try scratch.key(name)
  }

  private let members: [TestZip.Entry] = [
    TestZip.Entry("pkg/__init__.py", "x = 1\n"), TestZip.Entry("pkg/tool", "#!python\n"),
    TestZip.Entry("pkg-1.0.dist-info/METADATA", "Name: pkg\n"),
    TestZip.Entry("pkg-1.0.dist-info/RECORD", "pkg/__init__.py,,\n"),
  ]

  @Test func theZipDoesNotCount() throws {
    let key = try wheel("a.whl", members)
    var stored = members
    stored[0].method = 0
    stored[1].time = 0x5a5a_0000
    stored[2].mode = 0o100600
    stored[3].content = Array("pkg/__init__.py,,\npkg/tool,,\n".utf8)
    #expect(try wheel("b.whl", stored) == key)
    #expect(try wheel("c.whl", members.reversed()) == key)
    let more =
      members + [
        TestZip.Entry("pkg/"), TestZip.Entry("pkg-1.0.dist-info/RECORD.jws", "{}"),
      ]
    #expect(try wheel("d.whl", more) == key)
  }

  @Test func whatIsInstalledCounts() throws {
    var keys: Set<String> = [try wheel("a.whl", members)]
    let changes: [(inout [TestZip.Entry]) -> Void] = [
      { $0[0].content = Array("x = 2\n".utf8) }, { $0[0].name = Array("pkg/__init_.py".utf8) },
      { $0[1].mode = 0o100755 }, { $0.remove(at: 1) }, { $0.append(TestZip.Entry("pkg/more", "")) },
      // The bytes of one member's end are not those of the next one's name.
      {
        $0[0].content = Array("x = 1\npkg/tool".utf8)
        $0.remove(at: 1)
      },
    ]
    for (index, change) in changes.enumerated() {
      var members = self.members
      change(&members)
      keys.insert(try wheel("\(index).whl", members))
    }
    #expect(keys.count == changes.count + 1)
  }

  @Test func anArchiveIsItsMembers() throws {
    let base = FileManager.default.temporaryDirectory.appending(path: "wheelscrub-unit-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: base) }
    for name in ["a", "b"] {
      let root = try TestArchive.objects(under: base)
      for (index, maker) in TestArchive.makers.enumerated() {
        let data = try Data(contentsOf: TestArchive.make(maker, in: root))
        _ = scratch.file("\(name)/\(index).a", Array(data))
        try FileManager.default.removeItem(at: root.appending(path: "libx.a"))
      }
      // To a linker times and owners do not count, their order does.
      try Compiler.run(
        "touch", ["-d", name == "a" ? "2001-01-01" : "2002-02-02"] + TestArchive.memberNames, in: root)
      try Compiler.run("ar", ["rcsU", "libx.a"] + TestArchive.memberNames, in: root)
      _ = scratch.file("\(name)/time.a", Array(try Data(contentsOf: root.appending(path: "libx.a"))))
      try FileManager.default.removeItem(at: root.appending(path: "libx.a"))
      try Compiler.run("ar", ["rcsU", "libx.a"] + TestArchive.memberNames.reversed(), in: root)
      _ = scratch.file("\(name)/order.a", Array(try Data(contentsOf: root.appending(path: "libx.a"))))
    }
    for level in KeyLevel.allCases {
      for (index, maker) in TestArchive.makers.enumerated() where level == .runtime || maker[1].hasSuffix("D")
      {
        #expect(try scratch.key("a/\(index).a", level) == scratch.key("b/\(index).a", level), "\(maker)")
      }
      // `fix` leaves times and owners in place: of all that it writes they are a part.
      for name in ["time.a", "order.a"] {
        let (one, other) = (try scratch.key("a/" + name, level), try scratch.key("b/" + name, level))
        #expect((one == other) == (level == .runtime), "\(name)")
      }
      #expect(
        try (scratch.key("a/time.a", level) == scratch.key("a/0.a", level)) == (level == .runtime))
      #expect(try scratch.key("a/order.a", level) != scratch.key("a/0.a", level))
      // Without a symbol table it is something else to a linker.
      #expect(try scratch.key("a/2.a", level) != scratch.key("a/0.a", level))
    }
    try scratch.expectKeysSurviveFix("a")
  }

  private func tree(_ name: String, _ change: (String) throws -> Void = { _ in }) throws -> String {
    for (file, text) in ["x.py": "x = 1\n", "d/y.py": "y = 2\n", "p-1.dist-info/RECORD": name] {
      _ = scratch.file("\(name)/\(file)", Array(text.utf8))
    }
    try change("\(scratch.path)/\(name)")
    return try scratch.key(name)
  }

  @Test func namesOfATreeCount() throws {
    let manager = FileManager.default
    let key = try tree("a")
    #expect(
      try tree("b") {
        try manager.setAttributes([.modificationDate: Date.distantPast], ofItemAtPath: $0 + "/x.py")
      } == key)
    var keys: Set<String> = [key]
    keys.insert(
      try tree("c") { try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: $0 + "/x.py") })
    keys.insert(
      try tree("d") { try manager.createDirectory(atPath: $0 + "/e", withIntermediateDirectories: true) })
    keys.insert(
      try tree("e") { try manager.createSymbolicLink(atPath: $0 + "/l", withDestinationPath: "x.py") })
    keys.insert(
      try tree("f") { try manager.createSymbolicLink(atPath: $0 + "/l", withDestinationPath: "y.py") })
    keys.insert(try tree("g") { try manager.moveItem(atPath: $0 + "/d/y.py", toPath: $0 + "/y.py") })
    keys.insert(try tree("h") { try manager.removeItem(atPath: $0 + "/x.py") })
    // Two spellings of one letter are two files.
    keys.insert(try tree("i") { _ = manager.createFile(atPath: $0 + "/e\u{301}", contents: nil) })
    keys.insert(try tree("j") { _ = manager.createFile(atPath: $0 + "/\u{e9}", contents: nil) })
    #expect(keys.count == 9)
    let fifo = scratch.path + "/a/fifo"
    try Compiler.run("mkfifo", [fifo], in: URL(filePath: scratch.path))
    let report = scratch.keys(["a"])[0]
    #expect(report.key == nil && report.errors.first?.place.path == fifo, "\(report)")
  }

  /// A library, its debug file and split units in one wheel: sealed together, renamed where the name is a build-id.
  @Test func membersThatBelongTogether() throws {
    for build in ["a", "b"] {
      try Builds.run(Builds.pair, in: scratch, to: "\(build)/pair")
      try Builds.run(Builds.split("gcc", "-gdwarf-5"), in: scratch, to: "\(build)/split")
      var entries: [TestZip.Entry] = []
      var record = ""
      for (name, content) in scratch.contents(of: build).sorted(by: { $0.key < $1.key }) {
        var entry = TestZip.Entry("pkg/" + name)
        entry.content = content
        entries.append(entry)
        record += "pkg/\(name),sha256=\(RecordHash.sha256.digest(Bytes(content))),\(content.count)\n"
      }
      entries.append(TestZip.Entry("pkg-1.0.dist-info/RECORD", record + "pkg-1.0.dist-info/RECORD,,\n"))
      _ = scratch.file("\(build).whl", TestZip(entries).bytes())
    }
    for level in KeyLevel.allCases {
      let key = try scratch.key("a.whl", level)
      #expect(try scratch.key("b.whl", level) == key)
      let fixed = "\(scratch.path)/fixed-\(level).whl"
      let report = Scrub(Options()).fix(InputFile(explicit: "\(scratch.path)/a.whl"), to: .file(fixed))
      #expect(report.errors.isEmpty && !report.changes.isEmpty)
      #expect(try scratch.key("fixed-\(level).whl", level) == key)
    }
  }

  /// What only debuggers read is left out at run time; a library that only says so is not.
  @Test func aLibraryThatPosesAsADebugFileCounts() throws {
    var keys: Set<String> = []
    for (name, source) in ["a": "int f(void) { return 1; }", "b": "int f(void) { return 2; }"] {
      var bytes = try Compiler.sharedLibrary("gcc", ["-nostdlib"], sources: ["x.c": source])
      let image = try ElfImage(Bytes(bytes))
      let text = try #require(image.section(named: ".text"))
      // SHT_NOBITS, as `objcopy --only-keep-debug` writes it.
      bytes[image.sectionHeaderOffset(of: text) + 4] = 8
      #expect(try ElfImage(Bytes(bytes)).isSeparateDebugFile)
      _ = scratch.file("\(name)/x.so", bytes)
      keys.insert(try scratch.key(name, .runtime))
    }
    #expect(keys.count == 2)
  }

  /// At run time what an interpreter makes of the file counts, not when its source was written.
  @Test func bytecode() throws {
    let version = try #require(BytecodeVersion.of(magic: 3495))
    var file = TestBytecode.module(version, filename: "/tmp/pip-target-ab12cd_4/lib/python/pkg/mod.py")
    _ = scratch.file("site-packages/pkg/__pycache__/mod.pyc", file)
    file.replaceSubrange(8..<12, with: [1, 2, 3, 4])
    _ = scratch.file("later/site-packages/pkg/__pycache__/mod.pyc", file)
    let other = TestBytecode.module(
      version, filename: "/tmp/pip-target-99xx99_4/lib/python/pkg/mod.py", constant: "other")
    _ = scratch.file("other/site-packages/pkg/__pycache__/mod.pyc", other)
    let paths = ["", "later/", "other/"].map { $0 + "site-packages/pkg/__pycache__/mod.pyc" }
    let full = try paths.map { try scratch.key($0) }
    let loaded = try paths.map { try scratch.key($0, .runtime) }
    #expect(Set(full).count == 3)
    #expect(loaded[0] == loaded[1] && loaded[0] != loaded[2])
    for version in BytecodeVersion.all {
      let file = TestBytecode.module(version, filename: "/tmp/pip-target-ab12cd_4/lib/python/pkg/mod.py")
      _ = scratch.file("versions/site-packages/pkg/__pycache__/\(version.name).pyc", file)
    }
    try scratch.expectKeysSurviveFix("versions")
  }
}
