internal import BuildRoots
import Formats

/// Findings in bytes that no parser gave a meaning: an archive's own tables, members that are no images.
struct RawFindings {
  let roots: RootMap

  /// One finding for each hit. The region's name is the section, its file range the offset where it has no
  /// section of its own.
  func describe(_ hits: [Hit], in regions: [Region], _ fates: [Finding.Fate]) -> [Finding] {
    zip(hits, fates).map { hit, fate in
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
      return finding
    }
  }
}
