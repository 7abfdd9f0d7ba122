public import Formats
import Synchronization

/// One `fix` of many files: which are processed as one, in parallel, and then what their distributions need.
public struct FixRun: Sendable {
  /// Processes one file that does not belong to others.
  public typealias Work = @Sendable (InputFile, Destination) -> FileReport
  /// Applies work to every file in parallel, and returns reports in file order.
  public typealias Map = ([InputFile], _ work: @escaping @Sendable (InputFile) -> FileReport) -> [FileReport]

  public let files: [InputFile]
  private let options: Options
  private let tree: TreeScrub
  private let groups: [FileSet.Group]
  private let alone: Work

  /// - Parameter alone: nil for the default.
  public init(_ files: [InputFile], options: Options, alone: Work? = nil) {
    self.files = files
    self.options = options
    self.alone = alone ?? { Scrub(options).fix($0, to: $1) }
    tree = TreeScrub(files, options: options)
    groups = FileSet(files, options: options).groups
  }

  /// RECORDs that cannot be read.
  public var errors: [ScrubError] { tree.tree.errors }

  /// One report for each file; the results of one distribution wait for `commit`. Files that belong together are one
  /// unit of work, represented by the first of them.
  /// - Parameter destination: where a file is written; creates the directory for it.
  public func run(
    _ map: Map, to destination: @escaping @Sendable (InputFile) throws(ScrubError) -> Destination
  ) -> [FileReport] {
    let leaders = Dictionary(uniqueKeysWithValues: groups.map { ($0.files[0], $0) })
    let followers = Set(groups.flatMap { $0.indices.dropFirst() })
    let numbers = Dictionary(zip(files, files.indices)) { first, _ in first }
    let together = Mutex<[Int: FileReport]>([:])

    let leading = files.indices.filter { !followers.contains($0) }
    let reports = map(leading.map { files[$0] }) { file in
      guard let group = leaders[file] else {
        return work(on: file, numbers[file], to: destination)
      }
      let reports = work(on: group, to: destination)
      together.withLock { together in
        for (index, report) in zip(group.indices, reports) { together[index] = report }
      }
      return reports[0]
    }
    var results = together.withLock { $0 }
    for (index, report) in zip(leading, reports) { results[index] = report }
    return files.indices.map { results[$0] ?? FileReport(path: files[$0].path) }
  }

  /// Gives the waiting results their names.
  /// - Parameters:
  ///   - reports: of all files, as `run` returned them; receives what was written.
  ///   - destination: as for `run`.
  /// - Returns: reports of RECORDs that changed.
  public func commit(
    _ reports: inout [FileReport], to destination: (InputFile) -> Destination
  ) -> [FileReport] {
    tree.commit(&reports, to: destination)
  }

  private func work(
    on file: InputFile, _ number: Int?, to destination: (InputFile) throws(ScrubError) -> Destination
  ) -> FileReport {
    do throws(ScrubError) {
      let destination = try destination(file)
      guard let number, tree.isInvolved(number) else { return alone(file, destination) }
      return tree.fix(number, to: destination)
    } catch {
      return FileReport(path: file.path, errors: [error])
    }
  }

  private func work(
    on group: FileSet.Group, to destination: (InputFile) throws(ScrubError) -> Destination
  ) -> [FileReport] {
    do throws(ScrubError) {
      var destinations: [Destination] = []
      for file in group.files { destinations.append(try destination(file)) }
      return tree.fix(group, to: destinations) ?? Scrub(options).fix(group, to: destinations)
    } catch {
      return group.files.map { FileReport(path: $0.path, errors: [error]) }
    }
  }
}
