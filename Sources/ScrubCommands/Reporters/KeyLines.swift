import ScrubKit

/// What `key` prints. Nothing is coloured: the lines are for other programs.
enum KeyLines {
  /// Keys on standard output, reasons and errors on standard error. A document has both as well.
  static func text(_ reports: [KeyReport], isDocument: Bool) -> [Line] {
    var lines: [Line] = []
    if isDocument {
      lines += Line.document(document(reports))
    } else {
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

  private static func entry(_ report: KeyReport) -> JSONValue {
    .object([
      ("path", .string(report.path)), ("key", .optional(report.key?.description)),
      ("level", .string(report.level.rawValue)), ("raw", .bool(report.isRaw)),
      ("reasons", .array(report.reasons.map { JSONReport.error(ScrubError($0.message, at: $0.place)) })),
      ("errors", .array(report.errors.map(JSONReport.error))),
    ])
  }
}
