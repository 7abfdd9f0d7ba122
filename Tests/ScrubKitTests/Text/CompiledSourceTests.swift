import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// A generated module and its bytecode: both follow, and then CPython compiles the one to the other, or both stay.
@Suite struct CompiledSourceTests {
  private static let root = "/tmp/pip-install-ab12cd34/x_0123456789abcdef0123456789abcdef"
  private static let other = "/tmp/pip-install-zy98xw76/x_fedcba9876543210fedcba9876543210"
  private static let module = "x/__config__.py"
  private static let source = """
    \"\"\"Written by a build below \(root).\"\"\"
    # Built in \(root).
    info = {"prefix": "\(root)", "flags": ["-I\(root)/include", 7], "other": "as it is"}; last = ("a", 1)
    def show(where=r'\(root)/x'):
        return f"{where}: {info['prefix']} \(root)/log"

    """

  private static let compile = """
    import py_compile, sys
    source, mode, name = sys.argv[1:]
    for level in (0, 1, 2):
        py_compile.compile(source, dfile=name, doraise=True, optimize=level,
                           invalidation_mode=py_compile.PycInvalidationMode[mode])
    """

  /// What is there is what CPython makes of the source that is there, header and all.
  private static let judge = """
    import importlib.util, os, py_compile, sys
    source, mode, name = sys.argv[1:]
    for level in (0, 1, 2):
        there = importlib.util.cache_from_source(source, optimization=level or "")
        py_compile.compile(source, cfile="again.pyc", dfile=name, doraise=True, optimize=level,
                           invalidation_mode=py_compile.PycInvalidationMode[mode])
        assert open("again.pyc", "rb").read() == open(there, "rb").read(), (level, there)
    """

  /// `lib/x/__config__.py` with bytecode of three levels.
  private func tree(
    _ source: String = source, mode: String = "TIMESTAMP", compiledIn: String = module, listed: Bool = false
  ) throws -> Scratch {
    let scratch = Scratch()
    _ = scratch.file("lib/" + Self.module, Array(source.utf8))
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_700_000_000)],
      ofItemAtPath: "\(scratch.path)/lib/\(Self.module)")
    try scratch.python(Self.compile, "lib/" + Self.module, mode, compiledIn)
    if listed {
      let bytes = Bytes(Array(source.utf8))
      let row = "\(Self.module),sha256=\(RecordHash.sha256.digest(bytes)),\(bytes.count)\n"
      _ = scratch.file("lib/x-1.dist-info/RECORD", Array((row + "x-1.dist-info/RECORD,,\n").utf8))
    }
    return scratch
  }

  private func text(_ scratch: Scratch) -> String {
    String(decoding: scratch.read("lib/" + Self.module), as: UTF8.self)
  }

  @Test(arguments: ["TIMESTAMP", "CHECKED_HASH", "UNCHECKED_HASH"], [true, false])
  func `both follow, as CPython compiles them`(mode: String, listed: Bool) throws {
    var results: Set<[UInt8]> = []
    for root in [Self.root, Self.other] {
      let scratch = try tree(Self.source.replacing(Self.root, with: root), mode: mode, listed: listed)
      let checked = Tree.expand([scratch.path + "/lib"]).files.map { Scrub(Options()).check($0) }
      // To check, a docstring that quotes the very directory is what is left of its name.
      let findings = checked.flatMap(\.findings).filter { $0.rule != .residue }
      #expect(findings.count >= 6 + 3 * 4 && findings.allSatisfy { $0.isFixable }, "\(findings)")
      let key = Keys(Options(), level: .full).run([scratch.path + "/lib"])[0].key
      let reports = scratch.fix(["lib"])
      #expect(reports.allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty }, "\(reports)")
      #expect(!text(scratch).contains(root) && text(scratch).utf8.count == Self.source.utf8.count)
      #expect(text(scratch).contains("\"/build/x//"))
      try scratch.python(Self.judge, "lib/" + Self.module, mode, Self.module)
      let after = scratch.contents(of: "lib")
      #expect(Keys(Options(), level: .full).run([scratch.path + "/lib"])[0].key == key)
      #expect(scratch.fix(["lib"]).allSatisfy { $0.changes.isEmpty && $0.findings.isEmpty })
      #expect(scratch.contents(of: "lib") == after)
      results.insert(after.sorted { $0.key < $1.key }.flatMap(\.value))
    }
    #expect(results.count == 1)
  }

  @Test func `the proof knows what may follow`() throws {
    let (before, after) = (try tree(mode: "CHECKED_HASH"), try tree(mode: "CHECKED_HASH"))
    #expect(after.fix(["lib"]).allSatisfy { $0.errors.isEmpty })
    let report = PathProof(Options()).run("\(before.path)/lib", "\(after.path)/lib")
    #expect(report.errors.isEmpty && report.violations.isEmpty, "\(report)")

    // The same in a module that no generator wrote is no path of its own.
    for scratch in [before, after] {
      let top = "\(scratch.path)/lib/x"
      let files = FileManager.default
      try files.moveItem(atPath: "\(top)/__config__.py", toPath: "\(top)/config.py")
      for name in try files.contentsOfDirectory(atPath: "\(top)/__pycache__") {
        try files.moveItem(
          atPath: "\(top)/__pycache__/\(name)",
          toPath: "\(top)/__pycache__/\(name.replacing("__config__", with: "config"))")
      }
    }
    #expect(PathProof(Options()).run("\(before.path)/lib", "\(after.path)/lib").violations.count >= 3)
  }

  @Test func `a time of the source that is clamped is clamped once`() throws {
    let scratch = try tree()
    var options = Options()
    options.sourceDateEpoch = 1_600_000_000
    options.bytecode.header = .clamp
    #expect(scratch.fix(["lib"], options: options).allSatisfy { $0.errors.isEmpty })
    try scratch.python(Self.judge, "lib/" + Self.module, "TIMESTAMP", Self.module)
    let status = try #require(try FileIdentity(path: "\(scratch.path)/lib/\(Self.module)"))
    #expect(status.modifiedSeconds == 1_600_000_000)
  }

  @Test func `headers become hashes of the new source`() throws {
    let scratch = try tree()
    var options = Options()
    options.bytecode.header = .checkedHash
    #expect(scratch.fix(["lib"], options: options).allSatisfy { $0.errors.isEmpty })
    try scratch.python(Self.judge, "lib/" + Self.module, "CHECKED_HASH", Self.module)
  }

  /// What makes both stay, and the reason for the source.
  static let obstacles: [(name: String, source: String, reason: String)] = [
    ("joined by the compiler", "p = '\(root)/a' '/b'\n", "spells a path in another way"),
    (
      "joined before it is a path",
      "p = '/tmp/pip-install-ab12cd34/x_0123456789abcdef' '0123456789abcdef/y'\nq = '\(root)'\n",
      "spells a path"
    ),
    ("with an escape", "p = '\\n\(root)'\n", "spells a path in another way"),
    ("as bytes", "p = b'\(root)'\n", "spells a path in another way"),
    ("in a set", "def f(x): return x in {'\(root)', 'y'}\n", "spells a path in another way"),
    ("equal afterwards", "p = '\(root)'\nq = '\(other)'\n", "spells a path in another way"),
  ]

  @Test(arguments: obstacles.indices) func `or both stay`(index: Int) throws {
    let row = Self.obstacles[index]
    for isRecordListed in [true, false] {
      let scratch = try tree(row.source, listed: isRecordListed)
      let before = scratch.contents(of: "lib")
      let reports = scratch.fix(["lib"])
      #expect(reports.allSatisfy { $0.errors.isEmpty })
      let findings = reports.flatMap(\.findings)
      let left = findings.filter { $0.rule == .buildConfiguration }
      #expect(!left.isEmpty && findings.allSatisfy { !$0.isFixable }, "\(row.name): \(findings)")
      #expect("\(left.map(\.fate))".contains(row.reason), "\(row.name): \(left.map(\.fate))")
      #expect(scratch.contents(of: "lib") == before, "\(row.name)")
    }
  }

  @Test func `bytecode of another source stays, and so does the source`() throws {
    let scratch = try tree()
    _ = scratch.file("lib/" + Self.module, Array((Self.source + "more = 1\n").utf8))
    let before = scratch.contents(of: "lib")
    let reports = scratch.fix(["lib"])
    #expect("\(reports.flatMap(\.findings).map(\.fate))".contains("was compiled from another source"))
    #expect(scratch.contents(of: "lib") == before)
  }

  @Test func `damaged bytecode is an error, and the source stays`() throws {
    let scratch = try tree()
    let cache = "\(scratch.path)/lib/x/__pycache__"
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: cache).first { $0.contains("opt-1") })
    let whole = scratch.read("lib/x/__pycache__/" + name)
    _ = scratch.file("lib/x/__pycache__/" + name, Array(whole.prefix(whole.count / 2)))
    let before = scratch.contents(of: "lib")
    #expect(scratch.fix(["lib"]).contains { !$0.errors.isEmpty })
    #expect(scratch.contents(of: "lib") == before)
  }

  @Test func `a source that is given alone stays`() throws {
    let scratch = try tree()
    let before = scratch.contents(of: "lib")
    let reports = scratch.fix(["lib/" + Self.module])
    #expect("\(reports.flatMap(\.findings).map(\.fate))".contains("give their directory to fix"))
    _ = scratch.fix(["lib/x/__pycache__"])
    #expect(scratch.contents(of: "lib") == before)
  }

  @Test func `rules that count in one of them only keep both`() throws {
    for glob in ["*/__pycache__/*", "*/__config__.py"] {
      let scratch = try tree()
      let before = scratch.contents(of: "lib")
      var options = Options()
      options.paths.ignores = [(try Glob(glob), ["BP5"])]
      _ = scratch.fix(["lib"], options: options)
      #expect(scratch.contents(of: "lib") == before, "\(glob)")
    }
  }

  /// In a wheel, whose times say nothing.
  @Test func `members of a wheel follow as well`() throws {
    for mode in ["UNCHECKED_HASH", "TIMESTAMP"] {
      let scratch = try tree(mode: mode, compiledIn: "m/__config__.py")
      let name = "m-1.0-py3-none-any.whl"
      try scratch.pack("lib/x", as: name)
      #expect(scratch.fix([name]).allSatisfy { $0.errors.isEmpty && $0.unfixable.isEmpty })
      try scratch.python(
        "import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall('new')", "\(scratch.path)/\(name)")
      let source = scratch.read("new/m/__config__.py")
      #expect(!String(decoding: source, as: UTF8.self).contains(Self.root))
      if mode == "UNCHECKED_HASH" {
        try scratch.python(Self.judge, "new/m/__config__.py", mode, "m/__config__.py")
      }
    }
  }
}
