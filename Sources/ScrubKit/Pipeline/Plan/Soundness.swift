internal import BuildRoots
import Formats

/// Why roots may not be overwritten in place: found out for all hits of an image before a byte is touched.
///
/// In place is sound only if nothing refers into a root behind its first byte, and if no checksum or compressed
/// stream covers it.
struct Soundness: Sendable {
  /// One for each hit; nil where the root may be overwritten.
  private(set) var reasons: [String?]

  init<I: Image>(_ image: I, regions: [Region], hits: [Hit], roots: RootMap) {
    reasons = hits.map {
      $0.isPart ? JoinedHits.reason : regions[$0.region].obstacle(at: $0.root.range)
    }
    let paths = AbsolutePaths(image, regions: regions, roots: roots)
    let shared = SharedBytes(image, regions: regions, hits: hits, roots: roots).reasons
    for (index, hit) in hits.enumerated() {
      // What refers into a root says more than that a piece of it stands elsewhere.
      reasons[index] = reasons[index] ?? paths.reason(against: hit) ?? shared[index] ?? hit.obstacle
      let region = regions[hit.region]
      if reasons[index] == nil, region.isOpened,
        Lz4Block.mayHold(hit.root.range, in: region.content.span)
      {
        reasons[index] = Lz4Block.reason
      }
    }
  }

  /// The fate of a hit that no rebuilt table takes up and that must stay; nil where it may be overwritten.
  func fate(of hit: Int) -> Finding.Fate? { reasons[hit].map { .left(reason: $0) } }
}
