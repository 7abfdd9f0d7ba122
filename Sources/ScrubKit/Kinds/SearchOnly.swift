internal import BuildRoots
import Formats

/// Processes files that are searched but never changed, because it is not known what depends on their bytes. All
/// findings stay.
struct SearchOnly {
  let options: Options
  /// Why, as a sentence in the finding, with the cure.
  let reason: String
  /// What to search for; nil for the roots that are searched for everywhere.
  var roots: RootMap?

  func run(_ regions: [Region]) -> ImageScrub.Outcome {
    let roots = roots ?? options.roots
    let hits = Hits.all(in: regions, roots)
    let fates = hits.map { _ in Finding.Fate.left(reason: reason) }
    return ImageScrub.Outcome(findings: RawFindings(roots: roots).describe(hits, in: regions, fates))
  }

  /// All bytes as one stretch without a name.
  func run(_ bytes: Bytes) -> ImageScrub.Outcome { run([Region(whole: bytes)]) }

  /// A named part of a file.
  struct Part {
    var name: String
    /// File offsets; may lie outside the file, or overlap other parts.
    var range: Range<UInt64>
  }

  /// Every byte once: each part, minus what parts before it in the file cover, and the gaps between them.
  /// - Parameter rest: the name for the gaps.
  static func regions(of bytes: Bytes, _ parts: [Part], rest: String) -> [Region] {
    var regions: [Region] = []
    var position = 0
    func append(_ name: String, upTo end: Int) {
      guard end > position else { return }
      regions.append(
        Region(
          name: name, section: nil, content: bytes[position..<end], fileRange: position..<end))
      position = end
    }
    for part in parts.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      append(rest, upTo: Int(clamping: min(part.range.lowerBound, UInt64(bytes.count))))
      append(part.name, upTo: Int(clamping: min(part.range.upperBound, UInt64(bytes.count))))
    }
    append(rest, upTo: bytes.count)
    return regions
  }
}

extension Region {
  /// A whole file, or other bytes without parts.
  init(whole bytes: Bytes) {
    self.init(name: "", section: nil, content: bytes, fileRange: 0..<bytes.count)
  }
}
