import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Names that begin with the directory of the tree, as uv and compileall write them.
@Suite struct BytecodeLocationTests {
  private static let version = BytecodeVersion.of(magic: 3495)!

  private func run(
    _ filename: String, sourceName: String? = "pkg/mod.py", at directories: [String]? = ["/w/site"],
    _ options: Options = Options(), fix: Bool = true
  ) throws -> ImageScrub.Outcome {
    var surroundings = BytecodeScrub.Surroundings(sourceName: sourceName)
    if let directories { surroundings.directories = { directories } }
    return try BytecodeScrub(options: options, surroundings: surroundings)
      .run(Bytes(TestBytecode.module(Self.version, filename: filename)), fix: fix)
  }

  private func module(_ filename: String) -> [UInt8] { TestBytecode.module(Self.version, filename: filename) }

  @Test(arguments: [
    "/w/site/pkg/mod.py",
    // Moved since: wherever it was.
    "/data/other/t/pkg/mod.py", "/home/alice/t/pkg/mod.py", "/tmp/x/t/pkg/mod.py", "/a/pkg/mod.py",
  ])
  func `become relative`(name: String) throws {
    let outcome = try run(name)
    #expect(outcome.findings.map(\.rule) == [.bytecodeLocation])
    #expect(outcome.findings.first?.root == String(name.dropLast("/pkg/mod.py".count)))
    #expect(outcome.output?.array() == module("pkg/mod.py"))
    // check says it and writes nothing; the second time there is nothing to say.
    let check = try run(name, fix: false)
    #expect(check.findings.map(\.rule) == [.bytecodeLocation] && check.output == nil)
    #expect(try run("pkg/mod.py").findings.isEmpty)
  }

  @Test(arguments: [
    // Another file's name, or only half of one.
    "/w/site/pkg/other.py", "/w/site/xpkg/mod.py", "/w/site/pkg/mod.pyx", "pkg/mod.py", "x/pkg/mod.py",
    "/pkg/mod.py",
    // Chosen, and the same everywhere.
    "/usr/lib/python3/dist-packages/pkg/mod.py", "/srv/app/pkg/mod.py", "/opt/app/pkg/mod.py",
    "/build/pkg/mod.py", "/nix/store/abc/lib/pkg/mod.py",
  ])
  func `stay`(name: String) throws {
    let outcome = try run(name)
    #expect(outcome.findings.isEmpty && outcome.output == nil)
  }

  @Test func `the tree's own directory counts wherever it is, but for the system's`() throws {
    let own = try run("/srv/app/pkg/mod.py", at: ["/x", "/srv/app"])
    #expect(own.output?.array() == module("pkg/mod.py"))
    let system = "/usr/lib/python3/dist-packages"
    #expect(try run("\(system)/pkg/mod.py", at: [system]).findings.isEmpty)
  }

  @Test func `nothing is known outside of a tree`() throws {
    #expect(try run("/w/site/pkg/mod.py", at: nil).findings.isEmpty)
    #expect(try run("/w/site/pkg/mod.py", sourceName: nil).findings.isEmpty)
  }

  @Test func `options decide`() throws {
    var options = Options()
    try options.bytecode.setPrefix("/data/lib")
    #expect(try run("/w/site/pkg/mod.py", options).output?.array() == module("/data/lib/pkg/mod.py"))
    #expect(try run("/data/lib/pkg/mod.py", options).output == nil)
    options = Options()
    options.policy = try Policy(RuleSelection(ignore: ["PY2"]))
    #expect(try run("/w/site/pkg/mod.py", options).output == nil)
    options.policy = try Policy(.default, allowed: [try AllowedPath("/w/site")])
    #expect(try run("/w/site/pkg/mod.py", options).output == nil)
    // Where the user says that it will be, and again.
    options = Options()
    options.relocations = try PathRelocations(["/w=/data/new"])
    #expect(
      try run("/w/site/pkg/mod.py", options).output?.array() == module("/data/new/site/pkg/mod.py"))
    #expect(try run("/data/new/site/pkg/mod.py", options).output == nil)
  }

  /// Nothing can follow a relocation in code that has no source: Python runs it as it is.
  @Test func `constants without a source are said`() throws {
    var options = Options()
    options.relocations = try PathRelocations(["/w=/data/new"])
    options.policy = try Policy(RuleSelection(select: ["BP1"]))
    let bytes = TestBytecode.module(Self.version, filename: "/w/site/pkg/mod.py", constant: "/w/src")
    for state in [PythonSource.State.missing(isCached: false), .present(size: 7, modified: 1_700_000_000)] {
      var surroundings = BytecodeScrub.Surroundings(sourceName: "pkg/mod.py")
      surroundings.state = { () throws(ScrubError) in state }
      let outcome = try BytecodeScrub(options: options, surroundings: surroundings).run(
        Bytes(bytes), fix: true)
      let isAlone = state == .missing(isCached: false)
      #expect(outcome.findings.map(\.root) == (isAlone ? ["/w/src"] : []))
      #expect(outcome.findings.allSatisfy { !$0.isFixable })
      #expect(outcome.output != nil)
    }
  }

  /// Two trees with one interpreter each, compiled where they are: one tree, and one key, afterwards.
  @Test(arguments: Interpreter.all)
  func `two trees become one`(interpreter: Interpreter) throws {
    let scratch = Scratch()
    for tree in ["a/site-packages", "much-longer/b/site-packages"] {
      let source = scratch.file("\(tree)/pkg/sub/mod.py", Array("def f():\n  return f.__code__\n".utf8))
      _ = scratch.file("\(tree)/top.py", Array("x = 1\n".utf8))
      for path in [source, "\(scratch.path)/\(tree)/top.py"] {
        try ModificationTime(path: path, seconds: 1_700_000_000).set()
      }
      try interpreter.run(["-m", "compileall", "-q", "\(scratch.path)/\(tree)"])
      let inputs = Tree.expand(["\(scratch.path)/\(tree)"])
      #expect(inputs.files.count == 2)
      for input in inputs.files {
        let report = Scrub(Options()).fix(input, to: .inPlace)
        #expect(report.findings.map(\.rule) == [.bytecodeLocation] && report.unfixable.isEmpty)
        #expect(Scrub(Options()).check(input).findings.isEmpty)
      }
      // An import completes the name.
      try interpreter.run([
        "-c",
        """
        import sys; sys.path.insert(0, sys.argv[1])
        import top, pkg.sub.mod as m
        assert m.f().co_filename == sys.argv[1] + "/pkg/sub/mod.py", m.f().co_filename
        """, "\(scratch.path)/\(tree)",
      ])
    }
    for directory in ["pkg/sub/__pycache__", "__pycache__"] {
      let names = try FileManager.default.contentsOfDirectory(
        atPath: "\(scratch.path)/a/site-packages/\(directory)")
      #expect(names.count == 1)
      for name in names {
        #expect(
          scratch.read("a/site-packages/\(directory)/\(name)")
            == scratch.read("much-longer/b/site-packages/\(directory)/\(name)"))
      }
    }
  }
}
