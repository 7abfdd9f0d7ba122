extension [UInt8] {
  package mutating func append(little value: UInt16) {
    append(UInt8(truncatingIfNeeded: value))
    append(UInt8(truncatingIfNeeded: value >> 8))
  }

  package mutating func append(little value: UInt32) {
    append(little: UInt16(truncatingIfNeeded: value))
    append(little: UInt16(truncatingIfNeeded: value >> 16))
  }

  package mutating func append(little value: UInt64) {
    append(little: UInt32(truncatingIfNeeded: value))
    append(little: UInt32(truncatingIfNeeded: value >> 32))
  }

  package mutating func append(_ bytes: Bytes) {
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  /// - Precondition: the bytes exist.
  package mutating func store(_ value: UInt64, at offset: Int, width: Int, order: ByteOrder) {
    for index in 0..<width {
      let shift = UInt64(8 &* (order == .little ? index : width &- 1 &- index))
      self[offset + index] = UInt8(truncatingIfNeeded: value &>> shift)
    }
  }
}

extension Bytes {
  /// Pairs of hex digits, without spaces.
  package var hex: String {
    array().map { byte in
      let text = String(byte, radix: 16)
      return text.count < 2 ? "0" + text : text
    }.joined()
  }

  /// The first offset at which the two differ; nil if one is a prefix of the other.
  package func firstDifference(from other: Bytes) -> Int? {
    let (one, other) = (span, other.span)
    for index in 0..<Swift.min(one.count, other.count) where one[index] != other[index] { return index }
    return nil
  }
}
