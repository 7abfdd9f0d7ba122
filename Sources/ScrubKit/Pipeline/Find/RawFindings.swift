internal import BuildRoots
import Formats

/// Findings in bytes that no parser interpreted: an archive's own tables, members that are not images.
struct RawFindings {
  let roots: RootMap

  /// One finding for each hit. The section is the region's name; the offset is that in the file if the region has no
  /// section of its own.
  func describe(_ hits: [Hit], in regions: [Region], _ fates: [Finding.Fate]) -> [Finding] {
    var findings: [Finding] = []
    findings.reserveCapacity(hits.count)
    for (hit, fate) in zip(hits, fates) {
      // As in `Findings`.
      guard Effort.grants(1 << 10) else { break }
      let region = regions[hit.region]
      let (text, offset) = region.text(around: hit.root)
      var finding = Finding(
        place: Place(
          section: region.name.isEmpty ? nil : region.name, offset: UInt64(hit.root.range.lowerBound)),
        rule: hit.root.rule,
        root: roots.text(of: hit.root, in: region.content.span),
        text: text, rootOffset: offset, context: nil,
        replacement: String(decoding: roots.replacement(for: hit.root), as: UTF8.self), fate: fate)
      finding.extent = region.extent(of: hit.root)
      findings.append(finding)
    }
    return findings
  }
}
