internal import BuildRoots
import Formats

/// All pieces of one length, for a search that looks only at every third or fifth position.
///
/// A piece of n bytes holds n - 3 runs of four, so one of them begins at a position that is examined. Most runs of four
/// in a file are in no piece: a bit table tells, small enough for the L1 cache. Runs that pass are looked up fully.
struct ResidueIndex: Sendable {
  private struct Piece: Sendable {
    var part: Int
    /// Its offset in the component.
    var offset: Int
  }

  private let length: Int
  private var pieces: [UInt64: Piece] = [:]
  /// Components that count only as a whole, by their last bytes.
  private var wholes: [UInt64: [Int]] = [:]
  private var filter: [UInt64] = []
  /// How far to shift a hash to get an index into the filter.
  private var shift: UInt32 = 0

  /// At most this many components with equal endings are examined: each costs a comparison.
  private static let wholesOfOneEnd = 16

  /// - Parameters:
  ///   - chosen: indices of the parts to search for.
  ///   - length: of pieces, in bytes; 5 to 8.
  init(_ parts: [RandomPart], _ chosen: [Int], length: Int) {
    self.length = length
    var runs: Set<UInt32> = []
    for part in chosen {
      let component = parts[part].component
      for offset in parts[part].pieces(length) {
        let piece = component[offset..<offset + length]
        let key = Self.key(piece)
        if pieces[key] == nil { pieces[key] = Piece(part: part, offset: offset) }
        Self.addRuns(of: Array(piece), to: &runs)
      }
      guard parts[part].isNumber, component.count >= ResidueFragments.length,
        component.contains(where: { !(0x30...0x39).contains($0) })
      else { continue }
      let end = component.suffix(length)
      if wholes[Self.key(end), default: []].count < Self.wholesOfOneEnd {
        wholes[Self.key(end), default: []].append(part)
        Self.addRuns(of: Array(end), to: &runs)
      }
    }
    guard !runs.isEmpty else { return }
    // At most one bit in 64 set, as far as the cache permits.
    var bits: UInt32 = 16
    while bits < 20, (1 << Int(bits)) < 64 * runs.count { bits += 1 }
    shift = 32 - bits
    filter = [UInt64](repeating: 0, count: 1 << Int(bits - 6))
    for run in runs {
      let place = Int((run &* Self.multiplier) >> shift)
      filter[place >> 6] |= 1 << UInt64(place & 63)
    }
  }

  var isEmpty: Bool { filter.isEmpty }

  /// 2^32 divided by the golden ratio: neighbouring runs of letters fall far apart (Knuth, volume 3, section 6.4).
  private static let multiplier: UInt32 = 0x9E37_79B1

  private static func key(_ piece: some Sequence<UInt8>) -> UInt64 {
    piece.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The runs of four, as they are in memory: of the piece itself, and of its UTF-16 in either byte order, which are
  /// the same but for one byte.
  private static func addRuns(of piece: [UInt8], to runs: inout Set<UInt32>) {
    func run(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8) -> UInt32 {
      UInt32(a) | UInt32(b) << 8 | UInt32(c) << 16 | UInt32(d) << 24
    }
    for index in 0..<piece.count - 3 {
      runs.insert(run(piece[index], piece[index + 1], piece[index + 2], piece[index + 3]))
    }
    for index in 0..<piece.count - 1 {
      runs.insert(run(piece[index], 0, piece[index + 1], 0))
      runs.insert(run(0, piece[index], 0, piece[index + 1]))
    }
  }

  /// All pieces, ascending and disjoint.
  func matches(in bytes: Span<UInt8>, _ parts: [RandomPart]) -> [ResidueFragments.Match] {
    var matches: [ResidueFragments.Match] = []
    if isEmpty { return matches }
    let (filter, shift, step) = (filter.span, shift, length - 3)
    var floor = 0
    var offset = 0
    let end = bytes.count - 3
    while offset < end {
      // Both reads are in bounds: four bytes are left, and the hash has as many bits as the filter.
      let run = unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self)
      let place = Int(truncatingIfNeeded: (run.littleEndian &* Self.multiplier) &>> shift)
      if unsafe filter[unchecked: place &>> 6] &>> UInt64(place & 63) & 1 != 0,
        let match = match(in: bytes, at: offset, floor: floor, parts)
      {
        matches.append(match)
        floor = match.range.upperBound
        offset = max(floor, offset &+ step)
        continue
      }
      offset &+= step
    }
    return matches
  }

  /// The piece that the run of four at `offset` belongs to.
  private func match(
    in bytes: Span<UInt8>, at offset: Int, floor: Int, _ parts: [RandomPart]
  ) -> ResidueFragments.Match? {
    for back in (0...length - 4).reversed() {
      if let match = match(in: bytes, from: offset - back, every: 1, floor: floor, parts) { return match }
    }
    // Where the first letter of the run is, if it is UTF-16.
    let letter = bytes[offset] == 0 ? offset + 1 : offset
    guard bytes[offset] == 0 ? bytes[offset + 2] == 0 : bytes[offset + 1] == 0 && bytes[offset + 3] == 0
    else { return nil }
    for back in (0..<length).reversed() {
      if let match = match(in: bytes, from: letter - 2 * back, every: 2, floor: floor, parts) { return match }
    }
    return nil
  }

  /// - Parameter width: bytes per letter, of which the first is not zero.
  private func match(
    in bytes: Span<UInt8>, from start: Int, every width: Int, floor: Int, _ parts: [RandomPart]
  ) -> ResidueFragments.Match? {
    guard start >= floor, start + (length - 1) * width < bytes.count else { return nil }
    var key: UInt64 = 0
    for index in 0..<length {
      let place = start + index * width
      if width == 2, index > 0, bytes[place - 1] != 0 { return nil }
      key = key << 8 | UInt64(bytes[place])
    }
    if let piece = pieces[key] {
      let range = extended(piece, in: bytes, from: start, every: width, floor: floor, parts[piece.part])
      return ResidueFragments.Match(part: piece.part, range: range, isWide: width == 2)
    }
    guard width == 1, let ends = wholes[key] else { return nil }
    for part in ends {
      let first = start + length - parts[part].component.count
      if first >= floor, isWhole(parts[part].component, in: bytes, at: first) {
        return ResidueFragments.Match(part: part, range: first..<start + length)
      }
    }
    return nil
  }

  /// Extends a piece as far as the surrounding bytes equal those around it in the component.
  private func extended(
    _ piece: Piece, in bytes: Span<UInt8>, from start: Int, every width: Int, floor: Int, _ part: RandomPart
  ) -> Range<Int> {
    var (first, start) = (piece.offset, start)
    while first > 0, start - width >= floor, bytes[start - width] == part.component[first - 1],
      width == 1 || bytes[start - 1] == 0
    {
      first -= 1
      start -= width
    }
    // The last letter known to be equal.
    var last = piece.offset + length - 1
    var end = start + (last - first) * width
    while last + 1 < part.component.count, end + width < bytes.count,
      bytes[end + width] == part.component[last + 1], width == 1 || bytes[end + 1] == 0
    {
      last += 1
      end += width
    }
    return start..<end + 1
  }

  /// Whether the whole component is there, and not as part of a longer name.
  private func isWhole(_ component: [UInt8], in bytes: Span<UInt8>, at start: Int) -> Bool {
    let end = start + component.count
    for index in component.indices where bytes[start + index] != component[index] { return false }
    return (start == 0 || !Self.isName(bytes[start - 1])) && (end == bytes.count || !Self.isName(bytes[end]))
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
