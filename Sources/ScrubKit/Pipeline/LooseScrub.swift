internal import BuildRoots
import Formats

/// Processes whole units, loose files or members of wheels: an image, an archive of images, compiled Python, a text.
struct LooseScrub {
  let options: Options
  var companions = LinkedFiles()
  /// Its path, if that matters.
  var path: String?

  /// - Parameter surroundings: of bytecode; ignored for other kinds.
  func run(
    _ bytes: Bytes, _ kind: FileKind,
    _ surroundings: BytecodeScrub.Surroundings = BytecodeScrub.Surroundings(),
    fix: Bool
  ) throws(ScrubError) -> ImageScrub.Outcome {
    var companions = companions
    if let path { companions.isGrafted = LinkedFiles.isGrafted(path) }
    var outcome = try kind.scrub(
      Part(bytes: bytes, options: options, companions: companions, surroundings: surroundings), fix: fix)
    if options.describesRanges { outcome.describeWhole(bytes) }
    return outcome
  }

  /// The same for a file that stands alone; also searches it for what is left of its own random parts.
  func runAlone(
    _ bytes: Bytes, _ kind: FileKind, _ surroundings: BytecodeScrub.Surroundings, fix: Bool
  ) throws(ScrubError) -> ImageScrub.Outcome {
    var outcomes = [try run(bytes, kind, surroundings, fix: fix)]
    ResidueSearch.complete(&outcomes, [(bytes, options)])
    return outcomes.removeLast()
  }

  /// A loose file that is not a wheel. A file without a known magic may be a text by its name.
  func run(_ file: MappedFile, _ input: InputFile, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    let kind = FileKind.of(file.bytes)
    // Below a directory there are archives of all sorts, some of them damaged on purpose.
    if kind.isPackage, !input.isOther, input.treeFile == nil {
      return try PackageSearch(options: options).run(file.bytes, kind)
    }
    if kind.isScrubbed, input.treeFile == nil {
      return try LooseScrub(options: options, companions: companions, path: file.path).runAlone(
        file.bytes, kind, BytecodeScrub.Surroundings(input), fix: fix)
    }
    let text = Text(of: input, file.bytes)
    if case .other = text, input.isExplicit || !input.isOther { try Scrub.refuse(file) }
    var outcome = try TextScrub(text, options).run(file.bytes, fix: fix)
    if options.describesRanges { outcome.describeWhole(file.bytes) }
    return outcome
  }
}
