internal import BuildRoots

extension Image {
  /// No root is left but those that the plan left, with a reason.
  /// - Throws: where there are more or fewer.
  func searchAgain(_ fates: [Finding.Fate], _ policy: Policy) throws(ScrubError) {
    let regions = try regions()
    let left = fates.count { if case .left = $0 { true } else { false } }
    let hits = hits(in: regions, policy)
    guard hits.count == left else {
      throw ScrubError(
        "verify: \(hits.count) build roots are left, \(left) were to be",
        section: hits.first.map { regions[$0.region].name } ?? "",
        offset: hits.first.map { UInt64($0.root.range.lowerBound) })
    }
  }
}
