/// The bytes that an edited image should have, told from the original and the plan. Compared run by run: a
/// copy to compare with would take as much memory as the image itself.
struct PlannedBytes {
  private let original: Bytes
  /// What differs from the original, by where it begins; nil for zeros.
  private var runs: [(range: Range<Int>, content: [UInt8]?)]
  private let zeros: [Range<Int>]

  /// - Parameter zeros: what is zeroed after the edits.
  init(_ original: Bytes, edits: [ElfPlan.InPlaceEdit], zeros: [Range<Int>]) {
    self.original = original
    self.zeros = zeros
    runs = edits.map { ($0.range, $0.replacement) } + zeros.map { ($0, nil) }
    runs.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
  }

  /// Whether `other` has these bytes in `range`.
  func match(_ other: Bytes, in range: Range<Int>) -> Bool {
    var position = range.lowerBound
    for run in runs where run.range.overlaps(range) {
      let own = run.range.clamped(to: range)
      if own.lowerBound > position, other[position..<own.lowerBound] != original[position..<own.lowerBound] {
        return false
      }
      let isSame =
        if let content = run.content {
          own.allSatisfy { offset in
            other[offset] == (isZeroed(offset) ? 0 : content[offset - run.range.lowerBound])
          }
        } else {
          own.allSatisfy { other[$0] == 0 }
        }
      guard isSame else { return false }
      position = max(position, own.upperBound)
    }
    return position >= range.upperBound
      || other[position..<range.upperBound] == original[position..<range.upperBound]
  }

  private func isZeroed(_ offset: Int) -> Bool { zeros.contains { $0.contains(offset) } }
}
