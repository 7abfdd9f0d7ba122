import Formats
import ScrubKit

/// The line that reports the result for one file: `fixed dist/x.whl -> out/x.whl (12 build roots, RECORD)`.
enum FileResult {
  static func line(_ report: FileReport, action: Outcome.Action, isVerbose: Bool) -> Line? {
    guard report.errors.isEmpty else { return nil }
    switch action {
    case .check:
      return isVerbose && report.isClean ? "clean \(report.path, .path)" : nil
    case .fix where report.needsChange:
      return "fixed \(report.path, .path)\(arrow(report)) (\(details(report)))"
    case .preview where report.needsChange:
      return "would fix \(report.path, .path) (\(details(report)))"
    case .fix, .preview:
      // A copy is reported even if there was nothing to fix: there is a new file.
      let isCopied = report.writtenTo.map { $0 != report.path } ?? false
      guard isVerbose || isCopied || !report.unfixable.isEmpty else { return nil }
      let left = details(report)
      return "unchanged \(report.path, .path)\(arrow(report))\(left.isEmpty ? "" : " (\(left))")"
    }
  }

  private static func arrow(_ report: FileReport) -> Line {
    guard let target = report.writtenTo, target != report.path else { return "" }
    return " -> \(target, .path)"
  }

  private static func details(_ report: FileReport) -> String {
    var buildIDs = 0
    var uuids = 0
    var signatures = 0
    var debugMaps = 0
    var splitIDs = 0
    var seals: [String] = []
    var rows = 0
    var times = 0
    var headers = 0
    var isPacked = false
    var dropped: [String] = []
    for change in report.changes {
      switch change.kind {
      case .string, .table, .runPath, .objectTimes, .canonical, .trailing: break
      case .buildID: buildIDs += 1
      case .uuid: uuids += 1
      case .codeSignature: signatures += 1
      case .debugMap: debugMaps += 1
      case .bytecodeHeader: headers += 1
      case .splitID: splitIDs += 1
      case .debugLink: seals.append("debuglink")
      case .name: seals.append("name")
      case .recordRow: rows += 1
      case .time: times += 1
      case .packing: isPacked = true
      case .removed: dropped.append("removed")
      case .dropped: dropped.append("\(change.place.file.split(separator: "/").last ?? "") dropped")
      }
    }
    var parts: [String] = []
    let fixable = report.findings.filter(\.isFixable)
    if !fixable.isEmpty { parts.append(Count.text(fixable)) }
    if buildIDs > 0 { parts.append(buildIDs == 1 ? "build-id" : "\(buildIDs) build-ids") }
    if debugMaps > 0 { parts.append(debugMaps == 1 ? "debug map" : "\(debugMaps) debug maps") }
    if uuids > 0 { parts.append(uuids == 1 ? "UUID" : "\(uuids) UUIDs") }
    if signatures > 0 { parts.append(Count.text(signatures, "signature")) }
    if headers > 0 { parts.append(headers == 1 ? "header" : "\(headers) headers") }
    if splitIDs > 0 { parts.append(splitIDs == 1 ? "dwo_id" : "\(splitIDs) dwo_ids") }
    parts += seals
    if rows > 0 { parts.append("RECORD") }
    if times > 0 { parts.append(Count.text(times, "time")) }
    if isPacked { parts.append("canonical form") }
    parts += dropped
    if !report.unfixable.isEmpty { parts.append("\(Count.text(report.unfixable)) left") }
    return parts.joined(separator: ", ")
  }
}

/// `1 file`, `2 files`.
enum Count {
  static func text(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

  /// `3 build roots and 1 defect`.
  static func text(_ findings: [Finding]) -> String {
    text(roots: findings.count { $0.defect == nil }, defects: findings.count { $0.defect != nil })
  }

  static func text(roots: Int, defects: Int) -> String {
    if defects == 0 { return text(roots, "build root") }
    return (roots == 0 ? "" : text(roots, "build root") + " and ") + text(defects, "defect")
  }
}
