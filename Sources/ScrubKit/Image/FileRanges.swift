/// Ranges of file offsets, merged where they touch, so that the many sections that a file may claim cost a binary
/// search for each question and not a pass over all of them.
struct FileRanges: Sendable {
  private let merged: [Range<Int>]

  init(_ ranges: [Range<Int>]) {
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

  /// Ascending and apart.
  var all: [Range<Int>] { merged }

  /// Whether one of the merged ranges holds all of `range`.
  func contains(_ range: Range<Int>) -> Bool {
    let index = merged.partition { $0.upperBound <= range.lowerBound }
    return index < merged.count && merged[index].lowerBound <= range.lowerBound
      && range.upperBound <= merged[index].upperBound
  }

  func overlaps(_ range: Range<Int>) -> Bool {
    let index = merged.partition { $0.upperBound <= range.lowerBound }
    return index < merged.count && merged[index].overlaps(range)
  }
}
