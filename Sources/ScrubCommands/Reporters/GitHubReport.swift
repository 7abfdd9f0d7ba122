import BuildRoots
import Formats
import ScrubKit

/// Workflow commands of GitHub Actions. A step shows ten annotations of each level and silently drops the rest, so
/// there is one for each file and rule, and the tenth summarizes all that do not fit.
enum GitHubReport {
  /// For each level, in one step.
  static let limit = 10
  /// How many places of one rule in one file are named.
  private static let shownPlaces = 5

  static func lines(_ outcome: Outcome, _ presentation: Presentation) -> [Line] {
    let groups = outcome.reports.flatMap { report in
      outcome.listed(report).grouped { $0.rule.code }.map { Annotation($0, in: report.path) }
    }
    var lines: [String] = []
    for level in Rule.Severity.allCases.reversed() {
      var annotations = groups.filter { $0.severity == level }
      // Errors of the run explain why something is missing from the list, so they come first.
      if level == .error { annotations = outcome.allErrors.map(Annotation.init) + annotations }
      lines += limited(annotations).map(\.command)
    }
    let summary = presentation.quiet ? nil : Summary(outcome).line.map(Presentation.plain.text)
    return (lines + [summary].compactMap(\.self)).map(Line.verbatim)
  }

  private static func limited(_ annotations: [Annotation]) -> [Annotation] {
    guard annotations.count > limit else { return annotations }
    // The most important ones are kept; equal ones in their order.
    let order = annotations.indices.sorted {
      (-annotations[$0].weight, $0) < (-annotations[$1].weight, $1)
    }
    let kept = order.prefix(limit - 1).sorted().map { annotations[$0] }
    return kept + [Annotation(rest: order.dropFirst(limit - 1).sorted().map { annotations[$0] })]
  }

  /// One annotation before it is written.
  private struct Annotation {
    var severity = Rule.Severity.error
    var path: String?
    var title: String
    /// Lines.
    var message: [String]
    /// The number of findings that it stands for.
    var count: Int
    /// Determines which annotations are shown.
    var weight: Int

    init(_ findings: [Finding], in path: String) {
      let rule = findings[0].rule
      severity = rule.severity
      self.path = path
      title = FindingText(findings[0]).title
      count = findings.count
      weight = count
      message = ["\(Count.text(findings)): \(FindingText(findings[0]).subject)"]
      message += findings.prefix(shownPlaces).map { finding in
        let text = FindingText(finding)
        return [text.place, text.context ?? "", text.fate].filter { !$0.isEmpty }.joined(separator: ", ")
      }
      if count > shownPlaces { message.append("and \(count - shownPlaces) more") }
      let cure = findings[0].cure
      if !cure.isEmpty { message.append("help: \(Escape.terminalSafe(cure))") }
    }

    init(_ error: ScrubError) {
      path = error.place.path.isEmpty ? nil : error.place.path
      title = "could not be processed"
      message = [Escape.terminalSafe(error.description)]
      count = 0
      weight = Int.max
    }

    init(rest: [Annotation]) {
      severity = rest[0].severity
      path = nil
      let findings = rest.reduce(0) { $0 + $1.count }
      title = "\(Count.text(rest.count, "more annotation")) than GitHub shows"
      message = ["\(Count.text(findings, "finding")) of:"]
      message += rest.prefix(20).map { "\($0.title) in \(Escape.terminalSafe($0.path ?? ""))" }
      if rest.count > 20 { message.append("and \(rest.count - 20) more") }
      count = findings
      weight = 0
    }

    /// `::warning file=dist/x.whl,title=BP101 (pip-wheel)::text`.
    var command: String {
      var properties: [String] = []
      if let path { properties.append("file=\(GitHubReport.property(path))") }
      properties.append("title=\(GitHubReport.property(title))")
      return "::\(severity == .note ? "notice" : severity.rawValue) \(properties.joined(separator: ","))::"
        + message.map(GitHubReport.data).joined(separator: "%0A")
    }
  }

  /// The text after the second `::`. Line ends were already escaped, so only the percent sign is left.
  static func data(_ text: String) -> String {
    Escape.terminalSafe(text).replacing("%", with: "%25")
  }

  /// The text after `file=` and `title=`.
  static func property(_ text: String) -> String {
    data(text).replacing(":", with: "%3A").replacing(",", with: "%2C")
  }
}
