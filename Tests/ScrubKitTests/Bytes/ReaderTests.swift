import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct ReaderTests {
  private func uleb(_ bytes: [UInt8]) throws(ScrubError) -> UInt64 {
    let bytes = Bytes(bytes)
    var reader = Reader(bytes.span, order: .little, section: ".test")
    return try reader.uleb()
  }

  @Test func unsignedLEB128() throws {
    #expect(try uleb([0x00]) == 0)
    #expect(try uleb([0x7f]) == 127)
    #expect(try uleb([0xe5, 0x8e, 0x26]) == 624_485)
    #expect(try uleb([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]) == .max)
    // Redundant zero bytes are legal padding.
    #expect(try uleb([0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]) == 1)
  }

  @Test func unsignedLEB128ThatLies() {
    #expect(throws: ScrubError.self) { try uleb([]) }
    #expect(throws: ScrubError.self) { try uleb([0x80]) }
    #expect(throws: ScrubError.self) {
      try uleb([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02])
    }
    #expect(throws: ScrubError.self) { try uleb([UInt8](repeating: 0x80, count: 2000)) }
  }

  @Test func errorsSayWhatWasNeededAndWhere() {
    let bytes = Bytes([1, 2, 3])
    var reader = Reader(bytes.span, order: .big, section: ".debug_line", origin: 0x1c0)
    do throws(ScrubError) {
      _ = try reader.u16()
      _ = try reader.u32()
      Issue.record("read behind the end")
    } catch {
      #expect("\(error)" == ".debug_line+0x1c2: needs 4 bytes, 1 left")
    }
  }

  @Test(arguments: [(ByteOrder.little, UInt64(0x0302_01)), (.big, 0x0102_03)])
  func integersOfAnyWidth(order: ByteOrder, expected: UInt64) throws {
    let bytes = Bytes([1, 2, 3])
    var reader = Reader(bytes.span, order: order, section: "")
    #expect(try reader.unsigned(3) == expected)
    let isAtEnd = reader.isAtEnd
    #expect(isAtEnd)
  }

  @Test func claimedLengthsNeverOverflow() {
    let bytes = Bytes([1, 2, 3])
    var reader = Reader(bytes.span, order: .little, section: "")
    do throws(ScrubError) {
      try reader.skip(claimed: .max)
      Issue.record("skipped behind the end")
    } catch {
      let offset = reader.offset
      #expect(offset == 0)
    }
  }
}
