import Formats
import ScrubKit

extension PlainReporter<TriageReport> {
  static let table = Table(full: full, concise: concise, json: json)

  static let full = PlainReporter { human($0, $1, showsDifferences: true) }
  static let concise = PlainReporter { human($0, $1, showsDifferences: false) }
  static let json = PlainReporter { report, _ in Line.document(JSONTriage.document(report)) }

  private static func human(
    _ report: TriageReport, _ presentation: Presentation, showsDifferences: Bool
  ) -> [Line] {
    var lines: [Line] = []
    for result in report.results where presentation.verbose || result.verdict.weight > .fine {
      lines += self.lines(result, showsDifferences: showsDifferences)
    }
    lines += report.oddLines.map { line -> Line in
      "\("standard input", .path): line \(String(line.number)) is not understood: \(line.text)"
    }
    if report.furtherOddLines > 0 {
      lines.append("and \(Count.text(report.furtherOddLines, "more line")) that are not understood")
    }
    if !presentation.quiet {
      lines += report.notes.filter { presentation.verbose || !$0.isDetail }.map(Line.note)
      if presentation.verbose {
        lines += report.interpreters.map {
          "\("note:", .note) compiled with \($0.path, .path), CPython \($0.version)"
        }
      }
    }
    lines += report.errors.map(Line.error)
    if !presentation.quiet { lines.append(summary(report)) }
    return lines
  }

  private static func lines(_ result: TriageResult, showsDifferences: Bool) -> [Line] {
    let role: Line.Role =
      switch result.verdict.weight {
      case .fine: .added
      case .unproven: .stays
      case .mismatch: .error
      }
    var head: Line = "\(result.path, .path): \(result.verdict.rawValue, role)"
    if let reason = result.reason { head = "\(head) \(reason)" }
    if let first = result.differences.first { head = "\(head): \(text(first))" }
    guard showsDifferences else { return [head] }
    return [head] + result.differences.dropFirst().map { "  \(text($0))" }
      + (result.hasMoreDifferences ? ["  …"] : [])
  }

  /// `Shape.area: co_consts[1]: 3, the source gives 2`.
  private static func text(_ difference: CodeDifference) -> String {
    "\(difference.function): \(difference.field): \(difference.found), the source gives \(difference.expected)"
  }

  private static func summary(_ report: TriageReport) -> Line {
    guard !report.results.isEmpty else { return "Nothing to verify." }
    let counts = Verdict.allCases.map { (verdict: $0, count: report.count($0)) }.filter { $0.count > 0 }
    let text = counts.map { "\($0.count) \($0.verdict.rawValue)" }.joined(separator: ", ")
    return "\(Count.text(report.results.count, "file")): \(text)"
  }
}
