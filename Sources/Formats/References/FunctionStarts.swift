/// Where functions begin, so that instructions can be grouped by function.
package struct FunctionStarts: Sendable {
  /// Ascending.
  private let starts: [UInt64]
  /// Instructions of one unknown function are closer together than this, in bytes.
  private static let gap: UInt64 = 256

  package init(_ starts: [UInt64]) { self.starts = starts.sorted() }

  /// Groups of loads, each belonging to one function.
  package func grouped(_ loads: [References.Load]) -> [[References.Load]] {
    var groups: [[References.Load]] = []
    for load in loads.sorted(by: { $0.place < $1.place }) {
      if let last = groups.last?.last, isSame(last.place, load.place) {
        groups[groups.count - 1].append(load)
      } else {
        groups.append([load])
      }
    }
    return groups
  }

  /// The last start at or before an address, and the first one after it.
  package func around(_ address: UInt64) -> (start: UInt64?, next: UInt64?) {
    let index = starts.partition { $0 <= address }
    return (index > 0 ? starts[index - 1] : nil, index < starts.count ? starts[index] : nil)
  }

  private func isSame(_ one: UInt64, _ other: UInt64) -> Bool {
    if starts.isEmpty { return other - one < Self.gap }
    return starts.partition { $0 <= one } == starts.partition { $0 <= other }
  }
}
