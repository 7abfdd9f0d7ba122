internal import BuildRoots
import Formats

/// Two contents of one length in which nothing may move: a root either stays or becomes what its rule says, padded; all
/// other bytes are the same.
struct PathBytes {
  let roots: RootMap
  /// Whether a program may read the bytes at run time: then no absolute path may become a relative one.
  var isRead = false

  /// - Parameters:
  ///   - known: the roots that may change, as ranges of `old`; nil for all.
  ///   - free: ranges checked elsewhere.
  ///   - name: the section, for places.
  func compare(
    _ old: Bytes, _ new: Bytes, _ known: [BuildRoot]? = nil, free: [Range<Int>] = [], in name: String?,
    from start: Int = 0
  ) -> Proof {
    var proof = Proof()
    if old == new { return proof }
    guard old.count == new.count else {
      proof.object("has \(new.count) bytes, had \(old.count)", section: name, offset: start)
      return proof
    }
    var expected = old.array()
    for root in known ?? roots.roots(in: old.span) where old[root.range] != new[root.range] {
      if isRead, roots.turnsRelative(root, in: old.span) {
        proof.object(
          "an absolute path became a relative one", section: name, offset: start + root.range.lowerBound,
          before: Self.text(old, root.range), after: Self.text(new, root.range))
        return proof
      }
      expected.replaceSubrange(root.range, with: roots.padding(for: root))
      proof.roots += 1
    }
    for range in free { for index in range where index < expected.count { expected[index] = new[index] } }
    let planned = Bytes(expected)
    guard let at = planned.firstDifference(from: new) else { return proof }
    proof.object(
      "bytes changed that are no build root", section: name, offset: start + at,
      before: Self.hex(old, at), after: Self.hex(new, at))
    return proof
  }

  static func hex(_ bytes: Bytes, _ offset: Int) -> String {
    bytes[min(offset, bytes.count)..<min(offset + 16, bytes.count)].hex
  }

  static func text(_ bytes: Bytes, _ range: Range<Int>) -> String {
    String(decoding: bytes[range].array(), as: UTF8.self)
  }
}
