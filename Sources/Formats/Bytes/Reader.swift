import Platform

/// A cursor over the bytes of one section, header or member. Every read is bounds-checked, and every failure states
/// what was needed, what was left and where.
package struct Reader: ~Escapable {
  package let bytes: Span<UInt8>
  package let order: ByteOrder
  /// The section's name for errors.
  package let section: String
  /// The offset of `bytes[0]` within that section, for errors.
  package let origin: UInt64
  /// Bytes from the start of `bytes`.
  package private(set) var offset: Int

  @_lifetime(copy bytes)
  package init(
    _ bytes: Span<UInt8>, order: ByteOrder, section: String, at offset: Int = 0, origin: UInt64 = 0
  ) {
    self.bytes = bytes
    self.order = order
    self.section = section
    self.origin = origin
    self.offset = offset
  }

  package var remaining: Int { bytes.count &- offset }
  package var isAtEnd: Bool { offset >= bytes.count }

  package func error(_ message: String, kind: ScrubError.Kind = .failure) -> ScrubError {
    ScrubError(message, section: section, offset: origin &+ UInt64(offset), kind: kind)
  }

  @inline(__always)
  package func need(_ count: Int) throws(ScrubError) {
    if count > bytes.count &- offset || count < 0 { throw shortage(count) }
  }

  @inline(never)
  private func shortage(_ count: Int) -> ScrubError {
    error(count < 0 ? "length is out of range" : "needs \(count) bytes, \(max(remaining, 0)) left")
  }

  @_lifetime(self: copy self)
  package mutating func seek(to position: Int) throws(ScrubError) {
    guard position >= 0, position <= bytes.count else {
      throw error(
        "offset 0x\(String(position, radix: 16)) is outside, the size is 0x\(String(bytes.count, radix: 16))")
    }
    offset = position
  }

  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func skip(_ count: Int) throws(ScrubError) {
    try need(count)
    offset &+= count
  }

  /// Skips a length claimed by the file, which may be larger than any Int.
  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func skip(claimed count: UInt64) throws(ScrubError) {
    guard count <= UInt64(max(remaining, 0)) else {
      throw error("needs \(count) bytes, \(max(remaining, 0)) left")
    }
    offset &+= Int(count)
  }

  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func u8() throws(ScrubError) -> UInt8 {
    try need(1)
    defer { offset &+= 1 }
    return bytes[offset]
  }

  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func u16() throws(ScrubError) -> UInt16 { UInt16(truncatingIfNeeded: try unsigned(2)) }

  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func u32() throws(ScrubError) -> UInt32 { UInt32(truncatingIfNeeded: try unsigned(4)) }

  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func u64() throws(ScrubError) -> UInt64 { try unsigned(8) }

  /// An unsigned integer of `width` bytes (1 to 8) in the reader's byte order.
  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func unsigned(_ width: Int) throws(ScrubError) -> UInt64 {
    try need(width)
    defer { offset &+= width }
    return bytes.unsigned(at: offset, width: width, order: order)
  }

  /// DWARF 5 section 7.6. Values beyond 64 bits are an error; redundant zero bytes are accepted.
  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func uleb() throws(ScrubError) -> UInt64 {
    let first = try u8()
    if first < 0x80 { return UInt64(first) }
    return try ulebTail(UInt64(first & 0x7f))
  }

  @_lifetime(self: copy self)
  private mutating func ulebTail(_ start: UInt64) throws(ScrubError) -> UInt64 {
    var value = start
    var shift: UInt64 = 7
    while true {
      let byte = try u8()
      let bits = UInt64(byte & 0x7f)
      if shift >= 64 ? bits != 0 : (shift == 63 && bits > 1) { throw error("ULEB128 value exceeds 64 bits") }
      if shift < 64 { value |= bits &<< shift }
      if byte < 0x80 { return value }
      shift &+= 7
      if shift > 7 * 64 { throw error("ULEB128 value does not end") }
    }
  }

  /// Skips one LEB128 value, signed or unsigned (DWARF 5 section 7.6).
  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func skipLEB() throws(ScrubError) {
    while try u8() >= 0x80 {}
  }

  /// Reads a NUL-terminated string and returns its range, without the NUL, in `bytes`.
  @_lifetime(self: copy self)
  package mutating func cString() throws(ScrubError) -> Range<Int> {
    let start = offset
    guard start <= bytes.count, let end = bytes.firstIndex(of: 0, from: start) else {
      throw error("string has no terminating NUL")
    }
    offset = end &+ 1
    return start..<end
  }
}

extension Span where Element == UInt8 {
  /// An unsigned integer of `width` bytes (1 to 8). Traps outside the span: check first.
  @inlinable @inline(__always)
  package func unsigned(at offset: Int, width: Int, order: ByteOrder) -> UInt64 {
    var value: UInt64 = 0
    switch order {
    case .little:
      for index in 0..<width { value |= UInt64(self[offset &+ index]) &<< UInt64(8 &* index) }
    case .big:
      for index in 0..<width { value = (value &<< 8) | UInt64(self[offset &+ index]) }
    }
    return value
  }

  /// The first offset at or after `start` that holds `byte`.
  package func firstIndex(of byte: UInt8, from start: Int) -> Int? {
    guard start < count else { return nil }
    return unsafe withUnsafeBufferPointer { buffer in
      guard let hit = unsafe memchr(buffer.baseAddress! + start, Int32(byte), count - start) else {
        return nil
      }
      return unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(buffer.baseAddress!)
    }
  }

  /// The first offset at or after `start` at which `text` begins.
  package func firstIndex(of text: [UInt8], from start: Int = 0) -> Int? {
    guard start <= count else { return nil }
    return unsafe withUnsafeBufferPointer { buffer in
      unsafe text.withUnsafeBufferPointer { text in
        guard let base = buffer.baseAddress, let needle = text.baseAddress,
          let hit = unsafe memmem(base + start, count - start, needle, text.count)
        else { return nil }
        return unsafe UnsafeRawPointer(hit) - UnsafeRawPointer(base)
      }
    }
  }
}
