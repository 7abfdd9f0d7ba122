import Formats
import Platform

extension Scrub {
  /// Makes files that belong together independent of their build directory. After an error in one of them, none is
  /// written; each report says so.
  /// - Parameter destinations: one for each file of the group.
  func fix(_ group: FileSet.Group, to destinations: [Destination]) -> [FileReport] {
    GroupScrub(options: options, group: group, destinations: destinations).run()
  }

  /// The same without writing anything.
  /// - Parameter observer: receives the outcome of each file, by its index in the group; only for files without an
  ///   error.
  func observe(
    _ group: FileSet.Group, _ observer: @escaping (Int, MappedFile, ImageScrub.Outcome) -> Void
  ) -> [FileReport] {
    let destinations = group.files.map { _ in Destination.nowhere }
    return GroupScrub(options: options, group: group, destinations: destinations, observer: observer).run()
  }

  /// The same, except that the results do not get their names yet.
  /// - Parameter waiting: receives each result, by its index in the group.
  func stage(
    _ group: FileSet.Group, to destinations: [Destination], waiting: @escaping (Int, StagedFile) -> [Note]
  ) -> [FileReport] {
    GroupScrub(options: options, group: group, destinations: destinations).run(waiting)
  }
}

/// A finished result that only needs its final name.
struct StagedFile {
  var index: Int
  /// Nil if nothing is to be written, as with `--check`.
  var output: AtomicWrite?
  /// The file it was made from.
  var original: MappedFile
  /// Nil if it is a copy.
  var content: Bytes?
  /// The file's new name, if it is derived from the build-id and changes.
  var newPath: String?
  /// The time to set on a source afterwards, so that its bytecode is not stale.
  var time: ModificationTime?
  /// Whether to remove the original afterwards, because the file now has another name.
  var isMoved: Bool

  var source: MappedFile? { isMoved ? original : nil }
}

/// Processes files that belong together: cluster by cluster into temporary files. When all are written and verified,
/// they get their names.
private struct GroupScrub {
  let options: Options
  let group: FileSet.Group
  let destinations: [Destination]
  var observer: ((Int, MappedFile, ImageScrub.Outcome) -> Void)?

  /// - Parameter waiting: receives what would be committed.
  func run(_ waiting: ((Int, StagedFile) -> [Note])? = nil) -> [FileReport] {
    var reports = group.files.map { FileReport(path: $0.path) }
    // The directory of a distribution's files is already locked, but files that no RECORD lists are not.
    let lock =
      destinations.contains(.inPlace) && waiting == nil ? WriteLock(group.files.map(\.path)) : nil
    defer { _ = lock }
    var staged: [StagedFile] = []
    var failed: Int?
    let clustered = Set(group.clusters.joined())
    let alone = group.files.indices.filter { !clustered.contains($0) }.map { [$0] }
    let pieces =
      group.wheel == nil ? (group.clusters + alone).sorted { $0[0] < $1[0] } : [Array(group.files.indices)]
    for piece in pieces {
      do throws(PartFailure) {
        if let wheel = group.wheel {
          try work(onWheel: wheel, &reports, &staged)
        } else {
          try work(on: piece, &reports, &staged)
        }
      } catch {
        reports[error.part].errors.append(error.error.inside(path: group.files[error.part].path))
        failed = failed ?? error.part
      }
    }
    if failed == nil, let waiting {
      for result in staged { reports[result.index].notes += waiting(result.index, result) }
    } else if failed == nil {
      do throws(PartFailure) { try commit(staged, &reports) } catch {
        reports[error.part].errors.append(error.error.inside(path: group.files[error.part].path))
        failed = error.part
      }
    }
    if let failed { refuse(because: failed, staged, &reports) }
    return reports
  }

  /// Edits, seals and verifies one cluster, and writes the results beside their targets.
  private func work(
    on cluster: [Int], _ reports: inout [FileReport], _ staged: inout [StagedFile]
  ) throws(PartFailure) {
    var files: [MappedFile] = []
    for index in cluster {
      files.append(
        try PartFailure.of(index) { () throws(ScrubError) in try MappedFile.open(group.files[index].path) })
    }
    let size = files.reduce(0) { $0 + $1.bytes.count }
    let outcomes: [ImageScrub.Outcome]
    var failed = cluster[0]
    do throws(ScrubError) {
      outcomes = try Effort.within(size) { () throws(ScrubError) -> [ImageScrub.Outcome] in
        do throws(PartFailure) { return try self.outcomes(of: cluster, files) } catch {
          failed = error.part
          throw error.error
        }
      }
    } catch {
      throw PartFailure(part: failed, error: error)
    }
    for (place, index) in cluster.enumerated() {
      if let file = try finish(files[place], outcomes[place], index, &reports) { staged.append(file) }
    }
  }

  /// The same for a wheel and the files that belong to its members.
  private func work(
    onWheel wheel: Int, _ reports: inout [FileReport], _ staged: inout [StagedFile]
  ) throws(PartFailure) {
    var files: [MappedFile] = []
    for (index, input) in group.files.enumerated() {
      files.append(try PartFailure.of(index) { () throws(ScrubError) in try MappedFile.open(input.path) })
    }
    let (outside, parts) = group.parts(of: files, around: wheel, options)
    let scrub = WheelScrub(options(in: files[wheel]))
    let result: (wheel: Scrub.Result, outside: [ImageScrub.Outcome])
    do throws(ScrubError) {
      result = try Effort.within(files.reduce(0) { $0 + $1.bytes.count }) { () throws(ScrubError) in
        try scrub.run(files[wheel], with: parts, &reports[wheel])
      }
    } catch {
      throw PartFailure(part: files.firstIndex { $0.path == error.place.path } ?? wheel, error: error)
    }
    for (outcome, index) in zip(result.outside, outside) {
      if let file = try finish(files[index], outcome, index, &reports) { staged.append(file) }
    }
    let written = try PartFailure.of(wheel) { () throws(ScrubError) in
      let written = try Scrub.stage(result.wheel, of: files[wheel], to: destinations[wheel])
      try written?.prepare()
      return written
    }
    guard let written else { return }
    reports[wheel].notes += written.notes
    staged.append(StagedFile(index: wheel, output: written, original: files[wheel], isMoved: false))
  }

  /// Reports the outcome of one file, and stages it.
  private func finish(
    _ file: MappedFile, _ outcome: ImageScrub.Outcome, _ index: Int, _ reports: inout [FileReport]
  ) throws(PartFailure) -> StagedFile? {
    reports[index].add(outcome, path: group.files[index].path, member: nil)
    for note in group.notes[index] ?? [] {
      reports[index].notes.append(
        Note(note.message, at: note.place.within(path: group.files[index].path)))
    }
    observer?(index, file, outcome)
    return try PartFailure.of(index) { () throws(ScrubError) in
      try stage(file, outcome, index, &reports[index])
    }
  }

  private func outcomes(
    of cluster: [Int], _ files: [MappedFile]
  ) throws(PartFailure) -> [ImageScrub.Outcome] {
    if cluster.count == 1 {
      let scrub = LooseScrub(options: self.options(in: files[0]), companions: group.companions[cluster[0]])
      return try PartFailure.of(cluster[0]) { () throws(ScrubError) in
        [try scrub.run(files[0], group.files[cluster[0]], fix: true)]
      }
    }
    let places = Dictionary(uniqueKeysWithValues: cluster.enumerated().map { ($1, $0) })
    let members = zip(cluster, files).map { index, file in
      Part(
        name: file.path, bytes: file.bytes, options: options(in: file), companions: group.companions[index])
    }
    let scrub = ClusterScrub(
      options: options, targets: group.targets.within(places), supplements: group.supplements.within(places))
    do throws(PartFailure) {
      var outcomes = try scrub.run(members)
      ResidueSearch.complete(&outcomes, members.map { ($0.bytes, $0.options) })
      return outcomes
    } catch {
      throw PartFailure(part: cluster[error.part], error: error.error)
    }
  }

  /// The options with the rules that apply to this file.
  private func options(in file: MappedFile) -> Options {
    options.narrowed(to: Place(path: file.path), isExplicit: true) ?? options
  }

  /// Writes the result, without a name yet; nil if nothing is to be written.
  private func stage(
    _ file: MappedFile, _ outcome: ImageScrub.Outcome, _ index: Int, _ report: inout FileReport
  ) throws(ScrubError) -> StagedFile? {
    let path = group.files[index].path
    let output = outcome.output
    var target: String?
    var newPath: String?
    if let output, let named = BuildIDPath(path, ids: outcome.facts?.buildIDs ?? []) {
      let ids = try ElfImage(output).buildIDContents
      if named.name != named.name(for: ids) {
        report.changes.append(
          Change(place: Place(path: path), kind: .name(before: named.name, after: named.name(for: ids))))
        let new = named.renamed(path, for: ids)
        newPath = new
        switch destinations[index] {
        case .nowhere: break
        case .inPlace:
          try checkFree(new, output)
          target = new
        case .file(let path): target = named.renamed(path, for: ids)
        }
      }
    }
    let result: AtomicWrite
    let staging = AtomicWrite.Staging(directory: group.files[index].installRoot)
    var isMoved = false
    switch (destinations[index], output) {
    case (.nowhere, nil), (.inPlace, nil): return nil
    // RECORD's row must follow even if nothing is written.
    case (.nowhere, _?):
      return StagedFile(
        index: index, output: nil, original: file, content: output, newPath: newPath, isMoved: false)
    case (.inPlace, _?):
      isMoved = target != nil
      if let target {
        result = try AtomicWrite(to: target, from: file, keepingMode: true, staging)
      } else {
        result = try AtomicWrite(replacing: file, staging)
      }
    case (.file(let path), _): result = try AtomicWrite(to: target ?? path, from: file)
    }
    if let output { try result.write(output) } else { try result.copy(0..<file.bytes.count, of: file) }
    try file.checkUnchanged()
    try result.prepare()
    report.notes += result.notes
    return StagedFile(
      index: index, output: result, original: file, content: output, newPath: newPath,
      time: destinations[index] == .inPlace ? outcome.time(for: file.path) : nil, isMoved: isMoved)
  }

  /// Another file may have the name: replacing identical content loses nothing, any other content would be lost.
  private func checkFree(_ path: String, _ output: Bytes) throws(ScrubError) {
    guard try FileIdentity(path: path) != nil else { return }
    guard try MappedFile.open(path).bytes == output else {
      throw ScrubError("cannot be written: another file has the name of its build-id", at: Place(path: path))
    }
  }

  /// All files are ready: only names change now.
  private func commit(_ staged: [StagedFile], _ reports: inout [FileReport]) throws(PartFailure) {
    for result in staged {
      do throws(ScrubError) {
        try result.output?.checkTarget()
        if let source = result.source { try source.checkStillNamed() }
      } catch { throw PartFailure(part: result.index, error: error) }
    }
    var transaction = WriteTransaction()
    for result in staged {
      if let output = result.output { transaction.add(output) }
    }
    for result in staged {
      if result.output != nil, let source = result.source { transaction.remove(source) }
      if result.output != nil, let time = result.time { transaction.set(time) }
    }
    let error = WriteTransaction.commit([transaction])[0]
    for result in staged where result.output?.isCommitted == true {
      reports[result.index].writtenTo = result.output?.path
    }
    for directory in Set(transaction.outputs.map(\.directory)) { AtomicWrite.syncDirectory(directory) }
    if let error {
      let culprit = staged.first { [$0.output?.path, $0.original.path].contains(error.place.path) }
      throw PartFailure(part: (culprit ?? staged[0]).index, error: error)
    }
  }

  /// Adds the reason to the reports of the other files, which were not written.
  private func refuse(because failed: Int, _ staged: [StagedFile], _ reports: inout [FileReport]) {
    let culprit = group.files[failed].path
    for index in reports.indices where reports[index].errors.isEmpty && reports[index].writtenTo == nil {
      reports[index].errors.append(
        ScrubError(
          "not written, because \(culprit), which belongs to it, could not be processed",
          at: Place(path: group.files[index].path)))
    }
  }
}

extension Place {
  fileprivate func within(path: String) -> Place {
    var place = self
    place.path = path
    return place
  }
}
