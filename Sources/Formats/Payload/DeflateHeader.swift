/// The possible first bytes of a deflate stream (RFC 1951 section 3.2): two bytes like a zlib header occur in machine
/// code and data once in a few kilobytes, and this rejects most of them before a decoder runs.
package enum DeflateHeader {
  package static func mayBegin(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    guard offset < bytes.count else { return false }
    switch bytes[offset] &>> 1 & 3 {
    case 0: return mayBeStored(in: bytes, at: offset + 1)
    case 1: return true
    case 2: return mayBeDynamic(in: bytes, at: offset)
    default: return false
    }
  }

  /// The length of a stored block is stored twice, once with all bits inverted.
  private static func mayBeStored(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    guard offset + 4 <= bytes.count else { return false }
    return bytes[offset] == ~bytes[offset + 2] && bytes[offset + 1] == ~bytes[offset + 3]
  }

  /// The code for the code lengths must be complete (section 3.2.7).
  private static func mayBeDynamic(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    guard offset + 10 <= bytes.count else { return false }
    let literals = bytes[offset] &>> 3
    let head = UInt16(bytes[offset + 1]) | UInt16(bytes[offset + 2]) &<< 8
    guard literals <= 29, head & 31 <= 29 else { return false }
    // Three bits each, from bit 17 on.
    var lengths = bytes.unsigned(at: offset + 2, width: 8, order: .little) &>> 1
    var sum = 0
    for _ in 0..<Int(head &>> 5 & 15) + 4 {
      let length = Int(lengths & 7)
      if length > 0 { sum += 128 &>> length }
      lengths &>>= 3
    }
    return sum == 128
  }
}
