/// A path component with a random name, and which of its bytes are random: they identify a build directory even if only
/// a piece of its path is left.
public struct RandomPart: Hashable, Sendable {
  /// The whole component: `cbor_0123456789abcdef0123456789abcdef`.
  public var component: [UInt8]
  /// Range in `component`; not empty.
  public var random: Range<Int>

  /// - Precondition: the range lies inside the component.
  public init(component: [UInt8], random: Range<Int>) {
    self.component = component
    self.random = random
  }

  /// Whether every byte is a decimal digit: a counter, date or process id, which other numbers may equal by chance.
  public var isNumber: Bool { component[random].allSatisfy { ByteSet.digits.contains($0) } }

  /// Whether the bytes could be a word in some language: then they are not significant alone.
  public var looksLikeWord: Bool { component.span.looksLikeWord(random) }
}

extension RootMap {
  /// The random parts of a root, in path order; empty for host paths, which another machine could have as well.
  /// - Parameter bytes: the bytes that the root's range refers to.
  public func randomParts(of root: BuildRoot, in bytes: Span<UInt8>) -> [RandomPart] {
    randomParts(ofRoot: characters(of: root, in: bytes))
  }

  /// The same for the text of a root.
  public func randomParts(ofRoot text: [UInt8]) -> [RandomPart] {
    // Some roots need something after them, and text attached to others is not part of them.
    let text = text.withSlashes
    let path = text + [slash, UInt8(ascii: "x")]
    return matcher.randomParts(in: path.span, 0..<text.count)
  }
}

extension Matcher {
  func randomParts(in bytes: Span<UInt8>, _ root: Range<Int>) -> [RandomPart] {
    var parts: [RandomPart] = []
    var offset = root.lowerBound
    var isInside = false
    var isInTemporary = false
    let top = bytes.afterSlashes(offset)
    while offset < root.upperBound {
      let start = bytes.afterSlashes(offset)
      let found = match(
        in: bytes, at: start, isInside: isInside, isInTemporary: isInTemporary, isTop: { start == top })
      if let found, found.match.end <= root.upperBound, entries[found.entry].pattern.rank != .host {
        parts += entries[found.entry].pattern.randomParts(in: bytes, at: start, limit: root.upperBound)
        offset = found.match.end
        isInside = true
        isInTemporary = entries[found.entry].pattern.isTemporary(found.match)
        continue
      }
      isInTemporary = false
      // Not after the whole of a host path: its last name can be a random one.
      isInside = false
      offset = start
      while offset < root.upperBound, bytes[offset] != slash { offset += 1 }
    }
    return parts
  }
}

extension Pattern {
  /// The random parts of a path that matches from `start` on.
  fileprivate func randomParts(in bytes: Span<UInt8>, at start: Int, limit: Int) -> [RandomPart] {
    var found: [(runs: [Component.Run], range: Range<Int>)] = []
    var offset = start
    for component in components + optional {
      guard let match = component.match(in: bytes, at: offset), match.end <= limit else { break }
      let runs = component.runs(in: bytes, at: offset) ?? []
      if !runs.isEmpty { found.append((runs, offset..<match.end)) }
      offset = bytes.afterSlashes(match.end)
    }
    var parts: [RandomPart] = []
    for (index, (runs, range)) in found.enumerated() {
      let text = range.map { bytes[$0] }
      for run in runs {
        // A number before the last component is a version: `sdists-v9`.
        if run.isCounter, index + 1 < found.count { continue }
        parts.append(
          RandomPart(
            component: text,
            random: run.range.lowerBound - range.lowerBound..<run.range.upperBound - range.lowerBound))
      }
    }
    return parts
  }
}

extension Component {
  fileprivate struct Run {
    var range: Range<Int>
    /// Whether the pattern requires a number of any size.
    var isCounter = false
  }

  /// The runs of a component that matches at `start`; nil if it does not.
  fileprivate func runs(in bytes: Span<UInt8>, at start: Int) -> [Run]? {
    runs(0, in: bytes, at: start)
  }

  private func runs(_ index: Int, in bytes: Span<UInt8>, at offset: Int) -> [Run]? {
    guard index < atoms.count else { return ends(in: bytes, at: offset) ? [] : nil }
    switch atoms[index] {
    case .literal(let text):
      return bytes.hasText(text, at: offset) ? runs(index + 1, in: bytes, at: offset + text.count) : nil
    case .run(let set, let counts, _):
      var end = offset
      while end < bytes.count, end - offset < counts.upperBound, set.contains(bytes[end]) { end += 1 }
      guard end - offset >= counts.lowerBound, let rest = runs(index + 1, in: bytes, at: end) else {
        return nil
      }
      return [Run(range: offset..<end, isCounter: set == .digits && counts.count > 1)] + rest
    case .text, .name:
      let limit = min(bytes.count, offset + longestName)
      var end = offset
      while end < limit, ByteSet.freeText.contains(bytes[end]) {
        end += 1
        if let rest = runs(index + 1, in: bytes, at: end) { return rest }
      }
      return nil
    case .regex(let regex):
      guard
        let end = regex.longestMatch(
          in: bytes, at: offset, limit: longestName, isEnd: { ends(in: bytes, at: $0) })
      else { return nil }
      return Self.mixedRuns(in: bytes, offset..<end)
    }
  }

  /// A user's pattern does not specify what is random: runs that mix letters and digits are neither words nor numbers.
  private static func mixedRuns(in bytes: Span<UInt8>, _ range: Range<Int>) -> [Run] {
    var runs: [Run] = []
    var start = range.lowerBound
    while start < range.upperBound {
      var end = start
      var digits = 0
      while end < range.upperBound, ByteSet.alphanumeric.contains(bytes[end]) {
        if ByteSet.digits.contains(bytes[end]) { digits += 1 }
        end += 1
      }
      if digits > 0, digits < end - start { runs.append(Run(range: start..<end)) }
      start = end + 1
    }
    return runs
  }
}
