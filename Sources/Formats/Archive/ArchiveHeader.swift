/// The 60 bytes before each member of a static archive (`struct ar_hdr` of `<ar.h>`): text fields, padded with blanks.
package struct ArchiveHeader: Sendable {
  package static let size = 60
  package static let name = 0..<16
  private static let dateField = 16..<28
  private static let sizeField = 48..<58
  private static let end: [UInt8] = [0x60, 0x0a]

  package private(set) var bytes: [UInt8]

  /// - Parameter offset: the header's offset in the archive, for the error.
  /// - Throws: if the bytes are not a header, or the size is not a number.
  package init(_ bytes: Bytes, offset: Int) throws(ScrubError) {
    self.bytes = bytes.array()
    guard self.bytes.count == Self.size, Array(self.bytes[58...]) == Self.end else {
      throw StaticArchive.error("needs a member header, there is none", offset)
    }
    guard Self.number(self.bytes[Self.sizeField]) != nil else {
      let shown = String(decoding: self.bytes[Self.sizeField], as: UTF8.self).debugDescription
      throw StaticArchive.error("member size \(shown) is no number", offset + Self.sizeField.lowerBound)
    }
  }

  /// Size of the member in bytes, including a BSD name but not padding.
  package var size: UInt64 { Self.number(bytes[Self.sizeField]) ?? 0 }

  /// Seconds since 1970-01-01 UTC; nil if the field is blank (names tables) or not a number (COFF: -1).
  package var date: Int64? { Self.number(bytes[Self.dateField]).map { Int64($0) } }

  /// The name field without its padding.
  package var nameText: [UInt8] {
    var text = bytes[Self.name]
    while text.last == UInt8(ascii: " ") { text.removeLast() }
    return Array(text)
  }

  package mutating func setDate(_ date: Int64) { set(Self.dateField, String(date)) }

  /// - Returns: whether the size fits the field.
  package mutating func setSize(_ size: Int) -> Bool {
    let text = String(size)
    guard text.utf8.count <= Self.sizeField.count else { return false }
    set(Self.sizeField, text)
    return true
  }

  /// The length of a name stored before the content, `#1/20` (4.4BSD).
  package mutating func setNameLength(_ count: Int) { set(Self.name, "#1/\(count)") }

  package mutating func replaceName(at offset: Int, with text: [UInt8]) {
    precondition(offset >= 0 && offset + text.count <= Self.name.upperBound)
    bytes.replaceSubrange(offset..<offset + text.count, with: text)
  }

  private mutating func set(_ field: Range<Int>, _ text: String) {
    let digits = Array(text.utf8)
    precondition(digits.count <= field.count)
    let blanks = [UInt8](repeating: UInt8(ascii: " "), count: field.count - digits.count)
    bytes.replaceSubrange(field, with: digits + blanks)
  }

  /// Decimal digits followed by blanks; at most 12, so that nothing overflows.
  package static func number(_ field: some Collection<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    var digits = 0
    var isOver = false
    for byte in field {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9") where !isOver && digits < 12:
        value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
        digits += 1
      case UInt8(ascii: " "): isOver = true
      default: return nil
      }
    }
    return digits > 0 ? value : nil
  }
}
