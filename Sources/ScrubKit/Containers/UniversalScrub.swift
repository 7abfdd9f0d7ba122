internal import BuildRoots
import Formats

/// Processes Mach-O files that are sealed together: one universal binary, or images with their dSYM bundles. The slices
/// of all files are processed as images at once, because signatures and bundles name UUIDs of other slices. Then each
/// binary is reassembled.
struct UniversalScrub {
  let options: Options

  /// One universal binary.
  func run(_ file: Part, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    do throws(PartFailure) { return try run([file], fix: fix)[0] } catch { throw error.error }
  }

  /// Finds; with `fix` also edits, lays out and verifies. Places name the slice as a member.
  /// - Returns: one outcome for each file.
  func run(_ files: [Part], fix: Bool) throws(PartFailure) -> [ImageScrub.Outcome] {
    // Container: the slices.
    var contents: [Contents] = []
    for (index, file) in files.enumerated() {
      contents.append(try PartFailure.of(index) { () throws(ScrubError) in try Contents(file) })
    }

    // Images: together.
    let owners = contents.enumerated().flatMap { file, content in content.images.map { (file, slice: $0) } }
    let parts = owners.map { contents[$0].part($1) }
    var outcomes: [[Int: ImageScrub.Outcome]] = files.map { _ in [:] }
    do throws(PartFailure) {
      let scrubbed = try ImageScrub(options: options).run(MachOImage.self, parts, fix: fix)
      for (owner, outcome) in zip(owners, scrubbed) { outcomes[owner.0][owner.slice] = outcome }
    } catch {
      throw PartFailure(part: owners[error.part].0, error: error.error)
    }

    // Other slices one by one, then each file.
    var results: [ImageScrub.Outcome] = []
    for (index, content) in contents.enumerated() {
      results.append(
        try PartFailure.of(index) { () throws(ScrubError) in
          try finish(content, outcomes[index], fix: fix)
        })
    }
    return results
  }

  /// A file's slices; an image that is the whole file is one slice without a name.
  private struct Contents {
    let file: Part
    let binary: UniversalBinary?
    /// Indices of slices that are images.
    var images: [Int] = []

    init(_ file: Part) throws(ScrubError) {
      self.file = file
      guard FileKind.of(file.bytes) == .universal else {
        binary = nil
        images = [0]
        return
      }
      let binary = try UniversalBinary(file.bytes)
      self.binary = binary
      images = binary.slices.indices.filter { FileKind.of(file.bytes[binary.slices[$0].range]) == .machO }
    }

    func part(_ slice: Int) -> Part {
      Part(
        name: binary?.slices[slice].name,
        bytes: binary.map { file.bytes[$0.slices[slice].range] } ?? file.bytes, options: file.options,
        companions: file.companions)
    }
  }

  /// Reassembles the file from the outcomes of its slices.
  private func finish(
    _ content: Contents, _ images: [Int: ImageScrub.Outcome], fix: Bool
  ) throws(ScrubError) -> ImageScrub.Outcome {
    guard let binary = content.binary else { return images[0] ?? ImageScrub.Outcome() }
    var outcome = ownOutcome(of: binary, content.file.options)
    if fix {
      outcome.facts = LinkFacts(
        joining: images.sorted { $0.key < $1.key }.compactMap(\.value.facts), size: content.file.bytes.count)
    }
    var contents: [Int: Bytes] = [:]
    for (index, slice) in binary.slices.enumerated() {
      let sliceOutcome: ImageScrub.Outcome
      if let image = images[index] {
        sliceOutcome = image
      } else {
        sliceOutcome = try other(content.part(index), slice.name, fix: fix)
      }
      outcome.add(sliceOutcome, member: slice.name)
      contents[index] = sliceOutcome.output
    }
    guard !contents.isEmpty else { return outcome }

    // Container: the new binary; then read the result again.
    let output = try binary.replacing(contents)
    try verify(binary, UniversalBinary(output), contents)
    outcome.output = output
    if content.file.options.describesRanges {
      outcome.ranges += UniversalRanges.compare(binary, try UniversalBinary(output), changed: contents)
    }
    return outcome
  }

  /// The outcome for bytes that belong to no slice.
  private func ownOutcome(of binary: UniversalBinary, _ options: Options) -> ImageScrub.Outcome {
    SearchOnly(options: options, reason: "these bytes belong to no slice").run(binary.ownRegions)
  }

  private func other(
    _ part: Part, _ name: String, fix: Bool
  ) throws(ScrubError) -> ImageScrub.Outcome {
    do throws(ScrubError) {
      guard FileKind.of(part.bytes) == .archive else {
        return SearchOnly(options: part.options, reason: ArchiveScrub.otherMember).run(part.bytes)
      }
      return try ArchiveScrub(options: part.options).run(part.bytes, fix: fix)
    } catch {
      throw error.within(name)
    }
  }

  /// Checks that the slices are the same, each with its new content.
  private func verify(
    _ before: UniversalBinary, _ after: UniversalBinary, _ contents: [Int: Bytes]
  ) throws(ScrubError) {
    func failure(_ message: String) -> ScrubError {
      ScrubError("verify: \(message)", section: "universal header")
    }
    guard before.slices.count == after.slices.count, before.is64 == after.is64 else {
      throw failure("the number of slices changed")
    }
    for (index, (old, new)) in zip(before.slices, after.slices).enumerated() {
      guard old.name == new.name, old.alignment == new.alignment,
        new.range.lowerBound % new.alignment == 0 || new.range.lowerBound == old.range.lowerBound,
        after.bytes[new.range] == contents[index] ?? before.bytes[old.range]
      else { throw failure("slice \(old.name) is not what was to be written") }
    }
  }
}
