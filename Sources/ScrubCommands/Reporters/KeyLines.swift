import Formats
import ScrubKit

/// The output of `key`. Nothing is coloured: the lines are for other programs.
enum KeyLines {
  /// Keys on standard output, reasons and errors on standard error. Documents and records have both as well.
  static func text(_ reports: [KeyReport], _ format: KeyCommand.Format) -> [Line] {
    var lines: [Line] = []
    switch format {
    case .json: lines += Line.document(document(reports))
    case .jsonLines: lines += reports.map { Line.verbatim(record($0).compactText) }
    case .text:
      for report in reports {
        guard let key = report.key else { continue }
        lines.append("\(key.description)  \(report.level.rawValue)  \(report.path)")
      }
    }
    for report in reports {
      lines += report.reasons.map { Line.note($0, "raw:").onError }
      lines += report.errors.map(Line.error)
    }
    return lines
  }

  /// Under the rules of `JSONReport`.
  static func document(_ reports: [KeyReport]) -> JSONValue {
    .object([
      ("version", .count(JSONReport.version)),
      ("tool", .object([("name", .string(Version.name)), ("version", .string(Version.text))])),
      ("command", .string("key")),
      ("keys", .array(reports.map(entry))),
      (
        "summary",
        .object([
          ("keys", .count(reports.count { $0.key != nil })),
          ("raw", .count(reports.count(where: \.isRaw))),
          ("failed", .count(reports.count { !$0.errors.isEmpty })),
          ("exit_code", .integer(Int64(ExitStatus(of: reports).rawValue))),
        ])
      ),
    ])
  }

  /// The entry of the document as a separate line, with its type as in other records. There is one for each path and
  /// nothing else, so that the sender of the paths can count.
  private static func record(_ report: KeyReport) -> JSONValue {
    .object([("type", .string("key"))] + members(report))
  }

  private static func entry(_ report: KeyReport) -> JSONValue { .object(members(report)) }

  private static func members(_ report: KeyReport) -> [(String, JSONValue)] {
    [
      ("path", .string(report.path)), ("key", .optional(report.key?.description)),
      ("level", .string(report.level.rawValue)), ("raw", .bool(report.isRaw)),
      ("reasons", .array(report.reasons.map { JSONReport.error(ScrubError($0.message, at: $0.place)) })),
      ("errors", .array(report.errors.map(JSONReport.error))),
    ]
  }
}
