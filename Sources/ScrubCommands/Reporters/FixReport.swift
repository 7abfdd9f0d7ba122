import BuildRoots
import Formats
import ScrubKit

/// The output of `fix --report`: every range that changed or moved, why, and by which rule.
/// schemas/fix-report.schema.json describes the document; within a version, keys are only added.
enum FixReport {
  static let version = 1

  /// Returns why it could not be written.
  static func write(_ outcome: Outcome, to path: String) -> ScrubError? {
    OutputFile(path: path, option: "--report").write(document(outcome).text + "\n")
  }

  static func document(_ outcome: Outcome) -> JSONValue {
    .object([
      ("version", .count(version)),
      ("tool", .object([("name", .string(Version.name)), ("version", .string(Version.text))])),
      ("command", .string("fix")),
      ("writes", .bool(outcome.action == .fix)),
      ("files", .array(outcome.reports.map(file))),
      ("errors", .array(outcome.errors.map(JSONReport.error))),
      ("exit_code", .integer(Int64(ExitStatus(of: outcome).rawValue))),
    ])
  }

  private static func file(_ report: FileReport) -> JSONValue {
    .object([
      ("path", .string(report.path)),
      ("written_to", .optional(report.writtenTo)),
      ("changes", .array(report.changes.map(change))),
      ("ranges", .array(report.ranges.map(range))),
      ("left", .array(report.unfixable.map(JSONReport.finding))),
      ("notes", .array(report.notes.map(JSONReport.note))),
      ("errors", .array(report.errors.map(JSONReport.error))),
    ])
  }

  /// As in `--output-format json`, with the rule and the places in the file.
  private static func change(_ change: Change) -> JSONValue {
    guard case .object(let keys) = JSONReport.change(change) else { return .null }
    return .object(
      keys + [
        ("rule", .optional(change.rule)), ("reason", .string(reason(change))),
        ("old", extent(change.old)), ("new", extent(change.new)),
      ])
  }

  private static func reason(_ change: Change) -> String {
    switch change.kind {
    case .string, .runPath: change.rule.flatMap(Rule.named)?.cause ?? "the tree is to be elsewhere"
    case .table: "strings that nothing loads get an order and lengths that do not follow from the path"
    case .buildID, .uuid, .codeSignature: "a hash of bytes that changed"
    case .debugLink: "the checksum of a file that changed"
    case .name: "the name is made of a build-id that changed"
    case .splitID: "the id was made of the path"
    case .recordRow: "the file changed, or its row was wrong"
    case .dropped: "it signs a RECORD that changed"
    case .objectTimes: "times of object files are of the build"
    case .debugMap: "--drop-debug-map"
    case .time: "later than SOURCE_DATE_EPOCH"
    case .bytecodeHeader: "--pyc-header"
    case .canonical: "--pyc-canonical"
    case .packing: "--canonical"
    case .trailing: "no import reads what stands behind the code object"
    case .removed: "its source is relocated, and it was compiled from what that was"
    }
  }

  private static func range(_ range: ChangedRange) -> JSONValue {
    .object([
      ("member", .optional(range.place.member)), ("section", .optional(range.place.section)),
      ("reason", .string(range.reason.rawValue)), ("old", extent(range.old)), ("new", extent(range.new)),
    ])
  }

  private static func extent(_ range: Range<Int>?) -> JSONValue {
    range.map { .object([("offset", .count($0.lowerBound)), ("length", .count($0.count))]) } ?? .null
  }
}
