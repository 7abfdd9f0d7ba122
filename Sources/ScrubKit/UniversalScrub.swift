internal import BuildRoots

/// The way of one universal binary: its slices, which are sealed together, then the binary.
struct UniversalScrub {
  let options: Options

  /// Finds; with `fix` also edits, lays out and verifies. Places name the slice as a member.
  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    // Container: the slices.
    let binary = try UniversalBinary(bytes)
    var outcome = ImageScrub.Outcome()
    let own = binary.ownRegions
    let hits = Hits.all(in: own)
    let reason = Finding.Fate.left(reason: "these bytes belong to no slice")
    outcome.findings += RawFindings(prefix: options.prefix).describe(hits, in: own, hits.map { _ in reason })

    // Slices: images together, since their signatures may name each other; archives one by one.
    let images = binary.slices.indices.filter { Magic(content(binary, $0)) == .machO }
    let parts = images.map { ImageScrub.Part(name: binary.slices[$0].name, bytes: content(binary, $0)) }
    let scrub = ImageScrub(options: options)
    var outcomes = Dictionary(
      uniqueKeysWithValues: zip(images, try scrub.run(MachOImage.self, parts, fix: fix)))
    for index in binary.slices.indices where outcomes[index] == nil {
      outcomes[index] = try other(content(binary, index), binary.slices[index].name, fix: fix)
    }
    var contents: [Int: Bytes] = [:]
    for (index, slice) in binary.slices.enumerated() {
      guard let sliceOutcome = outcomes[index] else { continue }
      outcome.add(sliceOutcome, member: slice.name)
      contents[index] = sliceOutcome.output
    }
    guard !contents.isEmpty else { return outcome }

    // Container: the new binary.
    let output = try binary.replacing(contents)

    // Verify: read the result again.
    try verify(binary, UniversalBinary(output), contents)
    outcome.output = output
    return outcome
  }

  private func content(_ binary: UniversalBinary, _ index: Int) -> Bytes {
    binary.bytes[binary.slices[index].range]
  }

  private func other(_ bytes: Bytes, _ name: String, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    do throws(ScrubError) {
      if Magic(bytes) == .archive { return try ArchiveScrub(options: options).run(bytes, fix: fix) }
      return RawScrub(options: options).run(bytes)
    } catch {
      throw error.within(name)
    }
  }

  /// The same slices, each with the content that was made for it.
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
