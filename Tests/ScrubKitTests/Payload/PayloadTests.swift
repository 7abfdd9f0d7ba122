import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Payloads of every format, made and judged by the programs that own the formats.
@Suite struct PayloadTests {
  /// What a fix of `library` finds, and what it writes.
  static func fix(_ library: [UInt8]) throws -> (findings: [Finding], notes: [Note], output: [UInt8]) {
    let outcome = try ImageScrub(options: Options()).run(Bytes(library), fix: true)
    return (outcome.findings, outcome.notes, outcome.output?.array() ?? library)
  }

  static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? { Bytes(bytes).span.firstIndex(of: needle) }

  @Test(arguments: [".rodata", ".data", ".text", "payloads, \"a\"", "unloaded, \"\""])
  func `a root in a payload stays, whatever section it is in`(section: String) throws {
    let payloads = try TestPayload.all()
    let plain = "\(TestPayload.root)/src/plain.c"
    let (findings, notes, output) = try Self.fix(
      Compiler.library(payloads: payloads.map(\.bytes), section: section, text: plain))
    let name = section.split(separator: ",")[0]
    #expect(!notes.contains { $0.message.contains("not looked into") })
    // The constant beside them is fixed.
    #expect(findings.filter(\.isFixable).map(\.text) == [plain])
    #expect(Self.find(Array(plain.utf8), in: output) == nil)
    for payload in payloads {
      let place = try #require(Self.find(payload.bytes, in: output), "\(payload.name) was changed")
      #expect(try payload.decoded(Array(output[place..<place + payload.bytes.count])) == TestPayload.text)
    }
    // Each root once, decoded, with both of its offsets.
    let inside = findings.filter { !$0.isFixable }
    #expect(inside.count == 3 * payloads.count)
    for (kind, count) in Dictionary(grouping: payloads, by: \.kind).mapValues(\.count) {
      let found = inside.filter { $0.place.section?.hasSuffix(" (\(kind))") ?? false }
      #expect(found.count == 3 * count, "\(kind): \(found.map(\.place.description))")
      #expect(Set(found.map(\.place.offset)).count == 3)
    }
    for finding in inside {
      #expect(finding.place.section?.hasPrefix("\(name)+0x") ?? false)
      guard case .left(let reason) = finding.fate else { continue }
      #expect(reason.contains("payload") && reason.contains("-ffile-prefix-map"))
    }
  }

  @Test func `a root in a payload behind the end of the image stays`() throws {
    for payload in try TestPayload.all() {
      let library = try Compiler.library(payloads: []) + payload.bytes
      let (findings, _, output) = try Self.fix(library)
      #expect(
        findings.count == 3 && findings.allSatisfy { !$0.isFixable }, "\(payload.name): \(findings.count)")
      #expect(findings.allSatisfy { $0.place.section?.hasPrefix("gap+0x") ?? false })
      #expect(output == library)
    }
  }

  @Test func `offsets count from the section and in what was decoded`() throws {
    let payload = try TestPayload.one("zstd")
    let (findings, _, _) = try Self.fix(Compiler.library(payloads: [payload.bytes]))
    let first = try #require(findings.first)
    let at = try #require(Self.find(Array(TestPayload.root.utf8), in: Array(TestPayload.text.utf8)))
    #expect(first.place.position == ".rodata+0x3 (zstd)+0x\(String(at, radix: 16))")
  }

  @Test func `what only looks like a payload is edited as before`() throws {
    for payload in try TestPayload.all() {
      // zstd without a sum has nothing that a change would break.
      if payload.name == "zstd-unsummed" { continue }
      var damaged = payload.bytes
      switch payload.name {
      // The CRC of the local header, or of the descriptor behind 36 bytes and the text.
      case "zip-stored", "zip-deflated", "zip-bzip2": damaged[14] ^= 1
      case "zip-piped-stored": damaged[36 + TestPayload.text.utf8.count + 4] ^= 1
      case "zip-piped-deflated": damaged[40] ^= 0xff
      case "lz4", "lz4-sized": damaged[damaged.count - 1] ^= 1
      case "xz": damaged[damaged.count - 30] ^= 1
      default: damaged[damaged.count - 2] ^= 1
      }
      for bytes in [damaged, Array(payload.bytes.dropLast(payload.name.hasPrefix("zip") ? 150 : 5))] {
        // A central directory of its own is still one.
        let (findings, _, output) = try Self.fix(Compiler.library(payloads: [bytes]))
        #expect(
          !findings.contains { $0.place.section?.contains("(\(payload.kind))") ?? false },
          "\(payload.name), \(bytes.count)")
        // Where the cut goes through a path, what is left of its random name keeps the others as they are.
        if payload.name == "zlib-0" || payload.name == "zip-stored" && bytes.count == damaged.count {
          #expect(findings.count == 3 && findings.allSatisfy { $0.fate == .inPlace })
          #expect(Self.find(Array(TestPayload.root.utf8), in: output) == nil)
        }
      }
    }
  }

  @Test func `names in headers are not decoded, and stay as well`() throws {
    let scratch = Scratch()
    let name = "\(TestPayload.root)/part.py"
    try scratch.python(
      """
      import gzip, io, sys, zipfile
      data = io.BytesIO()
      with zipfile.ZipFile(data, "w") as archive: archive.writestr(zipfile.ZipInfo(sys.argv[1]), "x = 1")
      open("zip", "wb").write(data.getvalue())
      packed = gzip.compress(b"x = 1", mtime=0)
      open("gz", "wb").write(packed[:3] + b"\\x08" + packed[4:10] + sys.argv[1].encode() + b"\\0" + packed[10:])
      assert gzip.open("gz").read() == b"x = 1"
      """, name)
    let library = try Compiler.library(payloads: [scratch.read("gz"), scratch.read("zip")])
    let (findings, _, output) = try Self.fix(library)
    // gzip's header, the member's, the directory's.
    #expect(findings.count == 3 && findings.allSatisfy { !$0.isFixable && $0.place.section == ".rodata" })
    #expect(output == library)
  }

  /// cmake has LZ4's library in it, and so its magic, in front of code.
  @Test func `the magic of LZ4 alone is no frame`() throws {
    let magic: [UInt8] = [0x04, 0x22, 0x4d, 0x18, 0x41, 0x40] + [UInt8](repeating: 0xc3, count: 40)
    let text = Array("\(TestPayload.root)/plain.c".utf8)
    let (findings, notes, _) = try Self.fix(Compiler.library(payloads: [magic, text]))
    #expect(findings.count == 1 && findings.allSatisfy(\.isFixable))
    #expect(!notes.contains { $0.message.contains("not looked into") })
  }

  @Test func `a Mach-O image has payloads too`() throws {
    let scratch = Scratch()
    let payloads = try ["zlib-0", "zstd", "zip-deflated"].map { try TestPayload.one($0) }
    for payload in payloads { _ = scratch.file(payload.name, payload.bytes) }
    let lines = payloads.map { ".incbin \"\($0.name)\"\n.byte 0\n" }.joined()
    _ = scratch.file("x.s", Array(".section __TEXT,__const\n\(lines)".utf8))
    try scratch.run("clang", "-target", "arm64-apple-macos11", "-c", "x.s", "-o", "x.o")
    let (findings, _, output) = try Self.fix(scratch.read("x.o"))
    #expect(findings.count == 9 && findings.allSatisfy { !$0.isFixable })
    #expect(findings.allSatisfy { $0.place.section?.hasPrefix("__TEXT,__const+0x") ?? false })
    #expect(findings[0].place.section == "__TEXT,__const+0x0 (zlib)")
    #expect(output == scratch.read("x.o"))
  }

  @Test func `a stored block of a compressed section is no place of its own`() throws {
    let scratch = Scratch()
    _ = scratch.file("x.so", try Compiler.library(payloads: []))
    _ = scratch.file("note", Array(TestPayload.text.utf8) + (0..<64).map { _ in .random(in: 0...255) })
    try scratch.run(
      "objcopy", "--add-section", ".extra=note", "--compress-debug-sections=zlib", "x.so")
    let (findings, _, _) = try Self.fix(scratch.read("x.so"))
    #expect(findings.count == 3 && findings.allSatisfy(\.isFixable))
  }

  @Test func `blocks of LZ4 in a fat binary are known by their entry`() throws {
    let scratch = Scratch()
    _ = scratch.file("text", Array(TestPayload.text.utf8))
    try scratch.run("lz4", "-q", "--no-frame-crc", "text", "frame")
    let frame = scratch.read("frame")
    // Magic, FLG, BD, HC; the size of the block; the block; the end mark.
    let size = Int(frame[7]) | Int(frame[8]) << 8
    let block = Array(frame[11..<11 + size])
    func little(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(value >> (8 * $0) & 0xff) } }
    let padded = (size + 7) / 8 * 8
    let fields: [[UInt8]] = [
      little(2, 2), little(0x101, 2), little(64, 4), little(padded, 8), little(size, 4), little(0, 4),
      little(7, 2), little(1, 2), little(80, 4), little(0, 8), little(0x2011, 8), little(0, 8),
      little(TestPayload.text.utf8.count, 8),
    ]
    let entry = fields.joined() + block + [UInt8](repeating: 0, count: padded - size)
    let fatbin =
      [0x50, 0xed, 0x55, 0xba] + little(1, 2) + little(16, 2) + little(2 * entry.count, 8) + entry + entry
    let library = try Compiler.library(payloads: [fatbin, block], section: ".nv_fatbin, \"a\"")
    let (findings, _, output) = try Self.fix(library)
    let inside = findings.filter { $0.place.section?.hasSuffix("(LZ4 block)") ?? false }
    #expect(inside.count == 6 && inside.allSatisfy { !$0.isFixable })
    #expect(Self.find(fatbin, in: output) != nil)

    // Anywhere else it is known by the sequences around the root.
    let bare = try Self.fix(Compiler.library(payloads: [block], text: "\(TestPayload.root)/plain.c"))
    #expect(Self.find(block, in: bare.output) != nil)
    let left = bare.findings.filter { !$0.isFixable }
    #expect(!left.isEmpty && left.allSatisfy { $0.place.section == ".rodata" })
    // The constant stays as well: nobody knows what the pieces of its path in the block are for.
    let plain = try #require(bare.findings.first { $0.text == "\(TestPayload.root)/plain.c" })
    guard case .left(let reason) = plain.fate else {
      Issue.record("\(plain.fate)")
      return
    }
    #expect(reason.contains("a piece of its random name"))
  }
}
