import BuildRoots
import Formats
import ScrubKit

/// One line per finding, for editors and grep:
/// `dist/x.whl!pkg/_a.so:.debug_line_str+0x41: BP101 /tmp/pip-wheel-ab12cd34/x_01…/… (pip wheel)`.
enum ConciseFindings {
  static func lines(_ findings: [Finding], _ presentation: Presentation) -> [Line] { findings.map(line) }

  private static func line(_ finding: Finding) -> Line {
    let position = finding.place.position
    let place: Line = "\(finding.place.file, .path)\(position.isEmpty ? "" : ":\(position)")"
    if let defect = finding.defect { return one(finding, defect, at: place) }
    let more = Excerpt.parts(of: finding).after
    // The rest of the path says little and is long; that it exists tells where in the tree the root is.
    let continues = more.utf8.count > 1 && more.utf8.first == UInt8(ascii: "/")
    let head: Line = "\(place): \(finding.rule.code, .code) \(finding.root, .root)\(continues ? "/…" : "")"
    guard case .left(let reason) = finding.fate else { return "\(head) (\(finding.rule.origin))" }
    return "\(head) (\(finding.rule.origin)) \("[cannot be fixed: \(reason)]", .stays)"
  }

  private static func one(_ finding: Finding, _ defect: Defect, at place: Line) -> Line {
    var text = defect.message
    if let claimed = defect.claimed, let actual = defect.actual { text += ": says \(claimed), is \(actual)" }
    let head: Line = "\(place): \(finding.rule.code, .code) \(text) (\(finding.rule.slug))"
    guard case .left(let reason) = finding.fate else { return head }
    return "\(head) \("[not fixed: \(reason)]", .stays)"
  }
}
