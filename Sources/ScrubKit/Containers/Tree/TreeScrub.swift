import Formats

/// Processes a tree: file by file into temporary files. When all files of a distribution are written and verified, they
/// get their names, together with RECORD.
struct TreeScrub: Sendable {
  let options: Options
  let tree: InstalledTree
  private let files: [InputFile]
  private let relocated: RelocatedSources

  init(_ files: [InputFile], options: Options) {
    self.options = options
    relocated = RelocatedSources(files, options: options)
    var files = files
    for (number, reason) in relocated.kept { files[number].treeFile?.surroundings.obstacle = reason }
    self.files = files
    tree = InstalledTree(files)
  }

  /// Whether a file is processed differently from a loose one.
  func isInvolved(_ file: Int) -> Bool {
    tree.owners[file] != nil || relocated.stale.contains(file) || relocated.kept[file] != nil
  }

  /// Processes one file. If it belongs to a distribution, its result waits for `commit`.
  func fix(_ file: Int, to destination: Destination) -> FileReport {
    if relocated.stale.contains(file) { return remove(file, to: destination) }
    guard let distribution = tree.owners[file] else {
      return Scrub(options).fix(files[file], to: destination)
    }
    return Scrub(options).stage(files[file], to: destination) { source, outcome, output throws(ScrubError) in
      let (row, notes) = row(of: file, in: distribution, from: source, to: outcome.output)
      let time = destination == .inPlace ? outcome.time(for: source.path) : nil
      if output != nil || row != nil {
        distribution.stage(
          Distribution.Staged(output: output, rows: [row].compactMap(\.self), time: time), for: file)
      }
      return notes
    }
  }

  /// Processes files that belong together; nil if none of them belongs to a distribution. Otherwise all results wait
  /// for `commit`, including those of files that no RECORD lists.
  func fix(_ group: FileSet.Group, to destinations: [Destination]) -> [FileReport]? {
    guard let first = group.indices.lazy.compactMap({ tree.owners[$0] }).first else { return nil }
    return Scrub(options).stage(group, to: destinations) { place, result in
      let distribution = tree.owners[group.indices[place]] ?? first
      // A file named after its build-id takes the last two parts of its name from the new path.
      let newName = result.newPath.map { path in
        let kept = (group.files[place].installedPath ?? "").split(separator: "/").dropLast(2)
        return (kept + path.split(separator: "/").suffix(2)).joined(separator: "/")
      }
      let (row, notes) = row(
        of: group.indices[place], in: distribution, from: result.original, to: result.content, named: newName)
      distribution.stage(
        Distribution.Staged(
          output: result.output, rows: [row].compactMap(\.self), time: result.time, moved: result.source),
        for: group.indices[place])
      return notes
    }
  }

  /// Removes bytecode that its source no longer compiles to. When writing elsewhere, it is simply not written.
  private func remove(_ number: Int, to destination: Destination) -> FileReport {
    let input = files[number]
    var report = FileReport(path: input.path)
    do throws(ScrubError) {
      let file = try MappedFile.open(input.path)
      report.changes.append(Change(place: Place(path: input.path), kind: .removed))
      let goes = destination == .inPlace ? file : nil
      guard let distribution = tree.owners[number] else {
        try goes?.remove()
        return report
      }
      let rows = distribution.record.content.removal(of: input.installedPath ?? "")
      distribution.stage(Distribution.Staged(rows: rows, removed: goes), for: number)
    } catch {
      report.changes = []
      report.errors.append(error.inside(path: input.path))
    }
    return report
  }

  /// The row that must follow a file's content.
  private func row(
    of file: Int, in distribution: Distribution, from original: MappedFile, to content: Bytes?,
    named newName: String? = nil
  ) -> (Record.RowChange?, [Note]) {
    guard let content, let path = distribution.outside[file] ?? files[file].installedPath else {
      return (nil, [])
    }
    do throws(ScrubError) {
      return (
        try distribution.record.change(of: path, from: original.bytes, to: content, named: newName), []
      )
    } catch {
      // The row was wrong before; whoever changed the file knows why.
      return (nil, [Note("row left as it is: \(error.message)", at: error.place)])
    }
  }

  /// Gives the files of each distribution their names, unless one of them failed.
  ///
  /// - Parameters:
  ///   - reports: of all files, in their order; receives errors and what was written.
  ///   - destination: where each file is written.
  /// - Returns: reports of RECORDs that changed.
  func commit(
    _ reports: inout [FileReport], to destination: (InputFile) -> Destination
  ) -> [FileReport] {
    var ready: [Ready] = []
    for distribution in tree.distributions {
      let staged = distribution.takeStaged()
      if let failed = Set(distribution.files).union(staged.keys).sorted().first(where: {
        !reports[$0].errors.isEmpty
      }) {
        refuse(distribution, because: failed, &reports)
        continue
      }
      do throws(ScrubError) {
        if let next = try prepare(distribution, staged, destination) { ready.append(next) }
      } catch {
        fail(distribution, error, &reports)
      }
    }
    do throws(ScrubError) { try WriteTransaction.flush(ready.map(\.transaction)) } catch {
      for next in ready { fail(next.distribution, error, &reports) }
      return []
    }
    var records: [FileReport] = []
    // One journal for each install root.
    var errors = [ScrubError?](repeating: nil, count: ready.count)
    let byRoot = Dictionary(grouping: ready.indices) { ready[$0].distribution.record.root }
    for (_, numbers) in byRoot.sorted(by: { $0.value[0] < $1.value[0] }) {
      let results = WriteTransaction.commit(numbers.map { ready[$0].transaction })
      for (number, result) in zip(numbers, results) { errors[number] = result }
    }
    for (number, next) in ready.enumerated() {
      for (file, output) in next.written where output.isCommitted { reports[file].writtenTo = output.path }
      if let error = errors[number] {
        fail(next.distribution, error, &reports)
      } else if let record = next.record {
        records.append(record)
      }
    }
    // The renames have happened; failing to flush them to the disk is not an error.
    try? WriteTransaction.flush(ready.map(\.transaction))
    return records
  }

  /// A distribution whose files are all written, under temporary names.
  private struct Ready {
    var distribution: Distribution
    var transaction = WriteTransaction()
    /// The output of each file.
    var written: [(file: Int, output: AtomicWrite)] = []
    /// The report for RECORD, if it changes.
    var record: FileReport?
  }

  /// - Returns: nil if nothing is written.
  private func prepare(
    _ distribution: Distribution, _ staged: [Int: Distribution.Staged],
    _ destination: (InputFile) -> Destination
  ) throws(ScrubError) -> Ready? {
    var ready = Ready(distribution: distribution)
    var rows: [Record.RowChange] = []
    var linked: [FileIdentity.Inode: AtomicWrite] = [:]
    let staged = staged.sorted { $0.key < $1.key }
    // First: bytecode without its source's content is worse than no bytecode.
    for case let removed? in staged.map(\.value.removed) { ready.transaction.remove(removed) }
    for (file, result) in staged {
      rows += result.rows
      guard let output = result.output else { continue }
      // Hard links of one file (compileall --hardlink-dupes) stay links.
      if let inode = try FileIdentity(path: files[file].path)?.inodeKey {
        if let other = linked[inode] { try output.link(to: other) } else { linked[inode] = output }
      }
      ready.transaction.add(output)
      ready.written.append((file, output))
    }
    // After the files and RECORD: remove files that have another name now, and set the sources' times.
    func finish(_ ready: Ready) -> Ready? {
      var ready = ready
      for case (_, let result) in staged where result.output != nil {
        if let moved = result.moved { ready.transaction.remove(moved) }
        if let time = result.time { ready.transaction.set(time) }
      }
      return ready.transaction.steps.isEmpty && ready.record == nil ? nil : ready
    }
    guard !rows.isEmpty else { return finish(ready) }
    let record = distribution.record
    var report = FileReport(path: record.file.path)
    for row in rows.sorted(by: { $0.row < $1.row }) {
      report.changes.append(
        Change(place: Place(path: record.file.path), kind: .recordRow(before: row.before, after: row.after)))
    }
    if let output = try recordOutput(distribution, destination) {
      try output.write(record.content.applying(rows))
      try output.prepare(syncs: false)
      report.notes += output.notes
      // Last: until then RECORD shows that something is amiss.
      ready.transaction.add(output)
      report.writtenTo = output.path
    } else if !ready.written.isEmpty {
      report.changes = []
      report.notes = [
        Note("not written: -w got only a part of the distribution", at: Place(path: report.path))
      ]
    }
    ready.record = report
    return finish(ready)
  }

  /// Where RECORD is written: in the same place relative to the files as before.
  private func recordOutput(
    _ distribution: Distribution, _ destination: (InputFile) -> Destination
  ) throws(ScrubError) -> AtomicWrite? {
    let record = distribution.record
    // Scripts lie elsewhere.
    let file =
      distribution.files.map { files[$0] }.first { $0.installedPath != nil } ?? files[distribution.files[0]]
    switch destination(file) {
    case .nowhere: return nil
    case .inPlace:
      return try AtomicWrite(replacing: record.file, AtomicWrite.Staging(directory: record.root))
    case .file(let path):
      guard let installedPath = file.installedPath, path.hasSuffix("/" + installedPath) else {
        return nil
      }
      return try AtomicWrite(
        to: path.dropLast(installedPath.count) + record.installedPath, from: record.file)
    }
  }

  private func fail(_ distribution: Distribution, _ error: ScrubError, _ reports: inout [FileReport]) {
    let owner = distribution.files.first { files[$0].path == error.place.path } ?? distribution.files[0]
    reports[owner].errors.append(error.inside(path: files[owner].path))
    refuse(distribution, because: owner, &reports)
  }

  /// Adds the reason to the reports of the other files, which were not written.
  private func refuse(_ distribution: Distribution, because failed: Int, _ reports: inout [FileReport]) {
    for file in distribution.files
    where reports[file].errors.isEmpty && reports[file].writtenTo == nil && !reports[file].changes.isEmpty {
      reports[file].errors.append(
        ScrubError(
          "not written, because \(files[failed].path), which belongs to it, could not be processed",
          at: Place(path: files[file].path)))
    }
  }
}
