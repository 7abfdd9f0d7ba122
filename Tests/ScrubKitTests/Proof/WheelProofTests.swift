import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Wheels and installed trees: members, modes, times and RECORD.
@Suite struct WheelProofTests {
  private let scratch = Scratch()
  private static let library = try! Compiler.sharedLibrary()

  /// A wheel with a library, a text that a build wrote, and RECORD.
  private static func wheel(
    record edit: (String) -> String = { $0 }, _ change: (inout [TestZip.Entry]) -> Void = { _ in }
  )
    -> [UInt8]
  {
    var library = TestZip.Entry("x/_x.so")
    library.content = Self.library
    library.mode = 0o100755
    var entries = [
      library, .init("x/__init__.py", "from ._x import *\n"),
      .init("x/__config__.py", "prefix = '/tmp/tmpab12cd_4/x'\n"),
      .init("x-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: x\nVersion: 1\n"),
    ]
    var record = entries.map { entry in
      let name = String(decoding: entry.name, as: UTF8.self)
      return "\(name),sha256=\(RecordHash.sha256.digest(Bytes(entry.content))),\(entry.content.count)\r\n"
    }.joined()
    record += "x-1.dist-info/RECORD,,\r\n"
    entries.append(.init("x-1.dist-info/RECORD", edit(record)))
    change(&entries)
    return TestZip(entries).bytes()
  }

  private func fixed(_ wheel: [UInt8], _ options: Options = Options()) throws -> [UInt8] {
    let name = "x-1-py3-none-any.whl"
    _ = scratch.file("in/\(name)", wheel)
    let output = "\(scratch.path)/\(name)"
    let report = Scrub(options).fix(scratch.input("in/\(name)"), to: .file(output))
    #expect(report.errors.isEmpty, "\(report.errors)")
    return scratch.read(name)
  }

  private func prove(_ original: [UInt8], _ fixed: [UInt8], _ options: Options = Options()) -> ProofReport {
    PathProof(options).run(scratch.file("a/x.whl", original), scratch.file("b/x.whl", fixed))
  }

  @Test func whatFixWrites() throws {
    let original = Self.wheel()
    let good = try fixed(original)
    let report = prove(original, good)
    #expect(report.isProven && report.roots > 1, "\(report)")
    // The build-id, and two rows of RECORD.
    #expect(report.seals == 3)
  }

  @Test func times() throws {
    let original = Self.wheel()
    var options = Options()
    options.sourceDateEpoch = 1_000_000_000
    let good = try fixed(original, options)
    #expect(prove(original, good, options).isProven)
    let report = prove(original, good)
    #expect(report.violations.contains { $0.message == "the time changed" }, "\(report)")
  }

  /// One member after the other is another one, has another mode, or is gone.
  @Test func otherMembers() throws {
    let original = Self.wheel()
    let good = try fixed(original)
    let members = try Wheel.open(scratch.file("good.whl", good)).members
    func repacked(_ change: (inout [TestZip.Entry]) -> Void) throws -> [UInt8] {
      var entries = try members.map { member in
        var entry = TestZip.Entry(member.name)
        entry.content = try member.content().array()
        entry.mode = member.externalAttributes >> 16
        return entry
      }
      change(&entries)
      return TestZip(entries).bytes()
    }
    #expect(prove(original, try repacked { _ in }).isProven)
    let changes: [(String, (inout [TestZip.Entry]) -> Void)] = [
      ("the mode changed", { $0[0].mode = 0o100777 }), ("the mode changed", { $0[1].mode = 0o104644 }),
      ("bytes changed that fix never changes", { $0[1].content += Array("import os\n".utf8) }),
      ("bytes changed that fix never changes", { $0[3].content[3] ^= 1 }),
      ("has 4 members, needs 5", { $0.remove(at: 1) }),
      ("the member has another name", { $0[1].name = Array("x/__main__.py".utf8) }),
      (
        "x/__init__.py: the row changed, and the file did not",
        { entries in
          let text = String(decoding: entries[4].content, as: UTF8.self)
          entries[4].content = Array(
            text.replacing("x/__init__.py,sha256=", with: "x/__init__.py,sha256=A").utf8)
        }
      ),
      (
        "x/_x.so: the row is not true",
        { entries in
          let row = String(decoding: entries[4].content, as: UTF8.self).split(separator: "\r\n")[0]
          let size = row.split(separator: ",")[2]
          let text = String(decoding: entries[4].content, as: UTF8.self)
          entries[4].content = Array(text.replacing(",\(size)\r\n", with: ",\(size)0\r\n").utf8)
        }
      ),
      (
        "bytes between the rows changed",
        { entries in
          entries[4].content = Array(
            String(decoding: entries[4].content, as: UTF8.self).replacing("\r\n", with: "\n").utf8)
        }
      ),
      ("the comment changed", { $0[2].comment = [0x41] }),
      ("an extra field changed", { $0[2].extra = [1, 0x40, 0, 0] }),
      ("the compression method changed", { $0[2].method = 0 }),
      ("the time changed", { $0[2].time += 0x20_0000 }),
    ]
    for (message, change) in changes {
      let report = prove(original, try repacked(change))
      #expect(report.violations.contains { $0.message == message }, "\(message): \(report.violations)")
      #expect(report.violations.allSatisfy { $0.place.path.hasSuffix("/b/x.whl") })
    }
  }

  /// Every byte of a small wheel: what is no content says where the members are.
  @Test func oneOtherByte() throws {
    let text = "prefix = '/tmp/tmpab12cd_4/x'\n"
    var record =
      "x/__config__.py,sha256=\(RecordHash.sha256.digest(Bytes(Array(text.utf8)))),\(text.utf8.count)\n"
    record += "x-1.dist-info/RECORD,,\n"
    let original = TestZip([.init("x/__config__.py", text), .init("x-1.dist-info/RECORD", record)]).bytes()
    let good = try fixed(original)
    #expect(prove(original, good).isProven)
    for place in good.indices {
      var bad = good
      bad[place] ^= 1
      let report = prove(original, bad)
      #expect(!report.isProven && report.errors.isEmpty, "0x\(String(place, radix: 16)): \(report.errors)")
    }
  }

  @Test func trees() throws {
    let version = BytecodeVersion.of(magic: 3495)!
    let bytecode = TestBytecode.module(version, filename: "/tmp/pip-target-ab12cd_4/lib/python/pkg/mod.py")
    let cache = "pkg/__pycache__/mod.cpython-311.pyc"
    func row(_ path: String, _ content: [UInt8]) -> String {
      "\(path),sha256=\(RecordHash.sha256.digest(Bytes(content))),\(content.count)\n"
    }
    for top in ["a", "b"] {
      _ = scratch.file("\(top)/pkg/mod.py", Array("x = 1\n".utf8))
      _ = scratch.file("\(top)/\(cache)", bytecode)
      _ = scratch.file("\(top)/pkg/_x.so", Self.library)
      _ = scratch.file("\(top)/pkg-1.0.dist-info/METADATA")
      let rows =
        row(cache, bytecode) + row("pkg/_x.so", Self.library) + row("pkg/mod.py", Array("x = 1\n".utf8))
      _ = scratch.file("\(top)/pkg-1.0.dist-info/RECORD", Array("\(rows)pkg-1.0.dist-info/RECORD,,\n".utf8))
    }
    let inputs = Tree.expand(["\(scratch.path)/b"])
    let work = TreeScrub(inputs.files, options: Options())
    var reports = inputs.files.indices.map { work.fix($0, to: .inPlace) }
    reports += work.commit(&reports) { _ in .inPlace }
    #expect(reports.allSatisfy { $0.errors.isEmpty })
    func prove() -> ProofReport { PathProof(Options()).run("\(scratch.path)/a", "\(scratch.path)/b") }
    let report = prove()
    #expect(report.isProven && report.roots > 1, "\(report)")

    // One file after the other is another one.
    for name in ["pkg/mod.py", cache, "pkg/_x.so", "pkg-1.0.dist-info/RECORD"] {
      let good = scratch.read("b/\(name)")
      var bad = good
      bad[bad.count / 2] ^= 1
      _ = scratch.file("b/\(name)", bad)
      let report = prove()
      #expect(
        !report.isProven && report.violations.contains { $0.place.path.hasSuffix(name) }, "\(name): \(report)"
      )
      _ = scratch.file("b/\(name)", good)
    }
    _ = scratch.file("b/pkg/new.py")
    #expect(prove().violations.map(\.message) == ["is new"])
    try FileManager.default.removeItem(atPath: "\(scratch.path)/b/pkg/new.py")
    try FileManager.default.removeItem(atPath: "\(scratch.path)/b/pkg/mod.py")
    #expect(prove().violations.map(\.message) == ["is gone"])
  }
}
