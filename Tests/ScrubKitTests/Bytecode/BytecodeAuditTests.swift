import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct BytecodeAuditTests {
  private static let source = Array("x = 1\n\n".utf8)
  private static let cache = "pkg/__pycache__/mod.cpython-311.pyc"

  /// The codes of what is found in a tree with this bytecode; times are those of `TestBytecode`.
  private func codes(
    _ validation: BytecodeHeader.Validation? = nil, at name: String = cache, source: [UInt8]? = source,
    modified: Int64 = 1_700_000_000, select: [String]? = ["PY"]
  ) throws -> [String] {
    let scratch = Scratch()
    var bytes = TestBytecode.module(BytecodeScrubTests.version("3.11"), filename: "pkg/mod.py")
    if let validation {
      bytes.replaceSubrange(..<16, with: try BytecodeHeader(Bytes(bytes)).replacing(validation).bytes)
    }
    let path = scratch.file(name, bytes)
    if let source {
      try ModificationTime(path: scratch.file("pkg/mod.py", source), seconds: modified).set()
    }
    var options = Options()
    options.policy = try Policy(RuleSelection(select: select))
    let report = Scrub(options).check(InputFile(explicit: path))
    #expect(report.errors.isEmpty && report.findings.allSatisfy { $0.defect != nil && !$0.isFixable })
    return report.findings.map(\.rule.code)
  }

  @Test func `times and sizes`() throws {
    #expect(try codes() == [])
    #expect(try codes(modified: 1_700_000_001) == ["PY101"])
    // Modulo 2^32, as Python compares.
    #expect(try codes(modified: 1_700_000_000 + 1 << 32) == [])
    #expect(try codes(source: Array("x = 1\n".utf8)) == ["PY101"])
    #expect(try codes(source: Array("x = 1\n".utf8), select: nil) == ["PY101"])
    #expect(try codes(source: Array("x = 1\n".utf8), select: ["BP"]) == [])
  }

  @Test func hashes() throws {
    let hash = try #require(BytecodeScrubTests.version("3.11").sourceHash(Bytes(Self.source)))
    for isChecked in [true, false] {
      #expect(try codes(.hash(hash, isChecked: isChecked), modified: 3) == [])
      #expect(try codes(.hash(hash ^ 1, isChecked: isChecked)) == [isChecked ? "PY101" : "PY102"])
    }
  }

  @Test func `without a source`() throws {
    #expect(try codes(source: nil) == ["PY104"])
    #expect(try codes(at: "pkg/mod.pyc", source: nil) == ["PY103"])
    #expect(try codes(source: nil, select: nil) == [])
    #expect(try codes(at: "pkg/mod.pyc", source: nil, select: nil) == [])
    // No name that a source would have.
    #expect(try codes(at: "pkg/__pycache__/mod.cpython-311-pytest-8.0.pyc", source: nil) == [])
  }

  /// Python itself says what is stale: it compiles anew.
  @Test func `Python agrees`() throws {
    let scratch = Scratch()
    try scratch.python(
      """
      import os, py_compile, subprocess, sys
      os.makedirs("d"); os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
      for name in ["fresh", "touched", "changed", "hashed", "rehashed"]:
          open(f"d/{name}.py", "w").write("x = 1\\n")
          mode = "CHECKED_HASH" if "hash" in name else "TIMESTAMP"
          py_compile.compile(f"d/{name}.py", invalidation_mode=py_compile.PycInvalidationMode[mode])
      os.utime("d/touched.py", (1, 1)); os.utime("d/hashed.py", (1, 1))
      state = os.stat("d/changed.py"); open("d/changed.py", "w").write("x = 12\\n")
      os.utime("d/changed.py", ns=(state.st_atime_ns, state.st_mtime_ns))
      open("d/rehashed.py", "w").write("x = 2\\n")
      """)
    let files = Tree.expand([scratch.path]).files
    let stale = files.filter { !Scrub(Options()).check($0).findings.isEmpty }.map(\.relativePath)
    try scratch.python(
      """
      import glob, os, sys
      sys.dont_write_bytecode = False
      sys.path.insert(0, "d")
      before = {p: open(p, "rb").read() for p in glob.glob("d/__pycache__/*.pyc")}
      import fresh, touched, changed, hashed, rehashed
      new = sorted(p for p in before if open(p, "rb").read() != before[p])
      open("new", "w").write("\\n".join(new))
      """)
    let rewritten = String(decoding: scratch.read("new"), as: UTF8.self).split(separator: "\n").map(
      String.init)
    #expect(rewritten == stale && stale.count == 3)
  }

  /// In a wheel the times say nothing, sizes and hashes do.
  @Test(arguments: [("x = 1\n\n", 0), ("x = 1\n", 1)])
  func wheels(_ row: (source: String, count: Int)) throws {
    let scratch = Scratch()
    _ = scratch.file("m.pyc", TestBytecode.module(BytecodeScrubTests.version("3.11"), filename: "pkg/mod.py"))
    _ = scratch.file("m.py", Array(row.source.utf8))
    try scratch.python(
      """
      import zipfile
      with zipfile.ZipFile("m-1.0-py3-none-any.whl", "w") as z:
          z.write("m.py", "pkg/mod.py"); z.write("m.pyc", "pkg/__pycache__/mod.cpython-311.pyc")
          z.write("m.pyc", "pkg/alone.pyc"); z.write("m.pyc", "pkg/__pycache__/gone.cpython-311.pyc")
          z.writestr("m-1.0.dist-info/RECORD", "")
      """)
    var options = Options()
    options.policy = try Policy(RuleSelection(select: ["PY"]))
    let report = Scrub(options).check(InputFile(explicit: scratch.path + "/m-1.0-py3-none-any.whl"))
    #expect(report.errors.isEmpty)
    let codes = report.findings.map(\.rule.code).sorted()
    #expect(codes == [String](repeating: "PY101", count: row.count) + ["PY103", "PY104"])
  }
}
