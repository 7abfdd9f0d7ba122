import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Bytes behind the code object: Python imports the file, so it is no damaged one.
@Suite struct TrailingBytesTests {
  private static let version = BytecodeVersion.of(magic: 3495)!
  private static let module = TestBytecode.module(version, filename: "pkg/mod.py")

  @Test(arguments: BytecodeScrubTests.versions, [1, 4, 5000])
  func `are found and taken away`(name: String, count: Int) throws {
    let module = TestBytecode.module(BytecodeScrubTests.version(name), filename: "pkg/mod.py")
    let outcome = try BytecodeScrub.run(module + [UInt8](repeating: 0x5a, count: count))
    #expect(outcome.findings.map(\.rule.code) == ["PY105"] && outcome.findings.allSatisfy(\.isFixable))
    #expect(outcome.output?.array() == module)
    #expect(outcome.changes.map(\.kind) == [.trailing(size: count)])
    // Nothing is left to do.
    #expect(try BytecodeScrub.run(module).output == nil)
  }

  @Test func `go with a name that changes`() throws {
    let leaking = TestBytecode.module(Self.version, filename: BytecodeScrubTests.name)
    let outcome = try BytecodeScrub.run(leaking + [1, 2, 3])
    #expect(outcome.output?.array() == Self.module)
    #expect(Set(outcome.findings.map(\.rule.code)).count == 2)
  }

  /// Python runs a file that ends with a zip as that zip.
  @Test func `stay where they hold a zip`() throws {
    let zip = TestZip([TestZip.Entry("__main__.py", "print(1)\n")]).bytes()
    let outcome = try BytecodeScrub.run(Self.module + zip)
    #expect(outcome.output == nil && outcome.findings.map(\.isFixable) == [false])
    // And stay byte by byte where something else changes.
    let leaking = TestBytecode.module(Self.version, filename: BytecodeScrubTests.name)
    #expect(try BytecodeScrub.run(leaking + zip).output?.array() == Self.module + zip)
  }

  @Test func `stay where the rule does not count, with the roots in them`() throws {
    var options = Options()
    options.policy = try Policy(RuleSelection(ignore: ["PY105"]))
    let rest = Array("x /tmp/pip-target-ab12cd_4/lib/x\0".utf8)
    let outcome = try BytecodeScrub.run(Self.module + rest, options)
    #expect(outcome.output == nil && outcome.findings.map(\.isFixable) == [false])
    #expect(outcome.findings.map(\.root) == ["/tmp/pip-target-ab12cd_4"])
  }

  /// What an interpreter says: it imports the file, before and after.
  @Test(arguments: Interpreter.all)
  func `Python imports such a file`(interpreter: Interpreter) throws {
    let scratch = Scratch()
    _ = scratch.file("mod.py", Array("value = 42\n".utf8))
    let run = "import mod; assert mod.value == 42"
    let directory = URL(filePath: scratch.path)
    try interpreter.run(["-c", run], in: directory)
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/__pycache__").first)
    let original = scratch.read("__pycache__/\(name)")
    let path = scratch.file("mod.pyc", original + [1, 2, 3, 4])
    try FileManager.default.removeItem(atPath: scratch.path + "/mod.py")
    try interpreter.run(["-c", run], in: directory)
    let report = Scrub(Options()).fix(InputFile(explicit: path), to: .inPlace)
    #expect(report.findings.map(\.rule.code) == ["PY105"], "\(report)")
    #expect(scratch.read("mod.pyc") == original)
    try interpreter.run(["-c", run], in: directory)
  }

  /// A key counts what a program can read of itself.
  @Test func `count in a key where they stay`() throws {
    for level in [KeyLevel.full, .runtime] {
      let keys = ContentKeys(level: level)
      #expect(keys.key(of: Bytes(Self.module)) != keys.key(of: Bytes(Self.module + [0])))
    }
  }
}
