import BuildRoots
import Formats
import ScrubKit

/// Findings with their surroundings, grouped by file, rule and root:
///
///     warning: BP101 /tmp/pip-wheel-ab12cd34/x_0123 (pip wheel)
///       --> dist/x.whl!pkg/_a.so
///        |
///        | .debug_line_str+0x41: DW_AT_comp_dir of src/x.c
///        |   /tmp/pip-wheel-ab12cd34/x_0123/src
///        |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ becomes /build/x (table rebuilt)
///        = help: build with --no-build-isolation
///        = rule: wheelscrub rules BP101
enum FullFindings {
  /// How many findings of one rule in one file are shown; a debug build of one source has hundreds.
  static let shownOfEach = 10

  static func lines(_ findings: [Finding], _ presentation: Presentation) -> [Line] {
    findings.grouped { RuleInFile(file: $0.place.file, code: $0.rule.code) }.flatMap { ofRule in
      let shown = presentation.verbose ? ofRule[...] : ofRule.prefix(shownOfEach)
      let groups = shown.grouped { $0.root }
      return groups.indices.flatMap { index in
        let hidden = index == groups.indices.last ? ofRule.count - shown.count : 0
        return group(groups[index], hidden: hidden, columns: presentation.columns)
      }
    }
  }

  private struct RuleInFile: Hashable {
    var file: String
    var code: String
  }

  private static let margin: Line = "\("   |", .frame)"

  private static func group(_ findings: [Finding], hidden: Int, columns: Int) -> [Line] {
    guard let first = findings.first else { return [] }
    let subject: Line = first.defect == nil ? "\(first.root, .root)" : "\(first.rule.slug)"
    var lines: [Line] = [
      "\(severity(first.rule)) \(first.rule.code, .code) \(subject) (\(first.rule.origin))",
      "\("  -->", .frame) \(first.place.file, .path)",
      margin,
    ]
    for finding in findings {
      lines += finding.defect.map { defect(finding, $0, columns: columns) } ?? one(finding, columns: columns)
    }
    if hidden > 0 {
      lines.append("\(margin) … and \(String(hidden)) more (use --output-format concise or -v to see all)")
    }
    if !first.cure.isEmpty { lines.append("\("   =", .frame) \("help:", .help) \(first.cure)") }
    lines.append("\("   =", .frame) \("rule:", .help) wheelscrub rules \(first.rule.code)")
    return lines + [""]
  }

  private static func severity(_ rule: Rule) -> Line {
    "\("\(rule.severity.rawValue):", rule.severity == .error ? .error : .stays)"
  }

  private static func one(_ finding: Finding, columns: Int) -> [Line] {
    let indent = "   "
    let width = max(columns - 7, 40)
    let excerpt = Excerpt(of: finding, width: width)
    let blank = String(repeating: " ", count: excerpt.before.count)
    let caret = String(repeating: "^", count: excerpt.root.count)
    let label = FindingText(finding).fate
    let role: Line.Role = finding.isFixable ? .added : .stays

    let place = [finding.place.position, finding.context ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
    var lines: [Line] = []
    if !place.isEmpty { lines.append("\(margin) \(cut(place, width + 2))") }
    lines.append("\(margin)\(indent)\(excerpt.before)\(excerpt.root, .root)\(excerpt.after)")
    let underline: Line = "\(margin)\(indent)\(blank)\(caret, .underline)"
    if blank.count + caret.count + 1 + label.count <= width {
      lines.append("\(underline) \(label, role)")
    } else {
      lines += [underline, "\(margin)\(indent)\(label, role)"]
    }
    return lines
  }

  /// What is wrong, what was claimed and what is true.
  private static func defect(_ finding: Finding, _ defect: Defect, columns: Int) -> [Line] {
    let width = max(columns - 5, 40)
    let place = [finding.place.position, finding.context ?? ""].filter { !$0.isEmpty }.joined(separator: ": ")
    var lines: [Line] = [
      "\(margin) \(cut(place.isEmpty ? defect.message : "\(place): \(defect.message)", width))"
    ]
    if let claimed = defect.claimed {
      lines.append("\(margin)   \("says", .removed) \(cut(claimed, width - 7))")
    }
    if let actual = defect.actual { lines.append("\(margin)   \("is  ", .added) \(cut(actual, width - 7))") }
    switch finding.fate {
    case .left(let reason): lines.append("\(margin)   \("not fixed: \(reason)", .stays)")
    default: lines.append("\(margin)   \("fixed by wheelscrub fix", .added)")
    }
    return lines
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    let safe = Escape.terminalSafe(text)
    return safe.count <= width ? safe : safe.prefix(width - 1) + "…"
  }
}
