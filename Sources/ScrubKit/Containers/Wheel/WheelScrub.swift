internal import BuildRoots
import Formats

/// Processes one wheel: its images in parallel, then RECORD, then the zip.
struct WheelScrub {
  let options: Options
  /// Computes keys of the members; if set, none is deflated and nothing can be written.
  private let keys: ContentKeys?

  /// Whether it is a wheel, and not another zip.
  private let hasRecord: Bool

  init(_ options: Options, keys: ContentKeys? = nil, hasRecord: Bool = true) {
    self.options = options
    self.keys = keys
    self.hasRecord = hasRecord
  }

  /// - Parameter fix: also edit, and describe the new wheel.
  /// - Throws: the first error in member order; the report keeps the findings of the other members.
  func run(_ file: MappedFile, fix: Bool, _ report: inout FileReport) throws(ScrubError) -> Scrub.Result {
    let form = try ZipForm(of: file)
    if case .searched(let reason) = form {
      report.add(
        try PackageSearch(options: options, reason: reason).run(file.bytes, .zip), path: file.path,
        member: nil)
      return .unchanged
    }
    if form == .plain, hasRecord {
      // Neither RECORD nor a canonical form: those are of wheels.
      var options = options
      options.fixRecord = false
      options.isCanonical = false
      return try WheelScrub(options, hasRecord: false).run(file, fix: fix, &report)
    }
    let work = try scrub(file, fix: fix, &report)
    return fix ? try write(work, &report) : .unchanged
  }

  /// The same for a wheel and files outside it that belong to its members (`FileSet`).
  /// - Returns: the wheel, and the outcome of each of the files.
  /// - Throws: with the path of the file, or a place in the wheel.
  func run(
    _ file: MappedFile, with outside: [Part], _ report: inout FileReport
  ) throws(ScrubError) -> (wheel: Scrub.Result, outside: [ImageScrub.Outcome]) {
    let work = try scrub(file, with: outside, fix: true, &report)
    return (try write(work, &report), work.outside)
  }

  /// The processed members as they would be written, by directory index, and the wheel.
  /// - Parameter outside: files that belong to them; what comes of these is returned as well.
  func scrubbed(
    _ file: MappedFile, with outside: [Part], _ report: inout FileReport
  ) throws(ScrubError) -> (
    wheel: Wheel, memory: WheelMemory, members: [Int: (name: String, key: ContentKey)],
    outside: [ImageScrub.Outcome]
  ) {
    let work = try scrub(file, with: outside, fix: true, &report)
    var members: [Int: (name: String, key: ContentKey)] = [:]
    for image in work.images {
      // A fix refuses what RECORD does not allow.
      if let change = image.change { _ = try change.row.get() }
      if let key = image.key {
        members[image.member.index] = (image.change?.name ?? image.member.name, key)
      }
    }
    return (work.wheel, work.memory, members, work.outside)
  }

  /// Everything that precedes writing the new wheel.
  private struct Work {
    var wheel: Wheel
    var memory: WheelMemory
    var record: LazyRecord
    var images: [WheelMemberScrub.Scrubbed]
    /// Outcomes of the outside files that belong to the members.
    var outside: [ImageScrub.Outcome]
    var zipFindings: [Finding]
    /// Contents of members that no pass processed, by index; only for the canonical form.
    var contents: [Int: CanonicalContent] = [:]
    /// False statements in RECORD that are not corrected.
    var recordDoubts: [Finding] = []
  }

  private func scrub(
    _ file: MappedFile, with outside: [Part] = [], fix: Bool, _ report: inout FileReport
  ) throws(ScrubError) -> Work {
    // Container: the members, without inflating them. For a check, an ambiguity is also a finding.
    let selection = options.policy.selection
    let looksAtZip = selection.contains(Family.zip)
    var defects = fix || !looksAtZip ? ZipDefects.strict : .tolerant
    defects.allowsScriptHead = !hasRecord
    let wheel = try Wheel(file, &defects)

    // Images: identified by magic, not by name; edited, hashed and deflated one by one.
    let members = wheel.members.filter { !$0.isDirectory && !$0.isSymbolicLink && !$0.isUnreadable }
    let memory = WheelMemory(wheel, largest: members.map(\.uncompressedSize).max() ?? 0)
    // The number processed in parallel; in the worst case, the largest ones at once.
    let jobs = options.workers.jobs
    let largest = members.map(\.plausibleSize).sorted(by: >).prefix(jobs)
    Memory.didOpen(largest.reduce(0) { $0 + $1 / jobs })
    let record = LazyRecord(wheel)

    // RECORD: compare what it says with the wheel. Members are compared while they are in memory; if RECORD must be
    // corrected before changes are made to it, they are read just for that.
    var audit = FileReport(path: wheel.path)
    let recordAudit = WheelRecordAudit(options: options, wheel: wheel, memory: memory)
    let needsRecord = fix && options.isCanonical && keys == nil || selection.contains(Family.record)
    var claims = needsRecord && hasRecord ? try recordAudit.claims(&audit.findings) : nil
    if options.fixRecord, let known = claims {
      if let corrected = try recordAudit.run(known, &audit) { record.correct(corrected) }
      claims = nil
    }
    let memberScrub = WheelMemberScrub(
      options: options, record: record, memory: memory, seen: SeenParts(), keys: keys, fix: fix)
    let results = options.workers.map(recordAudit.members) { [claims] member in
      Swift.Result { () throws(ScrubError) in try memberScrub.look(at: member, claims) }
    }
    var images: [WheelMemberScrub.Scrubbed] = []
    var verdicts: [(name: String, verdict: RecordAudit.Verdict)] = []
    var looks: [Int: WheelResidue.Look] = [:]
    var contents: [Int: CanonicalContent] = [:]
    var failure: ScrubError?
    for result in results {
      do throws(ScrubError) {
        let look = try result.get()
        if let scrubbed = look.scrubbed { images.append(scrubbed) }
        if let verdict = look.verdict { verdicts.append((look.member.name, verdict)) }
        looks[look.member.index] = look.residue
        contents[look.member.index] = look.content
      } catch {
        failure = failure ?? error.inside(path: wheel.path)
      }
    }
    if failure == nil, let claims { _ = try recordAudit.finish(claims.result(verdicts), of: claims, &audit) }

    // Linked files: process again, together, what belongs together.
    var outcomes: [ImageScrub.Outcome] = []
    if fix, failure == nil {
      do throws(ScrubError) { outcomes = try scrubTogether(&images, outside, memberScrub) } catch {
        failure = error.inside(path: wheel.path)
      }
    }
    for image in images { report.add(image.outcome, path: wheel.path, member: image.member.name) }

    // Residue: search every member for what is left of random parts of all members.
    if failure == nil {
      do throws(ScrubError) {
        let left = try residue(of: images, in: members, looks, memberScrub)
        report.add(left, path: wheel.path, member: nil)
      } catch {
        failure = error.inside(path: wheel.path)
      }
    }
    report.findings += audit.findings.filter { selection.contains($0.rule) }
    report.changes += audit.changes
    let zipFindings = ZipFindings.describe(defects, selection).map { finding in
      var finding = finding
      finding.place.path = wheel.path
      return finding
    }
    report.findings += zipFindings
    if let failure { throw failure }
    return Work(
      wheel: wheel, memory: memory, record: record, images: images, outside: outcomes,
      zipFindings: zipFindings, contents: contents, recordDoubts: audit.findings.filter { !$0.isFixable })
  }

  private func residue(
    of images: [WheelMemberScrub.Scrubbed], in members: [Wheel.Member], _ looks: [Int: WheelResidue.Look],
    _ scrub: WheelMemberScrub
  ) throws(ScrubError) -> ImageScrub.Outcome {
    let places = Dictionary(images.indices.map { (images[$0].member.index, $0) }) { first, _ in first }
    @Sendable func content(_ member: Wheel.Member) throws(ScrubError) -> Bytes {
      guard let change = places[member.index].flatMap({ images[$0].change }) else {
        return try member.content()
      }
      if let packed = change.packed {
        return try packed.content(method: options.isCanonical ? .deflate : member.method)
      }
      // If only keys are wanted, nothing is kept of what changes.
      let options = options.narrowed(to: Place(path: scrub.memory.wheel.path, member: member.name)) ?? options
      let original = try member.content()
      guard let way = options.way(of: member, in: scrub.memory.wheel, head: original) else { return original }
      return try scrub.outcome(of: member, original, way, options).output ?? original
    }
    return try WheelResidue(options: options, seen: scrub.seen, memory: scrub.memory).run(
      members, looks: { places[$0.index].flatMap { images[$0].residue } ?? looks[$0.index] },
      content: content)
  }

  private func write(_ work: Work, _ report: inout FileReport) throws(ScrubError) -> Scrub.Result {
    let (wheel, record) = (work.wheel, work.record)
    let changed = work.images.compactMap { image in image.change.map { (member: image.member, change: $0) } }

    if options.isCanonical { return try writeCanonical(work, &report) }

    // RECORD: the rows of what changed.
    var writer = WheelWriter(wheel, epoch: options.sourceDateEpoch)
    writer.mustWrite = work.zipFindings.contains(where: \.isFixable)
    for (member, change) in changed {
      if let packed = change.packed { writer.replace(member, with: packed, named: change.name) }
    }
    if hasRecord, !changed.isEmpty || record.isCorrected {
      try updateRecord(record.get(), of: wheel, changed.map(\.change.row), &writer, &report)
    }

    // Container: clamp late times, then write the new zip.
    if let epoch = options.sourceDateEpoch {
      for late in wheel.lateMembers(epoch: epoch) {
        report.changes.append(
          Change(
            place: Place(path: wheel.path, member: late.member.name),
            kind: .time(before: late.before, after: late.after)))
      }
    }
    if options.describesRanges, writer.hasChanges {
      report.ranges += writer.ranges().map { range in
        var range = range
        range.place.path = wheel.path
        return range
      }
    }
    return writer.hasChanges ? .wheel(writer.output) : .unchanged
  }

  /// Rules about RECORD's form, which the canonical form recreates. All others say that it is false.
  private static let formOfRecord: [Rule] = [
    .noHash, .badRow, .ownRow, .hashForm, .signatureRow, .noSize,
  ]

  /// The same for a wheel that is repacked as a whole.
  private func writeCanonical(_ work: Work, _ report: inout FileReport) throws(ScrubError) -> Scrub.Result {
    let (wheel, record) = (work.wheel, try work.record.get())
    // RECORD: it must be true before it is rewritten.
    if let doubt = work.recordDoubts.first(where: { !Self.formOfRecord.contains($0.rule) }) {
      throw ScrubError(
        "--canonical writes RECORD anew and needs one that is true: \(doubt.defect?.message ?? doubt.rule.slug); wheelscrub record update corrects it",
        at: doubt.place)
    }
    let images = Dictionary(work.images.map { ($0.member.index, $0) }) { first, _ in first }
    let signatures = Set(record.signatures(among: wheel.members).map(\.index))
    var rows: [Record.RowChange] = []
    var entries: [CanonicalWheel.Entry] = []
    for member in wheel.members
    where !member.isDirectory && member.name != record.name && !signatures.contains(member.index) {
      let image = images[member.index]
      guard let content = image?.content ?? work.contents[member.index] else {
        throw ScrubError("was not packed", at: Place(path: wheel.path, member: member.name))
      }
      if let change = image?.change {
        do throws(ScrubError) { rows.append(try change.row.get()) } catch {
          throw error.inside(path: wheel.path)
        }
      }
      entries.append(
        CanonicalWheel.Entry(
          member: member, name: image?.change?.name ?? member.name, content: content,
          isChanged: image?.change != nil))
    }
    let canonical = CanonicalWheel(wheel: wheel, record: record, epoch: options.sourceDateEpoch)
    var packing = FileReport(path: wheel.path)
    guard let output = try canonical.output(entries, workers: options.workers, &packing) else {
      return .unchanged
    }
    describe(rows + dropSignatures(record, of: wheel, &report), of: record, in: wheel, &report)
    report.changes += packing.changes
    report.notes += packing.notes
    if options.describesRanges { report.ranges += packing.ranges }
    return .wheel(output)
  }

  /// Members that belong together and of which at least one changes: read again, and sealed together.
  /// - Returns: the outcome of each outside file.
  private func scrubTogether(
    _ images: inout [WheelMemberScrub.Scrubbed], _ outside: [Part], _ scrub: WheelMemberScrub
  ) throws(ScrubError) -> [ImageScrub.Outcome] {
    var outcomes: [ImageScrub.Outcome] = []
    for part in outside { outcomes.append(try alone(part)) }
    let linked = LinkedMembers(
      images.map { LinkedMembers.Candidate($0, options) }
        + zip(outside, outcomes).map { LinkedMembers.Candidate($0, $1) }, options: options)
    for group in linked.groups {
      let contents = try group.map { index throws(ScrubError) in
        index < images.count ? try images[index].member.content() : outside[index - images.count].bytes
      }
      let together: [ImageScrub.Outcome]
      do throws(PartFailure) { together = try linked.scrub(group, contents) } catch {
        throw error.part < images.count
          ? error.error.within(images[error.part].member.name)
          : error.error.inside(path: outside[error.part - images.count].name ?? "")
      }
      for (place, index) in group.enumerated() {
        var outcome = together[place]
        if options.describesRanges { outcome.describeWhole(contents[place]) }
        guard index < images.count else {
          outcomes[index - images.count] = outcome
          continue
        }
        let member = images[index].member
        do throws(ScrubError) {
          images[index] = try scrub.scrubbed(outcome, contents[place], of: member, options)
        } catch { throw error.within(member.name) }
      }
    }
    for index in images.indices { images[index].outcome.notes += linked.notes(on: index) }
    for index in outcomes.indices { outcomes[index].notes += linked.notes(on: images.count + index) }
    ResidueSearch.complete(&outcomes, outside.map { ($0.bytes, $0.options) })
    let names = images.compactMap { $0.change?.name }
    let taken = Set(scrub.memory.wheel.members.map(\.name))
    if let twice = names.first(where: { taken.contains($0) })
      ?? (Set(names).count < names.count ? names[0] : nil)
    {
      throw ScrubError(
        "cannot be written: another member has the name of its build-id", at: Place(member: twice))
    }
    return outcomes
  }

  private func alone(_ part: Part) throws(ScrubError) -> ImageScrub.Outcome {
    do throws(ScrubError) {
      return try LooseScrub(options: part.options, path: part.name).run(
        part.bytes, FileKind.of(part.bytes), fix: true)
    } catch { throw error.inside(path: part.name ?? "") }
  }

  /// Puts the new RECORD into the wheel; members that sign the old one are dropped.
  private func updateRecord(
    _ record: Record, of wheel: Wheel, _ changes: [Swift.Result<Record.RowChange, ScrubError>],
    _ writer: inout WheelWriter, _ report: inout FileReport
  ) throws(ScrubError) {
    guard let member = wheel.member(named: record.name) else {
      throw ScrubError("has no RECORD", at: Place(path: wheel.path))
    }
    var rows: [Record.RowChange] = []
    do throws(ScrubError) {
      for change in changes { rows.append(try change.get()) }
    } catch {
      throw error.inside(path: wheel.path)
    }
    for signature in record.signatures(among: wheel.members) { writer.drop(signature) }
    rows += dropSignatures(record, of: wheel, &report)
    describe(rows, of: record, in: wheel, &report)
    do throws(ScrubError) {
      writer.replace(member, with: try PackedMember(record.applying(rows), method: member.method))
    } catch {
      throw error.inside(path: wheel.path, member: member.name)
    }
  }
}

extension LinkedMembers.Candidate {
  fileprivate init(_ image: WheelMemberScrub.Scrubbed, _ options: Options) {
    let member = image.member
    self.init(
      name: member.name, facts: image.outcome.facts, isChanged: image.change != nil,
      // The directory holds the checksums that debug links use.
      checksum: { member.crc }, content: { () throws(ScrubError) in try member.content() },
      options: options.narrowed(to: Place(member: member.name), isExplicit: true) ?? options)
  }

  fileprivate init(_ part: Part, _ outcome: ImageScrub.Outcome) {
    let bytes = part.bytes
    self.init(
      name: part.name ?? "", facts: outcome.facts, isChanged: outcome.output != nil,
      checksum: { Inflate.crc32(bytes) }, content: { () throws(ScrubError) in bytes }, options: part.options)
  }
}

extension WheelScrub {
  /// Reports that members which sign RECORD are dropped.
  /// - Returns: their rows.
  private func dropSignatures(
    _ record: Record, of wheel: Wheel, _ report: inout FileReport
  ) -> [Record.RowChange] {
    record.signatures(among: wheel.members).flatMap { signature in
      let place = Place(path: wheel.path, member: signature.name)
      report.changes.append(Change(place: place, kind: .dropped))
      report.notes.append(Note("dropped: it signs a RECORD that changes", at: place))
      return record.removal(of: signature.name)
    }
  }

  private func describe(
    _ rows: [Record.RowChange], of record: Record, in wheel: Wheel, _ report: inout FileReport
  ) {
    for row in rows {
      report.changes.append(
        Change(
          place: Place(path: wheel.path, member: record.name),
          kind: .recordRow(before: row.before, after: row.after)))
    }
  }
}

extension Array {
  /// Appends others to these. If there are none yet, nothing is copied: a file can have a million findings.
  mutating func take(_ others: consuming [Element]) {
    if isEmpty { self = others } else { self += others }
  }
}

extension FileReport {
  /// Merges the outcome of one image, with its places completed.
  mutating func add(_ outcome: consuming ImageScrub.Outcome, path: String, member: String?) {
    outcome.place { place in
      if let member { place = place.within(member) }
      place.path = path
    }
    findings.take(outcome.findings)
    notes += outcome.notes
    changes.take(outcome.changes)
    ranges += outcome.ranges
  }
}
