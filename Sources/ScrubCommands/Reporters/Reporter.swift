/// One way to print an outcome. The table of them is `OutputFormat.reporter`.
struct Reporter: Sendable {
  var render: @Sendable (Outcome, Presentation) -> [Line]
}

extension Reporter {
  static let full = Reporter { outcome, presentation in
    HumanReport(outcome: outcome, presentation: presentation, findings: FullFindings.lines).lines
  }
  static let concise = Reporter { outcome, presentation in
    HumanReport(outcome: outcome, presentation: presentation, findings: ConciseFindings.lines).lines
  }
  static let json = document { JSONReport.document($0).text }
  static let jsonLines = Reporter { outcome, _ in JSONLines.lines(outcome).map(Line.verbatim) }
  static let github = Reporter { GitHubReport.lines($0, $1) }
  static let gitlab = document { GitLabReport.document($0).text }
  static let junit = Reporter { outcome, _ in JUnitReport.lines(outcome).map(Line.verbatim) }
  static let sarif = document { SARIFReport.document($0).text }
  static let html = document { HTMLReport.page($0) }

  private static func document(_ text: @escaping @Sendable (Outcome) -> String) -> Reporter {
    Reporter { outcome, _ in [Line.verbatim(text(outcome))] }
  }
}
