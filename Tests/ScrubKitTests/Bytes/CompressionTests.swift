import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct CompressionTests {
  let scratch = Scratch()

  private static func content(_ count: Int) -> [UInt8] {
    var random = Seeded(state: 7)
    return (0..<count).map { _ in [0x61, 0x62, 0x63, 0x0a].randomElement(using: &random)! }
  }

  @Test(arguments: [0, 1, 5, 70_000, 3_000_000])
  func deflateEqualsCPython(_ count: Int) throws {
    let bytes = Bytes(Self.content(count))
    _ = scratch.file("in", bytes.array())
    // zipfile's way: everything at once, then flush; the same in pieces as `ZipFile.write` does.
    try scratch.python(
      """
      import zlib
      data = open("in", "rb").read()
      c = zlib.compressobj(6, zlib.DEFLATED, -15)
      whole = c.compress(data) + c.flush()
      c = zlib.compressobj(6, zlib.DEFLATED, -15)
      assert b"".join(c.compress(data[i:i + 8192]) for i in range(0, len(data), 8192)) + c.flush() == whole
      open("out", "wb").write(whole)
      open("zlib", "wb").write(zlib.compress(data))
      """)
    let packed = try Deflate.raw(bytes)
    #expect(packed.array() == scratch.read("out"))
    #expect(try Inflate.raw(packed, size: UInt64(count), crc: Inflate.crc32(bytes)) == bytes)
    #expect(try Inflate.zlib(Bytes(scratch.read("zlib")), size: UInt64(count)) == bytes)
    #expect(try Inflate.prefix(packed, count: min(count, 64)) == Array(bytes.array().prefix(64)))
  }

  @Test func claimsAreChecked() throws {
    let bytes = Bytes(Self.content(5000))
    let packed = try Deflate.raw(bytes)
    let crc = Inflate.crc32(bytes)
    func text(_ packed: Bytes, _ size: UInt64, _ crc: UInt32) -> String? {
      errorText { () throws(ScrubError) in _ = try Inflate.raw(packed, size: size, crc: crc) }
    }
    #expect(text(packed, 5000, crc) == nil)
    #expect(text(packed, 4999, crc) == "needs 4999 inflated bytes, deflate data does not end there")
    #expect(text(packed, 5001, crc) == "needs 5001 inflated bytes, deflate data has 5000")
    #expect(text(packed, 5000, crc &+ 1)?.hasPrefix("needs CRC-32") == true)
    #expect(text(packed, 1 << 62, crc)?.contains("the limit is") == true)
    #expect(text(packed, 1 << 32, crc)?.contains("impossible") == true)
    #expect(text(Bytes(packed.array() + [0]), 5000, crc)?.hasPrefix("deflate data ends after") == true)
    #expect(text(packed[0..<packed.count - 1], 5000, crc) != nil)
    #expect(throws: ScrubError.self) { try Inflate.prefix(Bytes([0xff, 0xff, 0xff]), count: 4) }
    #expect(throws: ScrubError.self) { try Inflate.prefix(packed[0..<2], count: 4000) }
  }

  @Test func zstd() throws {
    // `zstd -c` of "hello\n" five times over, stored with its content size.
    let hello: [UInt8] = Array(repeating: Array("hello\n".utf8), count: 5).flatMap { $0 }
    let frame: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd, 0x20, 30, 0xf1, 0, 0] + hello
    #expect(try Inflate.zstd(Bytes(frame), size: 30).array() == hello)
    #expect(try Inflate.zstd(Bytes(frame + frame), size: 60).array() == hello + hello)
    for size: UInt64 in [29, 31, 1 << 60] {
      #expect(throws: ScrubError.self) { try Inflate.zstd(Bytes(frame), size: size) }
    }
    #expect(throws: ScrubError.self) { try Inflate.zstd(Bytes(Array(frame.dropLast())), size: 30) }
  }

  /// Input beyond 4 GiB goes through zlib in windows; slow, so only on demand.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["WHEELSCRUB_HUGE"] != nil))
  func deflateBeyondFourGiB() throws {
    try scratch.python(
      """
      import zlib, os
      with open("in", "wb") as f:
          f.truncate((4 << 30) + 100_000); f.seek((4 << 30) - 20_000); f.write(b"edge %d" * 9_000)
      c = zlib.compressobj(6, zlib.DEFLATED, -15)
      with open("in", "rb") as f, open("out", "wb") as o:
          while chunk := f.read(1 << 24): o.write(c.compress(chunk))
          o.write(c.flush())
      """)
    let packed = try Deflate.raw(MappedFile.open(scratch.path + "/in").bytes)
    #expect(packed.array() == scratch.read("out"))
  }
}
