import Formats

/// Compares two artifacts: containers, members, images, sections, causes. Then compares what `fix` makes of them, which
/// tells for each difference whether `fix` removes it.
public struct Comparison: Sendable {
  let options: Options

  /// - Parameter options: those of `fix`.
  public init(_ options: Options) { self.options = options }

  /// Compares; writes nothing. Errors are in the report.
  public func run(_ first: String, _ second: String) -> DifferenceReport {
    var report = DifferenceReport(first: first, second: second)
    do throws(ScrubError) {
      switch (try Artifact.open(first), try Artifact.open(second)) {
      case (.file(let one), .file(let other)):
        try compare(one, other, &report)
      case (.directory, .directory):
        try compareTrees(&report)
      case (let one, let other):
        throw ScrubError(
          "needs two artifacts of one kind, \(first) is \(one.kind), \(second) is \(other.kind)")
      }
      report.isIdentical = report.isIdentical || report.differences.isEmpty && report.errors.isEmpty
    } catch {
      report.errors.append(error)
    }
    return report
  }

  private func compare(
    _ one: MappedFile, _ other: MappedFile, _ report: inout DifferenceReport
  ) throws(ScrubError) {
    // Equal bytes need no explanation, whatever they are.
    if one.bytes == other.bytes {
      report.isIdentical = true
      return
    }
    let kinds = (FileKind.of(one.bytes), FileKind.of(other.bytes))
    guard kinds.0 == kinds.1 else {
      throw ScrubError(
        "needs two artifacts of one kind, \(one.path) is \(kinds.0.name), \(other.path) is \(kinds.1.name)"
      )
    }
    guard kinds.0 != .other else {
      throw ScrubError(
        "neither a wheel (zip), an ELF or Mach-O image, a static archive nor compiled Python",
        at: Place(path: one.path))
    }
    let pair = FilePair(one: one, other: other, path: one.path, options: options)
    let result = try pair.compare()
    report.differences = result.differences
    report.notes = result.notes
  }

  private func compareTrees(_ report: inout DifferenceReport) throws(ScrubError) {
    let tree = try TreePair(report.first, report.second)
    let results = options.workers.map(tree.steps) { step in
      Result { () throws(ScrubError) in
        switch step {
        case .differ(let difference): return ([difference], [Note]())
        case .compare(let one, let other, let path):
          let pair = FilePair(
            one: try MappedFile.open(one), other: try MappedFile.open(other), path: path, options: options)
          return try pair.compare()
        }
      }
    }
    for result in results {
      do throws(ScrubError) {
        let (differences, notes) = try result.get()
        report.differences += differences
        report.notes += notes
      } catch {
        report.errors.append(error)
      }
    }
  }
}

/// What a path refers to.
enum Artifact {
  case file(MappedFile)
  case directory

  static func open(_ path: String) throws(ScrubError) -> Artifact {
    if let identity = try FileIdentity(path: path), identity.isDirectory { return .directory }
    return .file(try MappedFile.open(path))
  }

  var kind: String {
    switch self {
    case .file(let file): FileKind.of(file.bytes).name
    case .directory: "a directory"
    }
  }
}
