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
  static let json = Reporter { outcome, _ in
    [Line(pieces: [.init(text: JSONReport.document(outcome).text, role: .verbatim)])]
  }
}
