/// Code shared by the scans, which process sixteen bytes at a time.
///
/// Values that bytes are compared with are computed properties of type `SIMD16<UInt8>` that repeat a literal, so they
/// become constants in the code. Repeating anything else compiles to a loop over sixteen bytes, and a stored one is
/// checked for initialization each time.
enum Vectors {
  static let size = 16
  static let blockSize = 128

  /// The first block with a hit, from `start` on, which is not 0, in steps of a block; if no whole block is left, the
  /// start of the rest. Eight vectors are combined before the test, which costs as much as two of them.
  /// - Parameter hits: tests the sixteen bytes at an offset; it may also read the bytes before and after them.
  @inline(__always)
  private static func firstBlock(
    in bytes: Span<UInt8>, from start: Int, _ hits: (Int) -> SIMDMask<SIMD16<Int8>>
  ) -> Int {
    var offset = start
    while offset + blockSize < bytes.count {
      // Written out: a loop over the eight is not unrolled, and then fewer loads are in flight at a time.
      let joined0 = hits(offset) .| hits(offset &+ 16)
      let joined1 = hits(offset &+ 32) .| hits(offset &+ 48)
      let joined2 = hits(offset &+ 64) .| hits(offset &+ 80)
      let joined3 = hits(offset &+ 96) .| hits(offset &+ 112)
      let both = words(of: (joined0 .| joined1) .| (joined2 .| joined3))
      if both[0] | both[1] != 0 { return offset }
      offset &+= blockSize
    }
    return offset
  }

  /// The first candidate from `start` on, which is not 0; nil if there is none.
  /// - Parameters:
  ///   - hits: as for `firstBlock`; includes every candidate, and possibly others.
  ///   - isCandidate: called for each hit, and for each offset near the end, where no vector fits.
  @inline(__always)
  static func first(
    in bytes: Span<UInt8>, from start: Int, _ hits: (Int) -> SIMDMask<SIMD16<Int8>>,
    isCandidate: (Int) -> Bool
  ) -> Int? {
    var offset = start
    while offset < bytes.count {
      offset = firstBlock(in: bytes, from: offset, hits)
      // A block with a hit, or the rest after the last whole block.
      let end = min(offset + blockSize, bytes.count)
      while offset < end {
        guard offset + size < bytes.count else {
          if isCandidate(offset) { return offset }
          offset += 1
          continue
        }
        var lanes = Hits(hits(offset))
        while let lane = lanes.next() {
          if isCandidate(offset + lane) { return offset + lane }
        }
        offset += size
      }
    }
    return nil
  }

  @inline(__always)
  static func load(_ bytes: Span<UInt8>, at offset: Int) -> SIMD16<UInt8> {
    // Every caller has checked that offset + 16 < bytes.count, so a load one byte further is in bounds too.
    unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
  }

  /// The set lanes of a mask, ascending.
  struct Hits {
    // A byte of ones for each hit.
    private var low: UInt64
    private var high: UInt64

    @inline(__always)
    init(_ mask: SIMDMask<SIMD16<Int8>>) {
      let both = words(of: mask)
      low = UInt64(littleEndian: both[0])
      high = UInt64(littleEndian: both[1])
    }

    @inline(__always)
    mutating func next() -> Int? {
      if low != 0 { return Self.pop(&low) }
      return high != 0 ? 8 + Self.pop(&high) : nil
    }

    @inline(__always)
    private static func pop(_ word: inout UInt64) -> Int {
      let lane = word.trailingZeroBitCount &>> 3
      word &= ~(0xFF &<< UInt64(8 &* lane))
      return lane
    }
  }

  @inline(__always)
  private static func words(of mask: SIMDMask<SIMD16<Int8>>) -> SIMD2<UInt64> {
    // A mask is sixteen bytes of zeros or ones; testing it lane by lane costs a third of the speed.
    unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
  }
}
