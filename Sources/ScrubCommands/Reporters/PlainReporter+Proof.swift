import Formats
import ScrubKit

extension PlainReporter<ProofReport> {
  static let table = Table(full: full, concise: concise, json: json)

  static let full = PlainReporter { human($0, $1, full) }
  static let concise = PlainReporter { human($0, $1, concise) }
  static let json = PlainReporter { report, _ in Line.document(JSONProof.document(report)) }

  private static func human(
    _ report: ProofReport, _ presentation: Presentation, _ lines: (ProofViolation) -> [Line]
  ) -> [Line] {
    var result = report.violations.flatMap(lines)
    result += report.errors.map(Line.error)
    if !presentation.quiet, let summary = summary(report) { result.append(summary) }
    return result
  }

  private static func full(_ violation: ProofViolation) -> [Line] {
    var lines: [Line] = ["\(violation.place.description, .path): \(violation.message, .stays)"]
    for (sign, role, text) in [("-", Line.Role.removed, violation.before), ("+", .added, violation.after)] {
      if let text { lines.append("  \(sign + text, role)") }
    }
    return lines
  }

  private static func concise(_ violation: ProofViolation) -> [Line] {
    let samples = [violation.before, violation.after].map { $0.map { "\"\($0)\"" } ?? "-" }.joined(
      separator: " ")
    return ["\(violation.place.description, .path): \(violation.message, .stays) \(samples)"]
  }

  private static func summary(_ report: ProofReport) -> Line? {
    if !report.errors.isEmpty { return nil }
    if report.isIdentical { return "identical" }
    let paths = "\(Count.text(report.roots, "build root")) and \(Count.text(report.seals, "seal"))"
    if report.violations.isEmpty { return "Only paths changed: \(paths)." }
    return "Found \(Count.text(report.violations.count, "other change")) beside \(paths)."
  }
}

/// The document of `diff --only-paths`, under the rules of `JSONReport`: schemas/only-paths.schema.json.
enum JSONProof {
  static func document(_ report: ProofReport) -> JSONValue {
    .object([
      ("version", .count(JSONReport.version)),
      ("tool", .object([("name", .string(Version.name)), ("version", .string(Version.text))])),
      ("command", .string("diff --only-paths")),
      ("original", .string(report.original)),
      ("fixed", .string(report.fixed)),
      ("identical", .bool(report.isIdentical)),
      ("only_paths", .bool(report.isProven)),
      ("roots", .count(report.roots)),
      ("seals", .count(report.seals)),
      (
        "other_changes",
        .array(
          report.violations.map { violation in
            .object(
              place(violation.place) + [
                ("message", .string(violation.message)), ("before", .optional(violation.before)),
                ("after", .optional(violation.after)),
              ])
          })
      ),
      (
        "errors",
        .array(report.errors.map { .object(place($0.place) + [("message", .string($0.message))]) })
      ),
      ("exit_code", .integer(Int64(ExitStatus(of: report).rawValue))),
    ])
  }

  private static func place(_ place: Place) -> [(String, JSONValue)] {
    [
      ("path", .string(place.path)), ("member", .optional(place.member)),
      ("section", .optional(place.section)), ("offset", place.offset.map { .unsigned($0) } ?? .null),
    ]
  }
}
