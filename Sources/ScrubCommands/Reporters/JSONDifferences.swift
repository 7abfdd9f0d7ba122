import Formats
import ScrubKit

/// The document of `diff`, under the rules of `JSONReport`.
enum JSONDifferences {
  static func document(_ report: DifferenceReport) -> JSONValue {
    .object([
      ("version", .count(JSONReport.version)),
      ("tool", .object([("name", .string(Version.name)), ("version", .string(Version.text))])),
      ("command", .string("diff")),
      ("first", .string(report.first)),
      ("second", .string(report.second)),
      ("identical", .bool(report.isIdentical)),
      ("differences", .array(report.differences.map(difference))),
      (
        "notes",
        .array(report.notes.map { .object(place($0.place) + [("message", .string($0.message))]) })
      ),
      (
        "errors",
        .array(report.errors.map { .object(place($0.place) + [("message", .string($0.message))]) })
      ),
      (
        "summary",
        .object([
          ("differences", .count(report.differences.count)),
          ("fixed", .count(report.differences.count - report.remaining.count)),
          ("remaining", .count(report.remaining.count)),
          ("exit_code", .integer(Int64(ExitStatus(of: report).rawValue))),
        ])
      ),
    ])
  }

  private static func difference(_ difference: Difference) -> JSONValue {
    .object(
      place(difference.place) + [
        ("cause", .string(difference.cause.slug)),
        ("explanation", .string(difference.cause.explanation)),
        ("count", .count(difference.count)),
        ("first", .optional(difference.first)), ("second", .optional(difference.second)),
        ("fixed", .bool(difference.isFixed)),
        ("help", .string(difference.cause.prevention)),
        (
          "consequences",
          .array(
            difference.consequences.map { consequence in
              .object([
                ("what", .string(consequence.what)),
                ("places", .array(consequence.places.map { .string($0) })),
              ])
            })
        ),
      ])
  }

  private static func place(_ place: Place) -> [(String, JSONValue)] {
    [
      ("path", .string(place.path)), ("member", .optional(place.member)),
      ("section", .optional(place.section)), ("offset", place.offset.map { .unsigned($0) } ?? .null),
    ]
  }
}
