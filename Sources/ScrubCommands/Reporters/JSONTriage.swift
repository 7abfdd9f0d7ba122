import Formats
import ScrubKit

/// The document of `verify`, under the rules of `JSONReport`.
enum JSONTriage {
  static func document(_ report: TriageReport) -> JSONValue {
    .object([
      ("version", .count(JSONReport.version)),
      ("tool", .object([("name", .string(Version.name)), ("version", .string(Version.text))])),
      ("command", .string("verify")),
      ("verdicts", .array(report.results.map(verdict))),
      (
        "odd_lines",
        .array(
          report.oddLines.map { .object([("line", .count($0.number)), ("text", .string($0.text))]) })
      ),
      (
        "interpreters",
        .array(
          report.interpreters.map {
            .object([("path", .string($0.path)), ("version", .string($0.version))])
          })
      ),
      (
        "notes",
        .array(
          report.notes.map {
            .object([("path", .string($0.place.path)), ("message", .string($0.message))])
          })
      ),
      ("errors", .array(report.errors.map(JSONReport.error))),
      ("summary", summary(report)),
    ])
  }

  private static func verdict(_ result: TriageResult) -> JSONValue {
    .object([
      ("path", .string(result.path)), ("verdict", .string(result.verdict.rawValue)),
      ("reason", .optional(result.reason)),
      (
        "differences",
        .array(
          result.differences.map {
            .object([
              ("function", .string($0.function)), ("field", .string($0.field)), ("found", .string($0.found)),
              ("expected", .string($0.expected)),
            ])
          })
      ),
      ("more_differences", .bool(result.hasMoreDifferences)),
    ])
  }

  private static func summary(_ report: TriageReport) -> JSONValue {
    .object([
      ("files", .count(report.results.count)),
      (
        "verdicts",
        .object(Verdict.allCases.map { ($0.rawValue, .count(report.count($0))) })
      ),
      ("odd_lines", .count(report.oddLines.count + report.furtherOddLines)),
      ("exit_code", .integer(Int64(ExitStatus(of: report).rawValue))),
    ])
  }
}
