import ScrubKit

/// What the formats for people share: everything but how findings look.
struct HumanReport {
  var outcome: Outcome
  var presentation: Presentation
  var findings: ([Finding], Presentation) -> [Line]

  var lines: [Line] {
    var lines = outcome.reports.flatMap(fileLines)
    lines += outcome.errors.map(errorLine)
    if outcome.showsStatistics { lines += Statistics(outcome).lines.map(beside) }
    if !presentation.quiet { lines.append(beside(Summary(outcome).line)) }
    return lines
  }

  private func fileLines(_ report: FileReport) -> [Line] {
    var lines: [Line] = []
    if outcome.showsDiff, report.errors.isEmpty { lines += Diff.lines(report.changes) }
    if !outcome.showsStatistics { lines += findings(outcome.listed(report), presentation).map(beside) }
    if !presentation.quiet {
      if let result = FileResult.line(report, action: outcome.action, isVerbose: presentation.verbose) {
        lines.append(beside(result))
      }
      lines += notes(report).map {
        beside("\("note:", .note) \(located($0.place, $0.message))")
      }
    }
    return lines + report.errors.map(errorLine)
  }

  private func notes(_ report: FileReport) -> [Note] {
    if presentation.verbose { return report.notes }
    return outcome.showsStatistics ? [] : report.notes.filter { !$0.isDetail }
  }

  private func errorLine(_ error: ScrubError) -> Line {
    let line: Line = "\("error:", .error) \(located(error.place, error.message))"
    return line.onError
  }

  private func located(_ place: Place, _ message: String) -> Line {
    let place = place.description
    return place.isEmpty ? "\(message)" : "\(place, .path): \(message)"
  }

  /// With `--diff` standard output is the diff alone, fit for a file; the rest goes beside it.
  private func beside(_ line: Line) -> Line { outcome.showsDiff ? line.onError : line }
}
