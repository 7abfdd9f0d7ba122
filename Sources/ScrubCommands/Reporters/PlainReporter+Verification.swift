import Formats
import ScrubKit

extension PlainReporter<VerificationReport> {
  static let table = Table(full: full, concise: concise, json: json)

  static let full = PlainReporter { human($0, $1, isFull: true) }
  static let concise = PlainReporter { human($0, $1, isFull: false) }
  static let json = PlainReporter { report, _ in Line.document(JSONVerification.document(report)) }

  private static func human(
    _ report: VerificationReport, _ presentation: Presentation, isFull: Bool
  ) -> [Line] {
    // What matters most comes first.
    let shown: [Verdict.Weight] =
      presentation.verbose
      ? [.mismatch, .unproven, .fine] : presentation.quiet ? [.mismatch] : [.mismatch, .unproven]
    var lines = shown.flatMap { weight in
      let results = report.results.filter { $0.verdict.weight == weight }
      guard isFull, !presentation.verbose, weight == .unproven else {
        return results.flatMap { self.lines($0, showsDifferences: isFull) }
      }
      return results.grouped { Class(verdict: $0.verdict, reason: $0.reason) }.flatMap { results in
        results.count > largestUnfolded
          ? [folded(results)] : results.flatMap { self.lines($0, showsDifferences: isFull) }
      }
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

  /// So many files of one verdict and reason have a line each.
  private static var largestUnfolded: Int { 3 }

  private struct Class: Hashable {
    var verdict: Verdict
    var reason: String?
  }

  /// `5571 files: FOREIGN-MAGIC needs CPython 3.12 to be proven … (x.pyc is one)`.
  private static func folded(_ results: [TriageResult]) -> Line {
    let first = results[0]
    var line: Line = "\(Count.text(results.count, "file")): \(first.verdict.rawValue, .stays)"
    if let reason = first.reason { line = "\(line) \(reason)" }
    if first.verdict == .foreignMagic { line = "\(line); name one with --python" }
    return "\(line) (\(first.path, .path) is one; -v lists them)"
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

  private static func summary(_ report: VerificationReport) -> Line {
    guard !report.results.isEmpty else { return "Nothing to verify." }
    let counts = Verdict.allCases.map { (verdict: $0, count: report.count($0)) }.filter { $0.count > 0 }
    let text = counts.map { "\($0.count) \($0.verdict.rawValue)" }.joined(separator: ", ")
    return "\(Count.text(report.results.count, "file")): \(text)"
  }
}
