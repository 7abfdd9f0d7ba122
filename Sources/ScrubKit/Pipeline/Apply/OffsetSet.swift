import Formats

/// The referenced offsets of one string table: a bitmap with ranks, an eighth of the table's size, so that tens of
/// millions of references cost no memory each.
struct OffsetSet: Sendable {
  private var words: [UInt64]
  /// How many offsets lie below each word; filled by `seal`.
  private var ranks: [UInt32] = []

  /// - Parameter size: the table's size in bytes.
  init(size: Int) {
    words = [UInt64](repeating: 0, count: size / 64 + 1)
  }

  /// - Precondition: `offset` is below the table's size.
  @inline(__always)
  mutating func insert(_ offset: Int) {
    words[offset &>> 6] |= 1 &<< UInt64(offset & 63)
  }

  /// Ends insertion and enables `rank`.
  mutating func seal() {
    ranks = []
    ranks.reserveCapacity(words.count)
    var below: UInt32 = 0
    for word in words {
      ranks.append(below)
      below += UInt32(word.nonzeroBitCount)
    }
  }

  var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// How many offsets in the set are smaller than `offset`; nil if `offset` is not in the set.
  @inline(__always)
  func rank(_ offset: Int) -> Int? {
    let index = offset &>> 6
    guard index < words.count else { return nil }
    let bit: UInt64 = 1 &<< UInt64(offset & 63)
    let word = words[index]
    guard word & bit != 0 else { return nil }
    return Int(ranks[index]) + (word & (bit &- 1)).nonzeroBitCount
  }

  /// Calls `body` with every offset, ascending.
  func visit<E: Error>(_ body: (Int) throws(E) -> Void) throws(E) {
    for (index, word) in words.enumerated() {
      var rest = word
      while rest != 0 {
        try body(index * 64 + rest.trailingZeroBitCount)
        rest &= rest &- 1
      }
    }
  }
}
