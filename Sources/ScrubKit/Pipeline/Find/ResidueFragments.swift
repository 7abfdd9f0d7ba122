internal import BuildRoots
import Formats

/// The pieces of random parts that are too long to occur by chance, and the search for them.
struct ResidueFragments: Sendable {
  /// The minimum length, in bytes, of a piece that is significant anywhere.
  static let length = 8
  /// The minimum in loaded bytes, where compilers split strings and less text could match by chance.
  static let loadedLength = 6

  /// An occurrence of a piece, extended as far as possible.
  struct Match: Hashable, Sendable {
    /// Index into the parts.
    var part: Int
    /// The range in the searched bytes; if it is wide, every other byte is zero.
    var range: Range<Int>
    /// Whether it is UTF-16.
    var isWide = false
  }

  /// Sorted, so that nothing depends on who found what first.
  let parts: [RandomPart]
  /// Whether there were more than `Limits.randomParts`.
  let isCut: Bool
  private let everywhere: ResidueIndex
  private let loaded: ResidueIndex
  /// For parts that have no short pieces.
  private let loadedLong: ResidueIndex

  /// - Parameter isCut: whether there were more parts, which are not searched for.
  init(_ parts: Set<RandomPart>, isCut: Bool = false) {
    let sorted = parts.sorted {
      ($0.component.count, $0.random.lowerBound) != ($1.component.count, $1.random.lowerBound)
        ? ($0.component.count, $0.random.lowerBound) < ($1.component.count, $1.random.lowerBound)
        : $0.component.lexicographicallyPrecedes($1.component)
    }
    self.parts = Array(sorted.prefix(Limits.randomParts))
    self.isCut = isCut || sorted.count > Limits.randomParts
    let isShort = self.parts.map { $0.isToken(Self.loadedLength) }
    everywhere = ResidueIndex(self.parts, self.parts.indices.map { $0 }, length: Self.length)
    loaded = ResidueIndex(
      self.parts, self.parts.indices.filter { isShort[$0] }, length: Self.loadedLength)
    loadedLong = ResidueIndex(
      self.parts, self.parts.indices.filter { !isShort[$0] }, length: Self.length)
  }

  /// Whether there is nothing to search for: no part is both long and random enough.
  var isEmpty: Bool { everywhere.isEmpty }

  /// All pieces, ascending and disjoint.
  /// - Parameter isLoaded: whether short pieces count.
  func matches(in bytes: Span<UInt8>, isLoaded: Bool) -> [Match] {
    guard isLoaded else { return everywhere.matches(in: bytes, parts) }
    let short = loaded.matches(in: bytes, parts).filter { match in
      // A few letters between two NULs are a string of their own, not half of another.
      let (start, end) = (match.range.lowerBound, match.range.upperBound)
      return match.isWide || match.range.count >= Self.length || start > 0 && bytes[start - 1] != 0
        || end == bytes.count || bytes[end] != 0
    }
    let long = loadedLong.matches(in: bytes, parts)
    if long.isEmpty { return short }
    return (short + long.filter { match in !short.contains { $0.range.overlaps(match.range) } })
      .sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// The pieces that do not overlap these ranges. Remains next to them count, however close.
  /// - Parameter known: ranges; parts outside `bytes` are ignored.
  func matches(in bytes: Bytes, outside known: [Range<Int>], isLoaded: Bool) -> [Match] {
    var matches: [Match] = []
    var position = 0
    let own = 0..<bytes.count
    for range in FileRanges(known.map { $0.clamped(to: own) }).all + [bytes.count..<bytes.count] {
      if range.lowerBound > position {
        matches += self.matches(in: bytes[position..<range.lowerBound].span, isLoaded: isLoaded).map {
          Match(
            part: $0.part,
            range: $0.range.lowerBound + position..<$0.range.upperBound + position, isWide: $0.isWide)
        }
      }
      position = max(position, range.upperBound)
    }
    return matches
  }
}

extension RandomPart {
  /// Whether every piece of the random bytes is significant alone.
  func isToken(_ length: Int) -> Bool { random.count >= length && !looksLikeWord && !isNumber }

  /// Where pieces of this length begin in the component.
  ///
  /// A short part, or one that could be a word, is not significant alone: its pieces include preceding bytes of the
  /// component, with at least four random bytes. A number has no pieces; the whole component is searched for.
  func pieces(_ length: Int) -> [Int] {
    if isNumber { return [] }
    let starts: Range<Int>
    if isToken(length) {
      starts = random.lowerBound..<random.upperBound - length + 1
    } else {
      let first = max(random.lowerBound + 4 - length, 0)
      let last = min(random.lowerBound - 1, random.upperBound - length)
      guard random.count >= 4, last >= first else { return [] }
      starts = first..<last + 1
    }
    return starts.filter { start in
      let piece = component[start..<start + length]
      // Numbers and padding occur everywhere.
      return Set(piece).count >= length / 2 && !piece.allSatisfy { (0x30...0x39).contains($0) }
    }
  }
}
