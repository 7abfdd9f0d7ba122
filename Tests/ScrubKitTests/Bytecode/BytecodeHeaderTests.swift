import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct BytecodeHeaderTests {
  private static let text = Bytes(Array("x = 1\n\n".utf8))
  private static let fresh = PythonSource(content: text, modified: 1_700_000_000)

  private static func options(_ header: BytecodeOptions.Header, epoch: Int64? = nil) -> Options {
    var options = Options()
    options.bytecode.header = header
    options.sourceDateEpoch = epoch
    return options
  }

  private static func module(_ version: String, header: BytecodeHeader.Validation? = nil) throws -> [UInt8] {
    let version = BytecodeScrubTests.version(version)
    let bytes = TestBytecode.module(version, filename: "pkg/mod.py")
    guard let header else { return bytes }
    return try BytecodeHeader(Bytes(bytes)).replacing(header).bytes + bytes.dropFirst(version.headerSize)
  }

  @Test(arguments: BytecodeScrubTests.versions.filter { $0 != "3.6" })
  func `fresh files get a hash, whatever they had`(version: String) throws {
    let hash = try #require(BytecodeScrubTests.version(version).sourceHash(Self.text))
    let kinds: [BytecodeHeader.Validation] = [
      .timestamp(1_700_000_000, size: 7), .hash(hash, isChecked: false), .hash(hash, isChecked: true),
    ]
    for before in kinds {
      for isChecked in [false, true] {
        let input = try Self.module(version, header: before)
        let outcome = try BytecodeScrub.run(
          input, source: Self.fresh, Self.options(isChecked ? .checkedHash : .uncheckedHash))
        let expected = try Self.module(version, header: .hash(hash, isChecked: isChecked))
        #expect((outcome.output?.array() ?? input) == expected)
        #expect((outcome.output == nil) == (input == expected) && outcome.notes.isEmpty)
      }
    }
  }

  /// A new header would make an interpreter run what the source no longer says.
  @Test(arguments: BytecodeOptions.Header.allCases)
  func `stale files keep their header`(kind: BytecodeOptions.Header) throws {
    let stale: [PythonSource?] = [
      PythonSource(content: Self.text, modified: 1_700_000_001),
      PythonSource(content: Bytes(Array("x = 12\n\n".utf8)), modified: 1_700_000_000), nil,
    ]
    for source in stale {
      let outcome = try BytecodeScrub.run(
        try Self.module("3.11"), source: source, Self.options(kind, epoch: 1_600_000_000))
      #expect(outcome.output == nil)
      #expect(outcome.notes.count == (kind == .keep ? 0 : 1), "\(outcome.notes)")
    }
    let hashed = try Self.module("3.11", header: .hash(1, isChecked: false))
    #expect(try BytecodeScrub.run(hashed, source: Self.fresh, Self.options(kind)).output == nil)
  }

  @Test func `clamped times`() throws {
    let input = try Self.module("3.8")
    let late = try BytecodeScrub.run(input, source: Self.fresh, Self.options(.clamp, epoch: 1_600_000_000))
    #expect(late.output?.array() == (try Self.module("3.8", header: .timestamp(1_600_000_000, size: 7))))
    for epoch in [nil, 1_700_000_000, 1_800_000_000] as [Int64?] {
      #expect(
        try BytecodeScrub.run(input, source: Self.fresh, Self.options(.clamp, epoch: epoch)).output == nil)
    }
  }

  @Test func `3.6 has no hashes`() throws {
    let outcome = try BytecodeScrub.run(
      try Self.module("3.6"), source: Self.fresh, Self.options(.checkedHash))
    #expect(outcome.output == nil && outcome.notes.first?.message.contains("no headers with a hash") == true)
  }

  @Test(arguments: [
    ("pkg/__pycache__/mod.cpython-311.pyc", "pkg/mod.py"),
    ("pkg/__pycache__/mod.cpython-311.opt-2.pyc", "pkg/mod.py"),
    ("__pycache__/mod.cpython-311.pyc", "mod.py"), ("mod.pyc", "mod.py"), ("/mod.pyc", "/mod.py"),
    ("/__pycache__/mod.cpython-311.pyc", "/mod.py"), ("a/b.pyc", "a/b.py"),
    ("pkg/__pycache__/mod.pyc", nil), ("pkg/__pycache__/mod.cpython-311.x.pyc", nil),
    ("pkg/__pycache__/.cpython-311.pyc", nil), (".pyc", nil), ("mod.py", nil),
  ])
  func `where the source is`(bytecode: String, source: String?) {
    #expect(PythonSource.path(ofBytecode: bytecode) == source)
  }

  @Test func `a distribution's directory is found by its name or its metadata`() throws {
    let scratch = Scratch()
    let real = try AtomicWrite.realPath(scratch.path)
    _ = scratch.file("target/x-1.0.dist-info/RECORD")
    _ = scratch.file("venv/lib/python3.11/site-packages/pkg/mod.py")
    #expect(InstallRoot.path(of: real + "/target/pkg/mod.py") == "pkg/mod.py")
    #expect(
      InstallRoot.path(of: real + "/venv/lib/python3.11/site-packages/pkg/mod.py") == "pkg/mod.py")
    #expect(InstallRoot.above(real + "/target") == "")
    #expect(InstallRoot.above(real + "/target/pkg/sub") == "pkg/sub")
    #expect(InstallRoot.path(of: real + "/loose/mod.py") == nil)
  }
}
