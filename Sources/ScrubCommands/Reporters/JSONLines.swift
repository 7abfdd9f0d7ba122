import Formats
import ScrubKit

/// One record a line, each with its `type`: the run, then for each file itself, its findings, notes, changes and
/// errors, then errors and skipped places of no file, and the summary. The records are those of `JSONReport`.
enum JSONLines {
  static func lines(_ outcome: Outcome) -> [String] {
    var records = [record("run", .object(JSONReport.head(outcome)))]
    for report in outcome.reports {
      let path: (String, JSONValue) = ("path", .string(report.path))
      records.append(record("file", .object([path, ("written_to", .optional(report.writtenTo))])))
      records += report.findings.map { record("finding", JSONReport.finding($0), path) }
      records += report.notes.map { record("note", JSONReport.note($0), path) }
      records += report.changes.map { record("change", JSONReport.change($0), path) }
      records += report.errors.map { record("error", JSONReport.error($0)) }
    }
    records += outcome.errors.map { record("error", JSONReport.error($0)) }
    records += outcome.skipped.map { record("skipped", JSONReport.skipped($0)) }
    records.append(record("summary", JSONReport.summary(Summary(outcome), ExitStatus(of: outcome))))
    return records.map(\.compactText)
  }

  private static func record(_ type: String, _ value: JSONValue, _ more: (String, JSONValue)...) -> JSONValue
  {
    guard case .object(let members) = value else { return value }
    return .object([("type", .string(type))] + more + members)
  }
}
