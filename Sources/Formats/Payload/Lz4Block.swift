/// An LZ4 block without a frame (the LZ4 block format): it has neither header nor checksum, so it cannot be
/// distinguished from other bytes, nor opened. But if it contains a root, the bytes around the root are its sequences.
///
/// One value serves the roots of one region, queried in ascending order.
package struct Lz4Block {
  package static let reason =
    "it stands in what looks like a block of LZ4, where other text may be made of its bytes; prevent with "
    + "-ffile-prefix-map=<build directory>=. or a TMPDIR of one name, or make the payload after fix, not before"

  /// How far before a root a block may begin, in bytes.
  private static let reach = 4096
  /// Sequences, and bytes of their lengths, that are read for one root; text needs one or two for each position.
  private static let mostSteps = 100_000

  /// Positions from which sequences may continue, ascending; those further from the root than a block may begin are
  /// dropped.
  private var beginnings: [Int] = []
  /// How far they have been searched for.
  private var scanned = 0

  package init() {}

  /// Whether a block may begin before `root`, with `root` as its literals: from its start on, every sequence leads to
  /// the next, each match refers to bytes that were already decoded, and two more sequences follow the root. Text does
  /// none of that: two of its letters form an offset larger than everything before them.
  package mutating func mayHold(_ root: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    let first = max(0, root.lowerBound - Self.reach)
    if beginnings.count > 2 * Self.reach { beginnings.removeFirst(beginnings.partition { $0 < first }) }
    for start in max(scanned, first)..<max(scanned, root.lowerBound) where Self.leadsOn(bytes, from: start) {
      beginnings.append(start)
    }
    scanned = max(scanned, root.lowerBound)
    var steps = 0
    for start in beginnings[..<beginnings.partition { $0 < root.lowerBound }].reversed() {
      guard start >= first else { return false }
      // Bytes made to continue endlessly are left unchanged.
      if Self.isBlock(in: bytes, from: start, with: root, &steps) || steps > Self.mostSteps { return true }
    }
    return false
  }

  /// Whether the first sequence of a block at this position refers back into its own literals: checked for each byte
  /// before a root, and almost never true in text.
  private static func leadsOn(_ bytes: Span<UInt8>, from start: Int) -> Bool {
    let literals = Int(bytes[start] &>> 4)
    // The length continues in the next bytes.
    if literals == 15 { return true }
    let position = start &+ 1 &+ literals
    return position &+ 2 <= bytes.count && bytes[position &+ 1] == 0 && bytes[position] > 0
      && Int(bytes[position]) <= literals
  }

  private static func isBlock(
    in bytes: Span<UInt8>, from start: Int, with root: Range<Int>, _ steps: inout Int
  ) -> Bool {
    var (position, decoded, behind) = (start, 0, 0)
    var counted = start
    var isSeen = false
    while behind < 2, steps <= mostSteps {
      guard position < bytes.count else { return false }
      let token = Int(bytes[position])
      position += 1
      let literals = length(token &>> 4, in: bytes, &position)
      steps += position - counted
      guard let literals, literals <= bytes.count - position else { return false }
      if !isSeen {
        // Before the root, in it, or past it.
        guard position <= root.lowerBound else { return false }
        isSeen = position + literals >= min(root.lowerBound + 8, root.upperBound)
      }
      position += literals
      decoded += literals
      guard position + 2 <= bytes.count else { return false }
      let distance = Int(bytes[position]) | Int(bytes[position + 1]) &<< 8
      guard distance > 0, distance <= decoded else { return false }
      position += 2
      counted = position
      guard let match = length(token & 15, in: bytes, &position) else {
        steps += position - counted
        return false
      }
      decoded += match + 4
      if isSeen { behind += 1 }
    }
    return behind == 2
  }

  /// Four bits; if all are ones, also the bytes up to the first that is not 255.
  private static func length(_ nibble: Int, in bytes: Span<UInt8>, _ position: inout Int) -> Int? {
    guard nibble == 15 else { return nibble }
    var sum = nibble
    while position < bytes.count, sum < 1 << 20 {
      let byte = Int(bytes[position])
      position += 1
      sum += byte
      if byte < 255 { return sum }
    }
    return nil
  }
}
