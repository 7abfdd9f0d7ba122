/// The first pass: finds the places where an anchor's pair may stand, at about the speed of memory.
///
/// All pairs of one kind are compared by one mask and one value. That lets a few more pairs through than
/// there are; a table of third bytes then thins them out, so that text full of hyphens stays cheap.
struct PairScan: Sendable {
  let anchors: [Anchor]
  private let dash: PairFilter
  private let slashed: PairFilter
  private let lead: PairFilter

  init(_ patterns: [Pattern]) {
    anchors = Anchor.covering(patterns)
    dash = PairFilter(anchors.filter { $0.kind == .dash })
    slashed = PairFilter(anchors.filter { $0.kind == .slash })
    lead = PairFilter(anchors.filter { $0.kind == .lead })
  }

  /// The first offset from `start` on where a pair may stand, nil if there is none.
  func next(in bytes: Span<UInt8>, from start: Int) -> Int? {
    var offset = start
    while true {
      offset = firstBlock(in: bytes, from: offset)
      // A block with a hit, or what is left behind the last whole block.
      let end = min(offset + blockSize, bytes.count - 1)
      while offset < end {
        guard offset + vectorSize < bytes.count else {
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
      if offset >= bytes.count - 1 { return nil }
    }
  }

  /// The beginning of the component that the pair at `offset` belongs to, if it is this anchor's pair.
  func componentStart(of anchor: Anchor, in bytes: Span<UInt8>, pairAt offset: Int) -> Int? {
    let pair = (bytes[offset], bytes[offset + 1])
    let isHere =
      switch anchor.kind {
      case .dash: pair == (anchor.letter, hyphen)
      case .slash: pair == (anchor.letter, slash)
      case .lead: pair == (slash, anchor.letter)
      }
    return isHere && offset >= anchor.offset ? offset - anchor.offset : nil
  }

  private func isCandidate(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    let (first, second) = (bytes[offset], bytes[offset + 1])
    if second == hyphen { return offset > 0 && dash.admits(first, neighbour: bytes[offset - 1]) }
    if second == slash, offset > 0, slashed.admits(first, neighbour: bytes[offset - 1]) { return true }
    return first == slash && offset + 2 < bytes.count && lead.admits(second, neighbour: bytes[offset + 2])
  }

  /// From `start` on in steps of a block, the first block with a hit; where no whole block is left, its
  /// beginning. Eight vectors are joined before the test, which costs as much as two of them.
  private func firstBlock(in bytes: Span<UInt8>, from start: Int) -> Int {
    var offset = start
    while offset + blockSize < bytes.count {
      var joined = hits(in: bytes, at: offset)
      for vector in 1..<(blockSize / vectorSize) {
        joined = joined .| hits(in: bytes, at: offset + vector * vectorSize)
      }
      let both = words(of: joined)
      if both[0] | both[1] != 0 { return offset }
      offset += blockSize
    }
    return offset
  }

  /// Which of the sixteen pairs that begin at `offset` may be an anchor's.
  @inline(__always)
  private func hits(in bytes: Span<UInt8>, at offset: Int) -> SIMDMask<SIMD16<Int8>> {
    let first = load(bytes, at: offset)
    let second = load(bytes, at: offset + 1)
    // Vector against vector throughout: the operators that take a single byte compile to sixteen compares.
    let dashes = ((first & dash.masks) .== dash.values) .& (second .== allHyphens)
    let slashes = ((first & slashed.masks) .== slashed.values) .& (second .== allSlashes)
    let leads = (first .== allSlashes) .& ((second & lead.masks) .== lead.values)
    return dashes .| slashes .| leads
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

/// One mask and one value that all letters of a kind of anchors satisfy, and their neighbours.
private struct PairFilter: Sendable {
  var mask: UInt8
  var value: UInt8
  /// The neighbours that are looked for, by the low five bits of the letter.
  private var neighbours = [ByteSet](repeating: ByteSet(""), count: 32)

  init(_ anchors: [Anchor]) {
    guard !anchors.isEmpty else {
      // No byte masked with zero is one.
      (mask, value) = (0, 1)
      return
    }
    let ones = anchors.reduce(0xFF) { $0 & $1.letter }
    let any = anchors.reduce(0x00) { $0 | $1.letter }
    mask = ~(ones ^ any)
    value = ones & mask
    for anchor in anchors { neighbours[Int(anchor.letter & 31)].insert(anchor.neighbour) }
  }

  var masks: SIMD16<UInt8> { SIMD16(repeating: mask) }
  var values: SIMD16<UInt8> { SIMD16(repeating: value) }

  func admits(_ letter: UInt8, neighbour: UInt8) -> Bool {
    neighbours[Int(letter & 31)].contains(neighbour)
  }
}

private let hyphen = UInt8(ascii: "-")
private var allHyphens: SIMD16<UInt8> { SIMD16(repeating: hyphen) }
private var allSlashes: SIMD16<UInt8> { SIMD16(repeating: slash) }
private let vectorSize = 16
private let blockSize = 128
