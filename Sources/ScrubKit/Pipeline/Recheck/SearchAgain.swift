internal import BuildRoots
import Formats

extension Image {
  /// Checks that no root is left except those that the plan left with a reason.
  /// - Throws: if there are more or fewer.
  func searchAgain(_ fates: [Finding.Fate], _ policy: Policy) throws(ScrubError) {
    let regions = try regions()
    let left = fates.count { if case .left = $0 { true } else { false } }
    let hits = JoinedHits.joining(
      hits(in: regions, policy), in: regions, (try? debugGroups()) ?? [], policy.roots)
    // Names that are roots only with their directory no longer are if the directory could change.
    let parts = fates.count { $0 == .left(reason: JoinedHits.reason) }
    guard hits.count <= left, hits.count >= left - parts else {
      throw ScrubError(
        "verify: \(hits.count) build roots are left, \(left) were to be",
        section: hits.first.map { regions[$0.region].name } ?? "",
        offset: hits.first.map { UInt64($0.root.range.lowerBound) })
    }
  }
}
