import Formats

/// The way of a tree: file by file into temporary files, and when all of a distribution are there and verified,
/// under their names, with RECORD.
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

  /// Whether a file goes another way than a loose one.
  func isInvolved(_ file: Int) -> Bool {
    tree.owners[file] != nil || relocated.stale.contains(file) || relocated.kept[file] != nil
  }

  /// Works on one file. Where it belongs to a distribution its result waits for `commit`.
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

  /// Works on files that belong together; nil where none of them is a distribution's. Otherwise the results of all
  /// wait for `commit`, those that no RECORD lists with the others.
  func fix(_ group: FileSet.Group, to destinations: [Destination]) -> [FileReport]? {
    guard let first = group.indices.lazy.compactMap({ tree.owners[$0] }).first else { return nil }
    return Scrub(options).stage(group, to: destinations) { place, result in
      let distribution = tree.owners[group.indices[place]] ?? first
      // What is named after its build-id has the last two parts of its name from there.
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

  /// Takes bytecode away that its source no longer compiles to. Beside the tree it is just not written.
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

  /// The row that has to follow a file's content.
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
      // It was wrong before; whoever changed the file knows why.
      return (nil, [Note("row left as it is: \(error.message)", at: error.place)])
    }
  }

  /// Gives the files of each distribution their names, unless one of them failed.
  ///
  /// - Parameters:
  ///   - reports: of all files, in their order; errors and what was written are added.
  ///   - destination: where each file goes.
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
    // One journal for each directory that distributions are installed in.
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
    // The renames have happened: that they may not be on the disk yet makes nothing fail.
    try? WriteTransaction.flush(ready.map(\.transaction))
    return records
  }

  /// A distribution of which everything is written, under other names.
  private struct Ready {
    var distribution: Distribution
    var transaction = WriteTransaction()
    /// What each file will be.
    var written: [(file: Int, output: AtomicWrite)] = []
    /// Of RECORD, where it changes.
    var record: FileReport?
  }

  /// - Returns: nil where nothing is written.
  private func prepare(
    _ distribution: Distribution, _ staged: [Int: Distribution.Staged],
    _ destination: (InputFile) -> Destination
  ) throws(ScrubError) -> Ready? {
    var ready = Ready(distribution: distribution)
    var rows: [Record.RowChange] = []
    var linked: [FileIdentity.Inode: AtomicWrite] = [:]
    let staged = staged.sorted { $0.key < $1.key }
    // First: bytecode without its source's content is worse than none.
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
    // After the files, and after RECORD: what has another name now goes, and sources get their times.
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
      // Last: until then RECORD tells that something is amiss.
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

  /// Where RECORD goes: to the same place beside the files as before.
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

  /// Says in the reports of the others why they were not written.
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
