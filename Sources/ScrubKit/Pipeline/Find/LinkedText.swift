internal import BuildRoots
import Formats

/// The names in an image that the dynamic linker follows: other rules apply to them (BP4xx).
struct LinkedText {
  /// File offsets, ascending; strings that share their endings are merged.
  private let ranges: [Range<Int>]

  init<I: Image>(_ image: I) { ranges = image.linkedTexts }

  /// The hits outside these names, and those inside them to which a rule about such names applies.
  /// - Parameter hits: all of the image's, ascending.
  func hits(_ hits: [Hit], in regions: [Region], _ policy: Policy) -> [Hit] {
    var result = hits.filter { hit in
      guard let file = regions[hit.region].fileRange else { return true }
      return !holds(file.lowerBound + hit.root.range.lowerBound)
    }
    guard !policy.links.rules.isEmpty else { return result }
    for (index, region) in regions.enumerated() {
      guard let file = region.fileRange else { continue }
      for range in ranges where file.contains(range) {
        let start = range.lowerBound - file.lowerBound
        let content = region.content[start..<start + range.count]
        for var root in policy.links.roots(in: content.span) {
          root.range = root.range.lowerBound + start..<root.range.upperBound + start
          result.append(Hit(region: index, root: root))
        }
      }
    }
    return result.sorted { ($0.region, $0.root.range.lowerBound) < ($1.region, $1.root.range.lowerBound) }
  }

  private func holds(_ offset: Int) -> Bool {
    let index = ranges.partition { $0.upperBound <= offset }
    return index < ranges.count && ranges[index].contains(offset)
  }
}

extension Image {
  /// Every root that counts in its place: regions in order, offsets ascending.
  func hits(in regions: [Region], _ policy: Policy) -> [Hit] {
    var candidates: [Hit] = []
    var hits = Hits.all(in: regions, policy.roots, &candidates)
    let glued = GluedRoots(self, regions, candidates).hits
    if !glued.isEmpty {
      hits = (hits + glued).sorted {
        ($0.region, $0.root.range.lowerBound) < ($1.region, $1.root.range.lowerBound)
      }
    }
    // By default the same roots count everywhere.
    if policy.links.rules == policy.roots.rules { return hits }
    return LinkedText(self).hits(hits, in: regions, policy)
  }
}

extension Finding {
  /// Gives the root the rule about names that the dynamic linker follows.
  mutating func followedByLinker() {
    let isRandom = [.randomDirectories, .own].contains(rule.family)
    rule = isRandom ? .runPath : .hostRunPath
  }
}
