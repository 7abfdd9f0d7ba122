internal import BuildRoots
import Formats

/// Why roots may not be overwritten in place: determined for all hits of an image before a byte is touched.
///
/// Overwriting in place is sound only if nothing refers into a root after its first byte, and no checksum or compressed
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
    var block = Lz4Block()
    // What is known about a region remains useful as long as roots ascend there.
    var last = (region: -1, start: 0)
    for (index, hit) in hits.enumerated() {
      let place = (region: hit.region, start: hit.root.range.lowerBound)
      if last.region != place.region || last.start > place.start { block = Lz4Block() }
      last = place
      // A reference into a root is a better reason than a piece of it elsewhere.
      reasons[index] = reasons[index] ?? paths.reason(against: hit) ?? shared[index] ?? hit.obstacle
      let region = regions[hit.region]
      if reasons[index] == nil, region.isOpened,
        block.mayHold(hit.root.range, in: region.content.span)
      {
        reasons[index] = Lz4Block.reason
      }
    }
  }

  /// The fate of a hit that is in no rebuilt table and must stay; nil if it may be overwritten.
  func fate(of hit: Int) -> Finding.Fate? { reasons[hit].map { .left(reason: $0) } }
}
