/// Ranges of file offsets, merged where they touch, so that with the many sections that a file may claim, each query
/// costs a binary search and not a pass over all of them.
package struct FileRanges: Sendable {
  private let merged: [Range<Int>]

  package init(_ ranges: [Range<Int>]) {
    var merged: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where !range.isEmpty {
      if let last = merged.last, range.lowerBound <= last.upperBound {
        merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.merged = merged
  }

  /// Ascending and disjoint.
  package var all: [Range<Int>] { merged }

  /// The parts of `others` that these ranges do not cover; ascending.
  package func gaps(in others: FileRanges) -> [Range<Int>] {
    var gaps: [Range<Int>] = []
    for range in others.merged {
      var position = range.lowerBound
      var index = merged.partition { $0.upperBound <= range.lowerBound }
      while index < merged.count, merged[index].lowerBound < range.upperBound {
        if merged[index].lowerBound > position { gaps.append(position..<merged[index].lowerBound) }
        position = max(position, merged[index].upperBound)
        index += 1
      }
      if position < range.upperBound { gaps.append(position..<range.upperBound) }
    }
    return gaps
  }

  /// Whether these ranges cover all of `range`.
  package func covers(_ range: Range<Int>) -> Bool {
    if range.isEmpty { return true }
    let index = merged.partition { $0.upperBound <= range.lowerBound }
    return index < merged.count && merged[index].lowerBound <= range.lowerBound
      && range.upperBound <= merged[index].upperBound
  }

  /// The parts of `whole` that these ranges do not cover, ascending.
  package func gaps(in whole: Range<Int>) -> [Range<Int>] {
    var gaps: [Range<Int>] = []
    var position = whole.lowerBound
    for range in merged {
      if range.lowerBound >= whole.upperBound { break }
      if range.lowerBound > position { gaps.append(position..<range.lowerBound) }
      position = max(position, range.upperBound)
    }
    if position < whole.upperBound { gaps.append(position..<whole.upperBound) }
    return gaps
  }

  package func overlaps(_ range: Range<Int>) -> Bool {
    let index = merged.partition { $0.upperBound <= range.lowerBound }
    return index < merged.count && merged[index].overlaps(range)
  }
}
