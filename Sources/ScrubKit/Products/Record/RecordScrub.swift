internal import BuildRoots
public import Formats
import Platform

/// Processes only RECORD: of wheels, and of distributions installed below a directory.
public struct RecordScrub: Sendable {
  private let options: Options

  /// - Parameter workers: the workers that read files in parallel.
  public init(workers: Workers) {
    var options = Options()
    options.workers = workers
    options.policy = Policy.default.narrowed(to: .default.narrowed(to: Family.record))
    self.options = options
  }

  /// One report for each RECORD below the path, or for the wheel at the path.
  /// - Parameter update: rewrite RECORD where it is wrong.
  public func run(_ path: String, update: Bool) -> [FileReport] {
    do throws(ScrubError) {
      if let identity = try FileIdentity(path: path), !identity.isDirectory {
        return [wheel(InputFile(path: path, relativePath: path, isExplicit: true), update: update)]
      }
      return try tree(path, update: update)
    } catch {
      var report = FileReport(path: path)
      report.errors = [error.inside(path: path)]
      return [report]
    }
  }

  private func wheel(_ input: InputFile, update: Bool) -> FileReport {
    var options = options
    options.fixRecord = update
    return update ? Scrub(options).fix(input, to: .inPlace) : Scrub(options).check(input)
  }

  private func tree(_ path: String, update: Bool) throws(ScrubError) -> [FileReport] {
    _ = try AtomicWrite.realPath(path)
    var reports = Tree.expand([path]).files.filter { $0.path.hasSuffix(".whl") }.map {
      wheel($0, update: update)
    }
    let (directories, errors) = Self.distInfos(below: path)
    for directory in directories {
      var report = FileReport(path: directory + "/RECORD")
      do throws(ScrubError) { try installed(directory, update: update, &report) } catch {
        report.errors.append(error.inside(path: report.path))
      }
      reports.append(report)
    }
    if !errors.isEmpty {
      var report = FileReport(path: path)
      report.errors = errors
      reports.append(report)
    }
    return reports
  }

  /// `*.dist-info` directories with a RECORD, in byte order; a missing RECORD is not created. Links are not followed.
  private static func distInfos(below path: String) -> ([String], [ScrubError]) {
    var found: [String] = []
    var errors: [ScrubError] = []
    var open = [path]
    while let directory = open.popLast() {
      let names: [String]
      do throws(ScrubError) { names = try Self.names(in: directory) } catch {
        errors.append(error)
        continue
      }
      if directory.hasSuffix(".dist-info"), names.contains("RECORD") { found.append(directory) }
      for name in names {
        let child = directory == "/" ? "/\(name)" : "\(directory)/\(name)"
        var status = stat()
        if unsafe lstat(child, &status) == 0, FileIdentity(status).isDirectory, !Leftover.isOne(child) {
          open.append(child)
        }
      }
    }
    return (found.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, errors)
  }

  /// Omits names that no row of a RECORD can hold because they are not UTF-8.
  private static func names(in directory: String) throws(ScrubError) -> [String] {
    try DirectoryEntry.names(in: directory).compactMap { String(validating: $0, as: UTF8.self) }
  }

  /// One installed package.
  private func installed(
    _ directory: String, update: Bool, _ report: inout FileReport
  ) throws(ScrubError) {
    let (parent, name) = AtomicWrite.split(directory)
    let root = try AtomicWrite.realPath(parent)
    let lock = update ? WriteLock([root]) : nil
    defer { _ = lock }
    let file = try MappedFile.open(report.path)
    let record: Record
    do throws(ScrubError) { record = try Record(file.bytes, name: "\(name)/RECORD") } catch {
      try error.rethrowRefusal()
      report.findings.append(
        Finding(
          place: Place(path: report.path, offset: error.place.offset), rule: .badRow,
          subject: .defect(Defect(error.message)), fate: .left(reason: "its rows cannot be told apart")))
      return
    }
    // The files that rows name below the root, and those beside RECORD.
    var names: [String] = []
    var isSeen: Set<[UInt8]> = []
    let beside = ((try? Self.names(in: directory)) ?? []).sorted()
    let claimed = record.rows.indices.compactMap { RecordClaim(record, row: $0) }.filter { !$0.isOutside }
    for path in claimed.map(\.path) + beside.map({ "\(name)/\($0)" })
    where isSeen.insert(Array(path.utf8)).inserted {
      guard let real = try? AtomicWrite.realPath("\(root)/\(path)"),
        let identity = try? FileIdentity(path: real),
        identity.isRegularFile
      else { continue }
      guard root == "/" || real.hasPrefix(root + "/") else {
        report.notes.append(
          Note("\(path) is a link out of the directory; not followed", at: Place(path: report.path)))
        continue
      }
      names.append(path)
    }
    var audit = RecordAudit(
      record: record, selection: options.policy.selection, corrects: update, workers: options.workers)
    audit.isInstalled = true
    let result = try audit.run(
      names.map { path in
        RecordAudit.File(name: path) { () throws(ScrubError) in try MappedFile.open("\(root)/\(path)").bytes }
      })
    for var finding in result.findings {
      finding.place = Place(path: report.path, offset: finding.place.offset)
      report.findings.append(finding)
    }
    report.notes += result.notes.map { Note($0.message, at: Place(path: report.path), isDetail: $0.isDetail) }
    guard update, !result.correction.isEmpty else { return }
    for change in result.correction.changes(in: record) {
      report.changes.append(
        Change(
          place: Place(path: report.path), kind: .recordRow(before: change.before ?? "", after: change.after))
      )
    }
    let output = try AtomicWrite(replacing: file)
    try output.write(result.correction.applied(to: record))
    try output.commit()
    report.notes += output.notes
    report.writtenTo = report.path
  }
}
