import Formats
import ScrubKit

extension PlainReporter<DifferenceReport> {
  static let table = Table(full: full, concise: concise, json: json)

  static let full = PlainReporter { human($0, $1, FullDifferences.lines) }
  static let concise = PlainReporter { human($0, $1, ConciseDifferences.lines) }
  static let json = PlainReporter { report, _ in Line.document(JSONDifferences.document(report)) }

  /// What the formats for people share: notes, errors and the last line.
  private static func human(
    _ report: DifferenceReport, _ presentation: Presentation,
    _ differences: ([Difference], Presentation) -> [Line]
  ) -> [Line] {
    var lines = differences(report.differences, presentation)
    let notes = report.notes.filter { presentation.verbose || !$0.isDetail }
    if !presentation.quiet { lines += notes.map(Line.note) }
    lines += report.errors.map(Line.error)
    if !presentation.quiet, let summary = summary(report) { lines.append(summary) }
    return lines
  }

  static func summary(_ report: DifferenceReport) -> Line? {
    if report.differences.isEmpty {
      return report.errors.isEmpty ? "identical" : nil
    }
    let count = report.differences.count
    let left = report.remaining.count
    let files = Set(report.differences.map(\.place.file)).count
    let found = "Found \(Count.text(count, "difference")) in \(Count.text(files, "file"))"
    if left == 0 { return "\(found); wheelscrub fix removes \(count == 1 ? "it" : "all of them")." }
    if left == count { return "\(found); wheelscrub fix removes none." }
    return
      "\(found); wheelscrub fix removes \(String(count - left)), \(String(left)) \(left == 1 ? "remains" : "remain")."
  }
}
