internal import BuildRoots
import Formats

/// Processes one static archive: its images in parallel, then its own names, then the archive.
struct ArchiveScrub {
  let options: Options
  var companions = LinkedFiles()

  /// Finds; with `fix` also edits, lays out and verifies. Places name the member, not the archive.
  /// - Throws: the first error in member order.
  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    // Container: the members.
    let archive = try StaticArchive(bytes)
    var outcome = ImageScrub.Outcome()

    // The bytes outside members: names, and the tables of names and symbols.
    let own = ownBytes(of: archive)
    outcome.findings += own.findings

    // Members: images by magic; all others are searched as bytes.
    let files = archive.files
    // Each has its own account, whichever thread processes it.
    let spare = Effort.Spare()
    let results = options.workers.map(files) { member in
      Swift.Result { () throws(ScrubError) in
        try scrub(member, archive.content(of: member), spare, fix: fix)
      }
    }
    var writer = ArchiveWriter(archive, edits: own.edits, epoch: options.sourceDateEpoch)
    var contents: [Int: Bytes] = [:]
    for (member, result) in zip(files, results) {
      let scrubbed = try result.get()
      outcome.add(scrubbed, member: member.name)
      guard let output = scrubbed.output else { continue }
      contents[member.index] = output
      writer.replace(member, with: output)
    }
    guard fix, writer.hasChanges else { return outcome }

    // Container: clamp late dates, then write the new archive.
    for late in writer.lateMembers {
      outcome.changes.append(
        Change(
          place: Place(member: late.member.name),
          kind: .time(
            before: CalendarTime(seconds: late.before).description,
            after: CalendarTime(seconds: late.after).description)))
    }
    let output = try writer.write()

    // Verify: read the result again.
    try ArchiveVerifier(
      before: archive, after: try StaticArchive(output), contents: contents, edits: own.edits,
      roots: options.roots, epoch: options.sourceDateEpoch, left: own.findings.count { !$0.isFixable }
    ).verify()
    outcome.changes += own.changes
    outcome.output = output
    if options.describesRanges {
      outcome.ranges += ArchiveRanges.compare(archive, try StaticArchive(output), changed: contents)
    }
    return outcome
  }

  /// The reason for a member that is not an image.
  static let otherMember = "the member is neither an ELF nor a Mach-O file; only those are rewritten"

  private func scrub(
    _ member: StaticArchive.Member, _ content: Bytes, _ spare: Effort.Spare, fix: Bool
  ) throws(ScrubError) -> ImageScrub.Outcome {
    guard let options = options.narrowed(to: Place(member: member.name)) else { return ImageScrub.Outcome() }
    do throws(ScrubError) {
      return try Effort.within(content.count, spare) { () throws(ScrubError) in
        let kind = FileKind.of(content)
        guard kind.isImage else {
          return SearchOnly(options: options, reason: Self.otherMember).run(content)
        }
        return try kind.scrub(Part(bytes: content, options: options, companions: companions), fix: fix)
      }
    } catch {
      throw error.inside(path: "", member: member.name)
    }
  }

  /// Everything outside the members' contents: searched, and edited in place where it is a name.
  private func ownBytes(
    of archive: StaticArchive
  ) -> (findings: [Finding], edits: ArchiveEdits, changes: [Change]) {
    let stretches = ArchiveNames.stretches(of: archive)
    let hits = Hits.all(in: stretches.map(\.region), options.roots)
    guard !hits.isEmpty else { return ([], ArchiveEdits(), []) }
    var edits: [ArchiveEdits.Edit] = []
    var fates: [Finding.Fate] = []
    for hit in hits {
      let stretch = stretches[hit.region]
      guard stretch.isName, let file = stretch.region.fileRange else {
        fates.append(.left(reason: "this part of the archive is not understood"))
        continue
      }
      let start = file.lowerBound + hit.root.range.lowerBound
      edits.append(
        ArchiveEdits.Edit(
          range: start..<start + hit.root.range.count, replacement: options.roots.padding(for: hit.root)))
      fates.append(.inPlace)
    }
    var findings = RawFindings(roots: options.roots).describe(hits, in: stretches.map(\.region), fates)
    for index in findings.indices {
      let stretch = stretches[hits[index].region]
      findings[index].place.member = stretch.member
      findings[index].place.offset = findings[index].place.offset.map { $0 + stretch.offset }
    }
    return (findings, ArchiveEdits(edits), Changes.ofStrings(findings))
  }
}

extension ImageScrub.Outcome {
  /// Merges the outcome of one member; its places then name the member.
  mutating func add(_ other: consuming ImageScrub.Outcome, member: String) {
    other.place { $0.member = member }
    findings.take(other.findings)
    notes += other.notes
    changes.take(other.changes)
    ranges += other.ranges
  }

  /// Completes its places; the container calls this.
  mutating func place(_ complete: (inout Place) -> Void) {
    for index in findings.indices { complete(&findings[index].place) }
    for index in notes.indices { complete(&notes[index].place) }
    for index in changes.indices { complete(&changes[index].place) }
    for index in ranges.indices { complete(&ranges[index].place) }
  }
}
