import Formats
import ScrubKit

/// What the formats for people share: everything except the form of findings.
struct HumanReport {
  var outcome: Outcome
  var presentation: Presentation
  var findings: ([Finding], Presentation) -> [Line]

  var lines: [Line] {
    var lines: [Line] = []
    if presentation.verbose, let file = outcome.configuration {
      lines.append(beside(.note(.configuration(file))))
    }
    if presentation.verbose { lines += outcome.skipped.map { beside(.note($0)) } }
    lines += outcome.reports.flatMap(fileLines)
    if !presentation.quiet { lines += outcome.notes.map { beside(.note($0)) } }
    lines += outcome.errors.map(Line.error)
    if outcome.showsStatistics { lines += Statistics(outcome).lines.map(beside) }
    if !presentation.quiet, let summary = Summary(outcome).line { lines.append(beside(summary)) }
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
      lines += notes(report).map { beside(.note($0)) }
    }
    return lines + report.errors.map(Line.error)
  }

  private func notes(_ report: FileReport) -> [Note] {
    if presentation.verbose { return report.notes }
    return outcome.showsStatistics ? [] : report.notes.filter { !$0.isDetail }
  }

  /// With `--diff`, standard output holds only the diff, ready for a file; everything else goes to standard error.
  private func beside(_ line: Line) -> Line { outcome.showsDiff ? line.onError : line }
}
