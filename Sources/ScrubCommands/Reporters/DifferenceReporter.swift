import ScrubKit

/// One way to print what differs.
struct DifferenceReporter: Sendable {
  var render: @Sendable (DifferenceReport, Presentation) -> [Line]
}

extension OutputFormat {
  /// The table of reporters for differences; the formats that CI systems have are for findings alone.
  var differenceReporter: DifferenceReporter? {
    switch self {
    case .full: .full
    case .concise: .concise
    case .json: .json
    case .jsonLines, .github, .gitlab, .junit, .sarif, .html: nil
    }
  }
}

extension DifferenceReporter {
  static let full = DifferenceReporter { human($0, $1, FullDifferences.lines) }
  static let concise = DifferenceReporter { human($0, $1, ConciseDifferences.lines) }
  static let json = DifferenceReporter { report, _ in
    [Line(pieces: [.init(text: JSONDifferences.document(report).text, role: .verbatim)])]
  }

  /// What the formats for people share: notes, errors and the last line.
  private static func human(
    _ report: DifferenceReport, _ presentation: Presentation,
    _ differences: ([Difference], Presentation) -> [Line]
  ) -> [Line] {
    var lines = differences(report.differences, presentation)
    if !presentation.quiet {
      lines += report.notes.map { note -> Line in
        "\("note:", .note) \(note.place.description, .path): \(note.message)"
      }
    }
    lines += report.errors.map { error -> Line in
      let place = error.place.description
      let line: Line =
        place.isEmpty
        ? "\("error:", .error) \(error.message)" : "\("error:", .error) \(place, .path): \(error.message)"
      return line.onError
    }
    if !presentation.quiet, let summary = summary(report) { lines.append(summary) }
    return lines
  }

  private static func summary(_ report: DifferenceReport) -> Line? {
    if report.differences.isEmpty {
      return report.errors.isEmpty ? "identical" : nil
    }
    let count = report.differences.count
    let left = report.remaining.count
    let files = Set(report.differences.map(\.place.file)).count
    let found = "Found \(Count.text(count, "difference")) in \(Count.text(files, "file"))"
    if left == 0 { return "\(found); wheelscrub fix removes \(count == 1 ? "it" : "all of them")." }
    if left == count { return "\(found); wheelscrub fix removes none." }
    return
      "\(found); wheelscrub fix removes \(String(count - left)), \(String(left)) \(left == 1 ? "remains" : "remain")."
  }
}
