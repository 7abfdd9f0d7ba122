/// The first pass: finds the places where an anchor's pair may stand, at about the speed of memory.
///
/// Every pair holds a `-` or a `/`, the mark, which one compare finds for all of them; the letters before
/// marks are compared by one mask and one value, those behind by another. That lets more pairs through than
/// there are, and yet pays: every compare saved is an eighth of the time. A table of third bytes then thins
/// them out, so that text full of hyphens stays cheap.
struct PairScan: Sendable {
  let anchors: [Anchor]
  /// Letters before a mark.
  private let end: PairFilter
  private let mark = PairFilter(letters: [hyphen, slash])
  /// Letters behind a mark.
  private let lead: PairFilter

  init(_ patterns: [Pattern]) {
    anchors = Anchor.covering(patterns)
    end = PairFilter(anchors.filter { $0.kind != .lead })
    lead = PairFilter(anchors.filter { $0.kind == .lead })
  }

  /// The first offset from `start` on where the mark of a pair may stand, nil if there is none.
  func next(in bytes: Span<UInt8>, from start: Int) -> Int? {
    var offset = start
    while true {
      // The vectors look at the byte before a mark, which the first byte has not.
      if offset > 0 { offset = firstBlock(in: bytes, from: offset) }
      // A block with a hit, or what is left behind the last whole block.
      let end = min(offset == 0 ? 1 : offset + blockSize, bytes.count)
      while offset < end {
        guard offset > 0, offset + vectorSize < bytes.count else {
          if isCandidate(in: bytes, at: offset) { return offset }
          offset += 1
          continue
        }
        let lanes = words(of: hits(in: bytes, at: offset))
        for word in 0..<2 {
          // A byte of ones for each hit.
          var rest = UInt64(littleEndian: lanes[word])
          while rest != 0 {
            let lane = rest.trailingZeroBitCount &>> 3
            let hit = offset + 8 * word + lane
            if isCandidate(in: bytes, at: hit) { return hit }
            rest &= ~(0xFF &<< UInt64(8 * lane))
          }
        }
        offset += vectorSize
      }
      if offset >= bytes.count { return nil }
    }
  }

  /// The beginning of the component that the pair with its mark at `offset` belongs to, if it is this
  /// anchor's pair.
  func componentStart(of anchor: Anchor, in bytes: Span<UInt8>, markAt offset: Int) -> Int? {
    // Where the letter stands.
    let letter = anchor.kind == .lead ? offset + 1 : offset - 1
    guard bytes[offset] == (anchor.kind == .dash ? hyphen : slash), letter >= 0, letter < bytes.count,
      bytes[letter] == anchor.letter
    else { return nil }
    let start = min(letter, offset) - anchor.offset
    return start >= 0 ? start : nil
  }

  private func isCandidate(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    let found = bytes[offset]
    guard found == hyphen || found == slash else { return false }
    if offset >= 2, end.admits(bytes[offset - 1], neighbour: bytes[offset - 2]) { return true }
    return found == slash && offset + 2 < bytes.count
      && lead.admits(bytes[offset + 1], neighbour: bytes[offset + 2])
  }

  /// From `start` on in steps of a block, the first block with a hit; where no whole block is left, its
  /// beginning. Eight vectors are joined before the test, which costs as much as two of them.
  private func firstBlock(in bytes: Span<UInt8>, from start: Int) -> Int {
    var offset = start
    while offset + blockSize < bytes.count {
      // Written out: a loop over the eight is not unrolled, and then fewer loads are under way at a time.
      let joined0 = hits(in: bytes, at: offset) .| hits(in: bytes, at: offset &+ 16)
      let joined1 = hits(in: bytes, at: offset &+ 32) .| hits(in: bytes, at: offset &+ 48)
      let joined2 = hits(in: bytes, at: offset &+ 64) .| hits(in: bytes, at: offset &+ 80)
      let joined3 = hits(in: bytes, at: offset &+ 96) .| hits(in: bytes, at: offset &+ 112)
      let joined = (joined0 .| joined1) .| (joined2 .| joined3)
      let both = words(of: joined)
      if both[0] | both[1] != 0 { return offset }
      offset &+= blockSize
    }
    return offset
  }

  /// Which of the sixteen bytes that begin at `offset`, which is not 0, may be an anchor's mark.
  @inline(__always)
  private func hits(in bytes: Span<UInt8>, at offset: Int) -> SIMDMask<SIMD16<Int8>> {
    let before = load(bytes, at: offset &- 1)
    let marks = load(bytes, at: offset)
    let behind = load(bytes, at: offset &+ 1)
    // Vector against vector throughout: the operators that take a single byte compile to sixteen compares.
    let letters = ((before & end.masks) .== end.values) .| ((behind & lead.masks) .== lead.values)
    return ((marks & mark.masks) .== mark.values) .& letters
  }

  @inline(__always)
  private func load(_ bytes: Span<UInt8>, at offset: Int) -> SIMD16<UInt8> {
    // Every caller has checked that offset + 16 < bytes.count, and this load one byte further still fits.
    unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
  }

  @inline(__always)
  private func words(of mask: SIMDMask<SIMD16<Int8>>) -> SIMD2<UInt64> {
    // A mask is sixteen bytes of zeros or ones; asking it lane by lane costs a third of the speed.
    unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
  }
}

/// One mask and one value that all letters of some anchors satisfy, and their neighbours.
private struct PairFilter: Sendable {
  var mask: UInt8
  var value: UInt8
  /// The neighbours that are looked for, by the low five bits of the letter.
  private var neighbours = [ByteSet](repeating: ByteSet(""), count: 32)

  init(letters: [UInt8]) {
    let ones = letters.reduce(0xFF) { $0 & $1 }
    let any = letters.reduce(0x00) { $0 | $1 }
    // Without letters, a value that no byte masked with zero has.
    mask = letters.isEmpty ? 0 : ~(ones ^ any)
    value = letters.isEmpty ? 1 : ones & mask
  }

  init(_ anchors: [Anchor]) {
    self.init(letters: anchors.map { $0.letter })
    for anchor in anchors { neighbours[Int(anchor.letter & 31)].insert(anchor.neighbour) }
  }

  var masks: SIMD16<UInt8> { SIMD16(repeating: mask) }
  var values: SIMD16<UInt8> { SIMD16(repeating: value) }

  func admits(_ letter: UInt8, neighbour: UInt8) -> Bool {
    neighbours[Int(letter & 31)].contains(neighbour)
  }
}

private let hyphen = UInt8(ascii: "-")
private let vectorSize = 16
private let blockSize = 128
