import BuildRoots
import Formats
import ScrubKit

/// One document for programs. Version 1: keys are only ever added; every key is always present, null if nothing is
/// known.
enum JSONReport {
  static let version = 1

  static func document(_ outcome: Outcome) -> JSONValue {
    .object(
      head(outcome) + [
        ("files", .array(outcome.reports.map(file))),
        ("errors", .array(outcome.errors.map(error))),
        ("skipped", .array(outcome.skipped.map(skipped))),
        ("notes", .array(outcome.notes.map(skipped))),
        ("statistics", Statistics(outcome).json),
        ("summary", summary(Summary(outcome), ExitStatus(of: outcome))),
      ])
  }

  /// What the document is, and what made it.
  static func head(_ outcome: Outcome) -> [(String, JSONValue)] {
    [
      ("version", .count(version)),
      ("tool", .object([("name", .string(Version.name)), ("version", .string(Version.text))])),
      ("command", .string(outcome.action == .check ? "check" : "fix")),
      ("writes", .bool(outcome.action == .fix)),
      ("configuration", .optional(outcome.configuration)),
    ]
  }

  private static func file(_ report: FileReport) -> JSONValue {
    .object([
      ("path", .string(report.path)),
      ("findings", .array(report.findings.map(finding))),
      ("notes", .array(report.notes.map(note))),
      ("changes", .array(report.changes.map(change))),
      ("errors", .array(report.errors.map(error))),
      ("written_to", .optional(report.writtenTo)),
    ])
  }

  static func note(_ note: Note) -> JSONValue {
    located(note.place, [("message", .string(note.message)), ("skipped", .bool(note.isSkip))])
  }

  /// What belongs to no file of the list.
  static func skipped(_ note: Note) -> JSONValue {
    .object(
      [("path", .string(note.place.path))] + placeKeys(note.place) + [("message", .string(note.message))])
  }

  static func change(_ change: Change) -> JSONValue { located(change.place, kind(change.kind)) }

  static func finding(_ finding: Finding) -> JSONValue {
    let (fate, reason): (String, String?) =
      switch finding.fate {
      case .rebuilt: ("rebuilt", nil)
      case .inPlace: ("in-place", nil)
      case .removed: ("removed", nil)
      case .renamed: ("renamed", nil)
      case .rewritten: ("rewritten", nil)
      case .corrected: ("corrected", nil)
      case .left(let reason): ("left", reason)
      }
    let head: [(String, JSONValue)] = [
      ("code", .string(finding.rule.code)), ("rule", .string(finding.rule.slug)),
      ("severity", .string(finding.rule.severity.rawValue)), ("origin", .string(finding.rule.origin)),
    ]
    let place = placeKeys(finding.place)
    return .object(
      head + place + [
        ("root", .optional(finding.rootUse?.root)), ("text", .optional(finding.rootUse?.text)),
        ("root_offset", finding.rootUse.map { .count($0.rootOffset) } ?? .null),
        ("context", .optional(finding.context)),
        ("replacement", .optional(finding.rootUse?.replacement)),
        ("message", .optional(finding.defect?.message)), ("claimed", .optional(finding.defect?.claimed)),
        ("actual", .optional(finding.defect?.actual)), ("fixable", .bool(finding.isFixable)),
        ("fate", .string(fate)), ("reason", .optional(reason)), ("help", .string(finding.cure)),
        ("documentation", .string(finding.rule.documentation)),
      ])
  }

  private static func kind(_ kind: Change.Kind) -> [(String, JSONValue)] {
    switch kind {
    case .string(let before, let after): replaced("string", before, after)
    case .table(let strings, let oldSize, let newSize):
      [
        ("kind", .string("table")), ("strings", .count(strings)), ("old_size", .unsigned(oldSize)),
        ("new_size", .unsigned(newSize)),
      ]
    case .runPath(let before, let after): replaced("run-path", before, after)
    case .buildID(let before, let after): replaced("build-id", before, after)
    case .uuid(let before, let after): replaced("uuid", before, after)
    case .codeSignature(let before, let after): replaced("code-signature", before, after)
    case .objectTimes(let count): [("kind", .string("object-times")), ("count", .count(count))]
    case .debugMap(let stabs): [("kind", .string("debug-map")), ("stabs", .count(stabs))]
    case .bytecodeHeader(let before, let after): replaced("bytecode-header", before, after)
    case .canonical(let oldSize, let newSize):
      [
        ("kind", .string("canonical")), ("old_size", .unsigned(oldSize)), ("new_size", .unsigned(newSize)),
      ]
    case .splitID(let before, let after): replaced("dwo-id", Hex.text(before), Hex.text(after))
    case .debugLink(let before, let after): replaced("debuglink", Hex.text(before), Hex.text(after))
    case .name(let before, let after): replaced("name", before, after)
    case .recordRow(let before, let after): replaced("record-row", before, after)
    case .time(let before, let after): replaced("time", before, after)
    case .packing(let aspect, let count):
      [
        ("kind", .string("packing")), ("aspect", .string(aspect.rawValue)), ("count", .count(count)),
      ]
    case .dropped: [("kind", .string("dropped"))]
    case .removed: [("kind", .string("removed"))]
    case .trailing(let size): [("kind", .string("trailing-bytes")), ("size", .count(size))]
    }
  }

  private static func replaced(_ kind: String, _ before: String, _ after: String?) -> [(String, JSONValue)] {
    [("kind", .string(kind)), ("before", .string(before)), ("after", .optional(after))]
  }

  static func error(_ error: ScrubError) -> JSONValue {
    // Its own path: an error may belong to no file in the list.
    .object(
      [("path", .string(error.place.path))] + placeKeys(error.place) + [("message", .string(error.message))])
  }

  private static func located(_ place: Place, _ more: [(String, JSONValue)]) -> JSONValue {
    .object(placeKeys(place) + more)
  }

  private static func placeKeys(_ place: Place) -> [(String, JSONValue)] {
    [
      ("member", .optional(place.member)),
      ("section", .optional(place.section)),
      ("offset", place.offset.map { .unsigned($0) } ?? .null),
      ("position", .optional(place.position.isEmpty ? nil : place.position)),
    ]
  }

  static func summary(_ summary: Summary, _ status: ExitStatus) -> JSONValue {
    .object([
      ("files", .count(summary.files)),
      ("files_with_findings", .count(summary.filesWithFindings)),
      ("findings", .count(summary.findings)),
      ("fixable", .count(summary.fixable)),
      ("unfixable", .count(summary.unfixable)),
      ("changed", .count(summary.changed)),
      ("failed", .count(summary.failed)),
      ("skipped", .count(summary.skipped)),
      ("known", .count(summary.known)),
      ("exit_code", .integer(Int64(status.rawValue))),
    ])
  }
}
