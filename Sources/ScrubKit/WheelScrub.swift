/// The way of one wheel: its images side by side, then RECORD, then the zip.
struct WheelScrub {
  let options: Options

  init(_ options: Options) { self.options = options }

  /// One member that is an image, or an archive of images, and what came of it.
  private struct Scrubbed: Sendable {
    var member: Wheel.Member
    var original: Bytes
    var outcome: ImageScrub.Outcome
  }

  /// - Parameter fix: also edit, and describe the new wheel.
  /// - Throws: the first error in member order; the report keeps the findings of the other members.
  func run(_ file: MappedFile, fix: Bool, _ report: inout FileReport) throws(ScrubError) -> Scrub.Result {
    // Container: the members, without inflating them.
    let wheel = try Wheel(file)

    // Images: found by magic, not by name.
    let results = options.workers.map(wheel.members.filter { !$0.isDirectory && !$0.isSymbolicLink }) {
      member in
      Swift.Result { () throws(ScrubError) in try scrub(member, fix: fix) }
    }
    var changed: [Scrubbed] = []
    var failure: ScrubError?
    for result in results {
      do throws(ScrubError) {
        guard let scrubbed = try result.get() else { continue }
        report.add(scrubbed.outcome, path: wheel.path, member: scrubbed.member.name)
        if scrubbed.outcome.output != nil { changed.append(scrubbed) }
      } catch {
        failure = failure ?? error.inside(path: wheel.path)
      }
    }
    if let failure { throw failure }
    guard fix else { return .unchanged }

    // RECORD: the rows of what changed.
    var writer = WheelWriter(wheel, epoch: options.sourceDateEpoch)
    var contents = changed.compactMap { scrubbed in
      scrubbed.outcome.output.map { (member: scrubbed.member, content: $0) }
    }
    if !changed.isEmpty {
      contents.append(try updateRecord(of: wheel, changed, &writer, &report))
    }

    // Container: late times, then the new zip.
    if let epoch = options.sourceDateEpoch {
      for late in wheel.lateMembers(epoch: epoch) {
        report.changes.append(
          Change(
            place: Place(path: wheel.path, member: late.member.name),
            kind: .time(before: late.before, after: late.after)))
      }
    }
    guard !contents.isEmpty || writer.hasChanges else { return .unchanged }
    try writer.replace(contents, workers: options.workers)
    return .wheel(writer)
  }

  private func scrub(_ member: Wheel.Member, fix: Bool) throws(ScrubError) -> Scrubbed? {
    let magic = Magic(try member.prefix(Magic.length))
    guard magic == .elf || magic == .archive else { return nil }
    let content = try member.content()
    do throws(ScrubError) {
      return Scrubbed(
        member: member, original: content,
        outcome: try LooseScrub(options: options).run(content, magic, fix: fix))
    } catch {
      throw error.within(member.name)
    }
  }

  /// The new RECORD; members that sign the old one are dropped.
  private func updateRecord(
    of wheel: Wheel, _ changed: [Scrubbed], _ writer: inout WheelWriter, _ report: inout FileReport
  ) throws(ScrubError) -> (member: Wheel.Member, content: Bytes) {
    let record = try Record.read(from: wheel)
    guard let member = wheel.member(named: record.name) else {
      throw ScrubError("has no RECORD", at: Place(path: wheel.path))
    }
    var rows: [Record.RowChange] = []
    do throws(ScrubError) {
      for scrubbed in changed {
        guard let output = scrubbed.outcome.output else { continue }
        rows.append(try record.change(of: scrubbed.member.name, from: scrubbed.original, to: output))
      }
    } catch {
      throw error.inside(path: wheel.path)
    }
    for signature in record.signatures(among: wheel.members) {
      writer.drop(signature)
      rows += record.removal(of: signature.name)
      let place = Place(path: wheel.path, member: signature.name)
      report.changes.append(Change(place: place, kind: .dropped))
      report.notes.append(Note("dropped: it signs a RECORD that changes", at: place))
    }
    for row in rows {
      report.changes.append(
        Change(
          place: Place(path: wheel.path, member: record.name),
          kind: .recordRow(before: row.before, after: row.after)))
    }
    return (member, record.applying(rows))
  }
}

extension FileReport {
  /// Takes over what came of one image, with its places made complete.
  mutating func add(_ outcome: ImageScrub.Outcome, path: String, member: String?) {
    func complete(_ place: Place) -> Place {
      var place = member.map { place.within($0) } ?? place
      place.path = path
      return place
    }
    findings += outcome.findings.map { finding in
      var finding = finding
      finding.place = complete(finding.place)
      return finding
    }
    notes += outcome.notes.map { note in
      var note = note
      note.place = complete(note.place)
      return note
    }
    changes += outcome.changes.map { Change(place: complete($0.place), kind: $0.kind) }
  }
}

/// What is scrubbed whole, be it a loose file or a wheel's member: an image, or an archive of images.
struct LooseScrub {
  let options: Options

  func run(_ bytes: Bytes, _ magic: Magic, fix: Bool) throws(ScrubError) -> ImageScrub.Outcome {
    magic == .archive
      ? try ArchiveScrub(options: options).run(bytes, fix: fix)
      : try ImageScrub(options: options).run(bytes, fix: fix)
  }

  /// A loose one, not in a wheel.
  func run(_ file: MappedFile, fix: Bool, _ report: inout FileReport) throws(ScrubError) -> Scrub.Result {
    let outcome = try run(file.bytes, Magic(file.bytes), fix: fix)
    report.add(outcome, path: file.path, member: nil)
    return outcome.output.map { .image($0) } ?? .unchanged
  }
}
