internal import CVectors

/// Where a payload may begin, judging by its format's first bytes.
package struct PayloadCandidate {
  package enum Format {
    case zlib, gzip, zstd, xz, bzip2, lz4, zipMember, zipDirectory
  }
  package var format: Format
  /// The position at which it would begin.
  package var start: Int
  /// Where the search continues if it does not.
  package var next: Int
}

/// Finds the first bytes of every format in one pass, at about the speed of memory.
///
/// Two adjacent bytes are compared for all formats together, using masks that let some false matches through: for each
/// format, the pair was chosen that shares a mask with another format's. What a vector lets through is then compared
/// fully.
package struct MagicScan {
  // Computed properties, because the compiler then puts them into the code; a stored one is checked for initialization
  // each time.

  // `x` and `z`: zlib (0x78) and the middle of xz's magic, `zX`.
  private static var deflateMask: SIMD16<UInt8> { SIMD16(repeating: 0xfd) }
  private static var deflate: SIMD16<UInt8> { SIMD16(repeating: 0x78) }
  // They are followed by 0x5e, 0x9c, 0xda (zlib), 0x58 (xz), 0x18 (the end of LZ4's magic), 0x5a (`BZ`).
  private static var secondMask: SIMD16<UInt8> { SIMD16(repeating: 0x39) }
  private static var second: SIMD16<UInt8> { SIMD16(repeating: 0x18) }
  private static var fastest: SIMD16<UInt8> { SIMD16(repeating: 0x01) }
  private static var lz4: SIMD16<UInt8> { SIMD16(repeating: 0x4d) }
  private static var bzip2: SIMD16<UInt8> { SIMD16(repeating: 0x42) }
  // `PK`, and gzip's 1f 8b.
  private static var pairMask: SIMD16<UInt8> { SIMD16(repeating: 0x3f) }
  private static var pair: SIMD16<UInt8> { SIMD16(repeating: 0x0b) }
  private static var zip: SIMD16<UInt8> { SIMD16(repeating: 0x50) }
  private static var gzip: SIMD16<UInt8> { SIMD16(repeating: 0x1f) }
  private static var zstd: SIMD16<UInt8> { SIMD16(repeating: 0x28) }
  private static var zstdSecond: SIMD16<UInt8> { SIMD16(repeating: 0xb5) }

  /// The next candidate whose two bytes are at or after `start`.
  /// - Parameter isWide: whether to use the wider vectors that the processor may have.
  package static func next(
    in bytes: Span<UInt8>, from start: Int, isWide: Bool = wheelscrub_has_wide_vectors()
  ) -> PayloadCandidate? {
    var offset = start
    while true {
      offset =
        isWide
        ? unsafe bytes.withUnsafeBytes {
          unsafe Int(wheelscrub_first_magic_block($0.baseAddress, $0.count, offset))
        }
        : firstBlock(in: bytes, from: offset)
      // A block with a match, or the rest after the last whole block.
      let end = min(offset + blockSize, bytes.count - 1)
      while offset < end {
        guard offset + vectorSize < bytes.count else {
          if let found = candidate(in: bytes, at: offset) { return found }
          offset += 1
          continue
        }
        let lanes = words(of: hits(in: bytes, at: offset))
        for word in 0..<2 {
          var rest = UInt64(littleEndian: lanes[word])
          while rest != 0 {
            let lane = rest.trailingZeroBitCount &>> 3
            if let found = candidate(in: bytes, at: offset + 8 * word + lane) { return found }
            rest &= ~(0xFF &<< UInt64(8 * lane))
          }
        }
        offset += vectorSize
      }
      if offset >= bytes.count - 1 { return nil }
    }
  }

  /// Compares as much as the format's header determines.
  private static func candidate(in bytes: Span<UInt8>, at offset: Int) -> PayloadCandidate? {
    func found(_ format: PayloadCandidate.Format, at start: Int) -> PayloadCandidate {
      PayloadCandidate(format: format, start: start, next: offset + 1)
    }
    switch (bytes[offset], bytes[offset + 1]) {
    // RFC 1950 section 2.2: deflate with a window of 32 KiB, no dictionary, a multiple of 31.
    case (0x78, 0x01), (0x78, 0x5e), (0x78, 0x9c), (0x78, 0xda):
      return DeflateHeader.mayBegin(in: bytes, at: offset + 2) ? found(.zlib, at: offset) : nil
    // RFC 1952 section 2.3.1: deflate, and no reserved flag.
    case (0x1f, 0x8b):
      return bytes.holds([8], at: offset + 2) && offset + 3 < bytes.count && bytes[offset + 3] < 0x20
        ? found(.gzip, at: offset) : nil
    // RFC 8878 section 3.1.1.
    case (0x28, 0xb5): return bytes.holds([0x2f, 0xfd], at: offset + 2) ? found(.zstd, at: offset) : nil
    // The .xz file format 1.1.0, section 2.1.1.1.
    case (0x7a, 0x58):
      return bytes.holds([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], at: offset - 2) ? found(.xz, at: offset - 2) : nil
    // `BZh`, the size of a block, the first digits of pi.
    case (0x42, 0x5a):
      let isDigit = offset + 3 < bytes.count && (0x31...0x39).contains(bytes[offset + 3])
      return isDigit && bytes.holds([0x68], at: offset + 2)
        && bytes.holds([0x31, 0x41, 0x59, 0x26, 0x53, 0x59], at: offset + 4) ? found(.bzip2, at: offset) : nil
    // The LZ4 frame format 1.6.3.
    case (0x4d, 0x18):
      return bytes.holds([0x04, 0x22], at: offset - 2) ? found(.lz4, at: offset - 2) : nil
    // APPNOTE.TXT sections 4.3.7 and 4.3.12.
    case (0x50, 0x4b):
      if bytes.holds([3, 4], at: offset + 2) { return found(.zipMember, at: offset) }
      return bytes.holds([1, 2], at: offset + 2) ? found(.zipDirectory, at: offset) : nil
    default: return nil
    }
  }

  /// The first block with a match, from `start` on in steps of a block; if no whole block is left, the start of the
  /// rest. Eight vectors are combined before the test.
  private static func firstBlock(in bytes: Span<UInt8>, from start: Int) -> Int {
    var offset = start
    while offset + blockSize < bytes.count {
      let joined0 = hits(in: bytes, at: offset) .| hits(in: bytes, at: offset &+ 16)
      let joined1 = hits(in: bytes, at: offset &+ 32) .| hits(in: bytes, at: offset &+ 48)
      let joined2 = hits(in: bytes, at: offset &+ 64) .| hits(in: bytes, at: offset &+ 80)
      let joined3 = hits(in: bytes, at: offset &+ 96) .| hits(in: bytes, at: offset &+ 112)
      let both = words(of: (joined0 .| joined1) .| (joined2 .| joined3))
      if both[0] | both[1] != 0 { return offset }
      offset &+= blockSize
    }
    return offset
  }

  /// Which of the sixteen bytes from `offset` on may be the first of a pair.
  @inline(__always)
  private static func hits(in bytes: Span<UInt8>, at offset: Int) -> SIMDMask<SIMD16<Int8>> {
    let first = load(bytes, at: offset)
    let behind = load(bytes, at: offset &+ 1)
    let isDeflate = (first & deflateMask) .== deflate
    let isSecond = (behind & secondMask) .== second
    let packed = isSecond .& ((isDeflate .| (first .== lz4)) .| (first .== bzip2))
    let archived = ((behind & pairMask) .== pair) .& ((first .== zip) .| (first .== gzip))
    let others = ((first .== zstd) .& (behind .== zstdSecond)) .| (isDeflate .& (behind .== fastest))
    return (packed .| archived) .| others
  }

  @inline(__always)
  private static func load(_ bytes: Span<UInt8>, at offset: Int) -> SIMD16<UInt8> {
    // Every caller has checked that offset + 16 < bytes.count, so the load one byte further is in bounds too.
    unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
  }

  @inline(__always)
  private static func words(of mask: SIMDMask<SIMD16<Int8>>) -> SIMD2<UInt64> {
    // A mask is sixteen bytes of zeros or ones; testing it lane by lane costs a third of the speed.
    unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
  }

  private static let vectorSize = 16
  private static let blockSize = 128
}

extension Span<UInt8> {
  /// Whether `text` is at `offset`, which may be out of bounds.
  package func holds(_ text: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, offset <= count - text.count else { return false }
    for index in text.indices where self[offset + index] != text[index] { return false }
    return true
  }
}
