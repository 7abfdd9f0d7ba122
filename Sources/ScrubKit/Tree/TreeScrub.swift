/// The way of a tree: file by file into temporary files, and when all of a distribution are there and verified,
/// under their names, with RECORD.
public struct TreeScrub: Sendable {
  public let options: Options
  public let tree: InstalledTree
  private let files: [InputFile]

  public init(_ files: [InputFile], options: Options) {
    self.options = options
    self.files = files
    tree = InstalledTree(files)
  }

  /// Works on one file. Where it belongs to a distribution its result waits for `commit`.
  public func fix(_ file: Int, to destination: Destination) -> FileReport {
    guard let distribution = tree.owners[file] else {
      return Scrub(options).fix(files[file], to: destination)
    }
    return Scrub(options).stage(files[file], to: destination) { source, outcome, output throws(ScrubError) in
      var notes: [Note] = []
      var row: Record.RowChange?
      if let content = outcome.output, let path = files[file].installedPath {
        do throws(ScrubError) {
          row = try distribution.record.change(of: path, from: source.bytes, to: content)
        } catch {
          // It was wrong before; whoever changed the file knows why.
          notes.append(Note("row left as it is: \(error.message)", at: error.place))
        }
      }
      let time = outcome.sourceTime.flatMap { seconds in
        PythonSource.path(ofBytecode: source.path).map { ModificationTime(path: $0, seconds: seconds) }
      }
      if output != nil || row != nil {
        distribution.stage(Distribution.Staged(output: output, row: row, time: time), for: file)
      }
      return notes
    }
  }

  /// Gives the files of each distribution their names, unless one of them failed.
  ///
  /// - Parameters:
  ///   - reports: of all files, in their order; errors and what was written are added.
  ///   - destination: where each file goes.
  /// - Returns: reports of RECORDs that changed.
  public func commit(
    _ reports: inout [FileReport], to destination: (InputFile) -> Destination
  ) -> [FileReport] {
    var ready: [Ready] = []
    for distribution in tree.distributions {
      let staged = distribution.takeStaged()
      if let failed = distribution.files.first(where: { !reports[$0].errors.isEmpty }) {
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
    for next in ready {
      do throws(ScrubError) {
        try next.transaction.commit()
        for time in next.times { try time.set() }
        for (file, path) in next.written { reports[file].writtenTo = path }
        if let record = next.record { records.append(record) }
      } catch {
        fail(next.distribution, error, &reports)
      }
    }
    return records
  }

  /// A distribution of which everything is written, under other names.
  private struct Ready {
    var distribution: Distribution
    var transaction = WriteTransaction()
    var times: [ModificationTime] = []
    /// Where each file will be.
    var written: [(file: Int, path: String)] = []
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
    for file in distribution.files {
      guard let result = staged[file] else { continue }
      if let row = result.row { rows.append(row) }
      guard let output = result.output else { continue }
      // Hard links of one file (compileall --hardlink-dupes) stay links.
      if let inode = try FileIdentity(path: files[file].path)?.inodeKey {
        if let other = linked[inode] { try output.link(to: other) } else { linked[inode] = output }
      }
      ready.transaction.add(output)
      ready.written.append((file, output.path))
      if let time = result.time { ready.times.append(time) }
    }
    guard !rows.isEmpty else { return ready.written.isEmpty ? nil : ready }
    let record = distribution.record
    var report = FileReport(path: record.file.path)
    for row in rows.sorted(by: { $0.row < $1.row }) {
      report.changes.append(
        Change(place: Place(path: record.file.path), kind: .recordRow(before: row.before, after: row.after)))
    }
    if let output = try recordOutput(distribution, destination) {
      try output.write(record.content.applying(rows))
      try output.prepare(syncs: false)
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
    return ready
  }

  /// Where RECORD goes: to the same place beside the files as before.
  private func recordOutput(
    _ distribution: Distribution, _ destination: (InputFile) -> Destination
  ) throws(ScrubError) -> AtomicWrite? {
    let record = distribution.record
    let file = files[distribution.files[0]]
    switch destination(file) {
    case .nowhere: return nil
    case .inPlace: return try AtomicWrite(replacing: record.file)
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
