/// Edits of an archive's own bytes: names, names table, symbol table.
package struct ArchiveEdits: Sendable {
  package struct Edit: Sendable {
    /// Offsets in the archive.
    package var range: Range<Int>
    /// As many bytes as the range contains.
    package var replacement: [UInt8]

    package init(
      range: Range<Int>, replacement: [UInt8]
    ) {
      self.range = range
      self.replacement = replacement
    }
  }

  /// Ascending and disjoint.
  private let list: [Edit]

  package init(_ edits: [Edit] = []) { list = edits.sorted { $0.range.lowerBound < $1.range.lowerBound } }

  package var isEmpty: Bool { list.isEmpty }

  /// The edits inside `range`.
  package func inside(_ range: Range<Int>) -> ArraySlice<Edit> {
    var low = 0
    var high = list.count
    while low < high {
      let middle = (low + high) / 2
      if list[middle].range.lowerBound < range.lowerBound { low = middle + 1 } else { high = middle }
    }
    return list[low...].prefix { $0.range.upperBound <= range.upperBound }
  }

  /// The bytes of `range` with the edits applied.
  package func applied(to archive: Bytes, _ range: Range<Int>) -> Bytes {
    let edits = inside(range)
    if edits.isEmpty { return archive[range] }
    let copy = EditBuffer(copying: archive[range])
    for edit in edits { copy.replace(at: edit.range.lowerBound - range.lowerBound, with: edit.replacement) }
    return copy.bytes
  }
}
