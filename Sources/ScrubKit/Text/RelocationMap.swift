internal import BuildRoots
import Formats

/// Processes a text that tells where an image was: nothing depends on its bytes, so its paths are cleaned.
struct RelocationMapScrub {
  let options: Options

  func run(_ bytes: Bytes, fix: Bool) -> ImageScrub.Outcome {
    let regions = [Region(whole: bytes)]
    let hits = Hits.all(in: regions, options.roots)
    let findings = RawFindings(roots: options.roots).describe(hits, in: regions, hits.map { _ in .rebuilt })
    var outcome = ImageScrub.Outcome(findings: findings)
    guard fix, let clean = options.roots.clean(bytes.span) else { return outcome }
    outcome.changes = Changes.ofStrings(findings)
    outcome.output = Bytes(clean)
    return outcome
  }
}
