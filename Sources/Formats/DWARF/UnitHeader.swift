/// A unit header of `.debug_info` or `.debug_types` (DWARF 5 section 7.5.1, DWARF 4 section 7.5.1).
package struct UnitHeader: Sendable {
  /// Where the header starts and where the next unit starts, in bytes from the section's start.
  package var range: Range<Int>
  /// Where the first DIE starts.
  package var firstDIE: Int
  package var encoding: UnitEncoding
  package var abbreviations: UInt64
  /// The position of the offset of its abbreviations.
  package var abbreviationsPosition: Int
  /// The unit's type; nil before DWARF 5, where only its first DIE tells.
  package var kind: Kind?
  /// The position of the 8 bytes of `dwo_id` or of a type signature; nil if the header has neither.
  package var identifierPosition: Int?

  /// `DW_UT_*` (DWARF 5 table 7.2).
  package enum Kind: UInt8, Sendable {
    case compile = 1
    case type, partial, skeleton, splitCompile, splitType
  }

  /// Reads the header at the cursor and leaves the cursor at the first DIE.
  package init(_ reader: inout Reader, isTypes: Bool) throws(ScrubError) {
    let start = reader.offset
    let (length, offsetSize) = try reader.unitLength()
    let end = reader.offset + length
    let version = try reader.u16()
    var encoding = UnitEncoding(version: version, addressSize: 0, offsetSize: offsetSize)
    switch version {
    case 2...4:
      abbreviationsPosition = reader.offset
      abbreviations = try reader.unsigned(offsetSize)
      encoding.addressSize = Int(try reader.u8())
      if isTypes {
        identifierPosition = reader.offset
        try reader.skip(8 + offsetSize)
      }
    case 5:
      let type = try reader.u8()
      encoding.addressSize = Int(try reader.u8())
      abbreviationsPosition = reader.offset
      abbreviations = try reader.unsigned(offsetSize)
      kind = Kind(rawValue: type)
      switch kind {
      case .compile, .partial: break
      case .type, .splitType:  // signature and type offset
        identifierPosition = reader.offset
        try reader.skip(8 + offsetSize)
      case .skeleton, .splitCompile:  // dwo_id
        identifierPosition = reader.offset
        try reader.skip(8)
      case nil:
        throw reader.error("unit type 0x\(String(type, radix: 16)) is not known", kind: .notUnderstood)
      }
    default:
      throw reader.error("unit version \(version) is not known", kind: .notUnderstood)
    }
    guard [1, 2, 4, 8].contains(encoding.addressSize) else {
      throw reader.error("address size \(encoding.addressSize) is not 1, 2, 4 or 8")
    }
    guard reader.offset <= end else { throw reader.error("unit header exceeds its length \(length)") }
    self.encoding = encoding
    range = start..<end
    firstDIE = reader.offset
  }
}

extension Reader {
  /// An initial length (DWARF 5 section 7.4): the number of following bytes, which are checked to exist, and the size
  /// of an offset in that format.
  @_lifetime(self: copy self)
  package mutating func unitLength() throws(ScrubError) -> (length: Int, offsetSize: Int) {
    let short = try u32()
    var length = UInt64(short)
    var offsetSize = 4
    if short == 0xffff_ffff {
      length = try u64()
      offsetSize = 8
    } else if short >= 0xffff_fff0 {
      throw error("unit length 0x\(String(short, radix: 16)) is reserved", kind: .notUnderstood)
    }
    guard length <= UInt64(max(remaining, 0)) else {
      throw error("unit needs \(length) bytes, \(max(remaining, 0)) left")
    }
    return (Int(length), offsetSize)
  }

  /// Whether only zero bytes are left: padding that assemblers leave after the last unit. No unit starts with a zero
  /// length, so one word almost always decides.
  package var isPadding: Bool {
    for index in offset..<bytes.count where bytes[index] != 0 { return false }
    return true
  }
}
