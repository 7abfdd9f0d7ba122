internal import CVectors

/// The first pass: finds the places where an anchor's pair may be, at about the speed of memory.
///
/// Every pair contains a `-` or a `/`, the mark, which one compare finds for all of them; the letters before marks are
/// compared using one mask and one value, those after marks using another. That lets false pairs through but is
/// worthwhile: every compare saved is an eighth of the time. A table of third bytes then filters them, so that text
/// full of hyphens stays cheap. The separators of Windows paths are found in the same pass.
struct PairScan: Sendable {
  let anchors: [Anchor]
  /// Letters before a mark.
  private let end: PairFilter
  private let mark = PairFilter(letters: [hyphen, slash])
  /// Letters after a mark.
  private let lead: PairFilter
  /// What the wider vectors of some processors look for; nil if there are none.
  private let wide: wheelscrub_pairs?
  private let neighbours: [UInt64]

  /// - Parameter isWide: whether to use the wider vectors that the processor may have.
  init(_ patterns: [Pattern], isWide: Bool = wheelscrub_has_wide_vectors()) {
    anchors = Anchor.covering(patterns)
    end = PairFilter(anchors.filter { $0.kind != .lead })
    lead = PairFilter(anchors.filter { $0.kind == .lead })
    wide =
      isWide
      ? wheelscrub_pairs(
        mark_mask: mark.mask, mark_value: mark.value, end_mask: end.mask, end_value: end.value,
        lead_mask: lead.mask, lead_value: lead.value) : nil
    neighbours = isWide ? end.words + lead.words : []
  }

  /// The first offset from `start` on at which the mark of a pair, or that of a Windows path, may be; nil if there is
  /// none.
  func next(in bytes: Span<UInt8>, from start: Int) -> Int? {
    // The vectors use the byte before a mark; the first byte has none.
    if start == 0, !bytes.isEmpty, isCandidate(in: bytes, at: 0) { return 0 }
    var offset = max(start, 1)
    while let wide, offset + Vectors.blockSize < bytes.count {
      offset = unsafe bytes.withUnsafeBytes { memory in
        unsafe neighbours.withUnsafeBufferPointer {
          unsafe Int(
            wheelscrub_first_pair(memory.baseAddress, memory.count, offset, wide, $0.baseAddress))
        }
      }
      // Less than a block may be left, or there may be a `\`.
      if isCandidate(in: bytes, at: offset) { return offset }
      offset += 1
    }
    return Vectors.first(in: bytes, from: offset) {
      hits(in: bytes, at: $0)
    } isCandidate: {
      isCandidate(in: bytes, at: $0)
    }
  }

  /// The beginning of the component that contains the pair with its mark at `offset`, if it is this anchor's pair.
  func componentStart(of anchor: Anchor, in bytes: Span<UInt8>, markAt offset: Int) -> Int? {
    // The position of the letter.
    let letter = anchor.kind == .lead ? offset + 1 : offset - 1
    guard bytes[offset] == (anchor.kind == .dash ? hyphen : slash), letter >= 0, letter < bytes.count,
      bytes[letter] == anchor.letter
    else { return nil }
    let start = min(letter, offset) - anchor.offset
    return start >= 0 ? start : nil
  }

  private func isCandidate(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    let found = bytes[offset]
    if found == backslash { return WindowsPath.isMark(in: bytes, at: offset) }
    guard found == hyphen || found == slash else { return false }
    if offset >= 2, end.admits(bytes[offset - 1], neighbour: bytes[offset - 2]) { return true }
    return found == slash && offset + 2 < bytes.count
      && lead.admits(bytes[offset + 1], neighbour: bytes[offset + 2])
  }

  /// Which of the sixteen bytes from `offset` on, which is not 0, may be an anchor's mark.
  @inline(__always)
  private func hits(in bytes: Span<UInt8>, at offset: Int) -> SIMDMask<SIMD16<Int8>> {
    let before = Vectors.load(bytes, at: offset &- 1)
    let marks = Vectors.load(bytes, at: offset)
    let behind = Vectors.load(bytes, at: offset &+ 1)
    // Vectors on both sides throughout: operators with a scalar compile to sixteen compares.
    let letters = ((before & end.masks) .== end.values) .| ((behind & lead.masks) .== lead.values)
    let windows = (marks .== Self.separator) .& WindowsPath.mayEndBefore(before)
    return (((marks & mark.masks) .== mark.values) .& letters) .| windows
  }

  private static var separator: SIMD16<UInt8> { SIMD16(repeating: 0x5C) }
}

/// One mask and one value that all letters of some anchors satisfy, and their neighbours.
private struct PairFilter: Sendable {
  var mask: UInt8
  var value: UInt8
  /// The neighbours to look for, by the low five bits of the letter.
  private var neighbours = [ByteSet](repeating: ByteSet(""), count: 32)

  init(letters: [UInt8]) {
    let ones = letters.reduce(0xFF) { $0 & $1 }
    let any = letters.reduce(0x00) { $0 | $1 }
    // If there are no letters, a value that no byte masked with zero has.
    mask = letters.isEmpty ? 0 : ~(ones ^ any)
    value = letters.isEmpty ? 1 : ones & mask
  }

  init(_ anchors: [Anchor]) {
    self.init(letters: anchors.map { $0.letter })
    for anchor in anchors { neighbours[Int(anchor.letter & 31)].insert(anchor.neighbour) }
  }

  /// The neighbours in the form that the wide-vector search requires: two words per letter.
  var words: [UInt64] { neighbours.flatMap { [$0.low, $0.high] } }

  var masks: SIMD16<UInt8> { SIMD16(repeating: mask) }
  var values: SIMD16<UInt8> { SIMD16(repeating: value) }

  func admits(_ letter: UInt8, neighbour: UInt8) -> Bool {
    neighbours[Int(letter & 31)].contains(neighbour)
  }
}

private let hyphen = UInt8(ascii: "-")
