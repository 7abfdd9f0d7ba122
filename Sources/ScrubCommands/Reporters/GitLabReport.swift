import BuildRoots
import Formats
import ScrubKit

/// GitLab's code quality report: a list of issues, each with its own place and fingerprint.
enum GitLabReport {
  static func document(_ outcome: Outcome) -> JSONValue {
    var fingerprints = Fingerprints()
    var issues: [JSONValue] = []
    for report in outcome.reports {
      for finding in outcome.listed(report) {
        let text = FindingText(finding)
        let help = finding.cure.isEmpty ? "" : ". Help: \(Escape.terminalSafe(finding.cure))"
        issues.append(
          issue(
            finding.rule.code, "\(text.title): \(text.sentence)\(help)", at: finding.place,
            severity: severity(finding.rule), fingerprints.next(for: finding)))
      }
    }
    for (index, error) in outcome.allErrors.enumerated() {
      let description = Escape.terminalSafe(error.description)
      let fingerprint = String(TextHash.sha256("error\u{0}\(index)\u{0}\(description)").prefix(32))
      issues.append(issue("error", description, at: error.place, severity: "critical", fingerprint))
    }
    return .array(issues)
  }

  private static func severity(_ rule: Rule) -> String {
    switch rule.severity {
    case .error: "major"
    case .warning: "minor"
    case .note: "info"
    }
  }

  private static func issue(
    _ check: String, _ description: String, at place: Place, severity: String, _ fingerprint: String
  ) -> JSONValue {
    let path = place.path.hasPrefix("./") ? String(place.path.dropFirst(2)) : place.path
    return .object([
      ("type", .string("issue")), ("check_name", .string(check)), ("description", .string(description)),
      ("categories", .array([.string("Compatibility")])), ("severity", .string(severity)),
      ("fingerprint", .string(fingerprint)),
      (
        "location",
        .object([
          ("path", .string(Escape.terminalSafe(path))),
          // A binary has no lines, and GitLab rejects an issue without one.
          ("lines", .object([("begin", .count(1))])),
        ])
      ),
    ])
  }
}
