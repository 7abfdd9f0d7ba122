internal import BuildRoots

/// Searches an image of Windows. Nothing of its format is understood, so all that is found stays.
struct PortableImageSearch {
  let options: Options

  static let reason = "images of Windows (PE) are searched, not rewritten; compile without the path"

  func run(_ bytes: Bytes) -> ImageScrub.Outcome {
    let regions = [Region(name: "", section: nil, content: bytes, fileRange: 0..<bytes.count)]
    let hits = Hits.all(in: regions, options.roots)
    let fates = hits.map { _ in Finding.Fate.left(reason: Self.reason) }
    return ImageScrub.Outcome(
      findings: RawFindings(roots: options.roots).describe(hits, in: regions, fates))
  }
}
