import Formats

/// Where the members of an archive were and are: file offsets in the archive. A section's name is the member's.
enum ArchiveRanges {
  /// - Parameter changed: new contents by member index.
  static func compare(_ old: StaticArchive, _ new: StaticArchive, changed: [Int: Bytes]) -> [ChangedRange] {
    var ranges: [ChangedRange] = []
    for (one, other) in zip(old.members, new.members) {
      let isRewritten = changed[one.index] != nil || old.content(of: one) != new.content(of: other)
      let heads = (
        one.extent.lowerBound..<one.content.lowerBound, other.extent.lowerBound..<other.content.lowerBound
      )
      if old.bytes[heads.0] != new.bytes[heads.1] {
        ranges.append(
          ChangedRange(
            place: Place(section: "header of \(one.name)"), reason: .headers, old: heads.0, new: heads.1))
      } else if one.extent == other.extent, !isRewritten {
        continue
      }
      let tails = (
        one.content.lowerBound..<one.extent.upperBound, other.content.lowerBound..<other.extent.upperBound
      )
      if isRewritten || one.content != other.content {
        let reason: ChangedRange.Reason = !isRewritten ? .moved : one.kind == .file ? .rewritten : .redirected
        ranges.append(
          ChangedRange(place: Place(section: one.name), reason: reason, old: tails.0, new: tails.1))
      }
    }
    return ranges
  }
}

/// The same for the slices of a universal binary.
enum UniversalRanges {
  static func compare(
    _ old: UniversalBinary, _ new: UniversalBinary, changed: [Int: Bytes]
  ) -> [ChangedRange] {
    var ranges: [ChangedRange] = []
    let header = min(old.ownRegions.first?.content.count ?? 0, new.ownRegions.first?.content.count ?? 0)
    if old.bytes[0..<header] != new.bytes[0..<header] {
      ranges.append(
        ChangedRange(
          place: Place(section: "universal header"), reason: .headers, old: 0..<header, new: 0..<header))
    }
    for (index, (one, other)) in zip(old.slices, new.slices).enumerated()
    where changed[index] != nil || one.range != other.range {
      ranges.append(
        ChangedRange(
          place: Place(section: "slice \(one.name)"), reason: changed[index] != nil ? .rewritten : .moved,
          old: one.range, new: other.range))
    }
    return ranges
  }
}
