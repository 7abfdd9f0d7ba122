/// A pair of bytes, and its position, that every root of some patterns contains: what the scan looks for.
///
/// Machine code and data rarely have a letter before `-` or `/`, so pairs that end in one of them are preferred; the
/// last resort is `/` and the first letter of a name.
struct Anchor: Hashable, Sendable {
  enum Kind: Int, CaseIterable, Sendable {
    /// A byte before `-`.
    case dash
    /// A byte before `/`, at the end of a component.
    case slash
    /// A byte after `/`, at the beginning of a component.
    case lead
  }
  var kind: Kind
  /// The byte next to the `-` or `/`.
  var letter: UInt8
  /// The byte on the other side of `letter`, a fingerprint that reduces the candidates.
  var neighbour: UInt8
  /// From the beginning of the component to the first byte of the pair; -1 for `lead`.
  var offset: Int

  /// Every anchor that roots of this pattern contain.
  static func all(of pattern: Pattern) -> [Anchor] {
    guard !pattern.isInner, let first = pattern.components.first else { return [] }
    let head = first.head
    var anchors: [Anchor] = []
    for index in head.indices.dropFirst(2) where head[index] == UInt8(ascii: "-") {
      anchors.append(
        Anchor(kind: .dash, letter: head[index - 1], neighbour: head[index - 2], offset: index - 1))
    }
    if first.atoms.count == 1, pattern.components.count > 1, head.count > 1 {
      let last = head.count - 1
      anchors.append(Anchor(kind: .slash, letter: head[last], neighbour: head[last - 1], offset: last))
    }
    if pattern.needsSlash, head.count > 1 {
      anchors.append(Anchor(kind: .lead, letter: head[0], neighbour: head[1], offset: -1))
    }
    return anchors
  }

  /// A few pairs that together find every pattern: the best kind first; within it, the pair of the most patterns.
  static func covering(_ patterns: [Pattern]) -> [Anchor] {
    // Arrays, not sets: a pattern has few anchors, and the launcher does this once for each compile.
    var open = patterns.filter { !$0.isInner }.map { all(of: $0) }
    var chosen: [Anchor] = []
    for kind in Kind.allCases {
      while true {
        var uses = [Int](repeating: 0, count: 256)
        for anchors in open {
          for index in anchors.indices where anchors[index].kind == kind {
            let letter = anchors[index].letter
            let isFirst = !anchors[..<index].contains { $0.kind == kind && $0.letter == letter }
            if isFirst { uses[Int(letter)] += 1 }
          }
        }
        guard let most = uses.max(), most > 0, let best = uses.firstIndex(of: most) else { break }
        // One of a pattern's anchors with this pair is enough; the first is as good as any other.
        open.removeAll { anchors in
          var first: Anchor?
          for anchor in anchors where anchor.kind == kind && Int(anchor.letter) == best {
            if anchor.offset < first?.offset ?? Int.max { first = anchor }
          }
          guard let first else { return false }
          if !chosen.contains(first) { chosen.append(first) }
          return true
        }
      }
    }
    precondition(open.isEmpty, "a pattern without a pair to search for: \(open.count)")
    return chosen.sorted {
      ($0.kind.rawValue, $0.letter, $0.offset, $0.neighbour) < (
        $1.kind.rawValue, $1.letter, $1.offset, $1.neighbour
      )
    }
  }
}
