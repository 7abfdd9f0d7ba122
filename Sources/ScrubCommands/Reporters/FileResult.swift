import ScrubKit

/// The line that says what became of one file: `fixed dist/x.whl -> out/x.whl (12 build roots, RECORD)`.
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
      // A copy is news even of a file with nothing to fix: there is a new file.
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
    var splitIDs = 0
    var seals: [String] = []
    var rows = 0
    var times = 0
    var headers = 0
    var dropped: [String] = []
    for change in report.changes {
      switch change.kind {
      case .string, .table, .runPath, .canonical: break
      case .buildID: buildIDs += 1
      case .bytecodeHeader: headers += 1
      case .splitID: splitIDs += 1
      case .debugLink: seals.append("debuglink")
      case .name: seals.append("name")
      case .recordRow: rows += 1
      case .time: times += 1
      case .dropped: dropped.append("\(change.place.file.split(separator: "/").last ?? "") dropped")
      }
    }
    let fixable = report.findings.count - report.unfixable.count
    var parts: [String] = []
    if fixable > 0 { parts.append(Count.text(fixable, "build root")) }
    if buildIDs > 0 { parts.append(buildIDs == 1 ? "build-id" : "\(buildIDs) build-ids") }
    if headers > 0 { parts.append(headers == 1 ? "header" : "\(headers) headers") }
    if splitIDs > 0 { parts.append(splitIDs == 1 ? "dwo_id" : "\(splitIDs) dwo_ids") }
    parts += seals
    if rows > 0 { parts.append("RECORD") }
    if times > 0 { parts.append(Count.text(times, "time")) }
    parts += dropped
    let left = report.unfixable.count
    if left > 0 { parts.append("\(Count.text(left, "build root")) left") }
    return parts.joined(separator: ", ")
  }
}

/// `1 file`, `2 files`.
enum Count {
  static func text(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
