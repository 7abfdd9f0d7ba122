import BuildRoots
import Formats
import ScrubKit

/// A finding in words, for formats in which it is one sentence and some facts. Every text here is safe to show: it
/// contains nothing that a terminal or a browser would obey.
struct FindingText {
  private let finding: Finding

  init(_ finding: Finding) { self.finding = finding }

  /// `BP101 (pip-wheel)`.
  var title: String { "\(finding.rule.code) (\(finding.rule.slug))" }

  /// Its place inside the reported file: `pkg/_a.so: .debug_str+0x41`; may be empty.
  var place: String {
    let parts = [finding.place.member ?? "", finding.place.position].filter { !$0.isEmpty }
    return Escape.terminalSafe(parts.joined(separator: ": "))
  }

  /// What is wrong: the root and which program creates such roots, or what a container claims and what is true.
  var subject: String {
    guard let defect = finding.defect else {
      return Escape.terminalSafe("\(finding.root) (\(finding.rule.origin))")
    }
    var text = defect.message
    if let claimed = defect.claimed, let actual = defect.actual { text += ": says \(claimed), is \(actual)" }
    return Escape.terminalSafe(text)
  }

  /// What the bytes are, if known: `DW_AT_comp_dir of src/x.c`.
  var context: String? { finding.context.map(Escape.terminalSafe) }

  /// What `fix` does with it: `becomes /build/x (table rebuilt)`.
  var fate: String {
    let text =
      switch finding.fate {
      case .rebuilt: "becomes \(finding.replacement) (table rebuilt)"
      case .inPlace: "becomes \(finding.replacement) (same length)"
      case .rewritten: "becomes \(finding.replacement) (text rewritten)"
      case .renamed: "the name becomes \(finding.replacement)"
      case .removed: "is removed from the run path"
      case .corrected: "is corrected"
      case .left(let reason): "cannot be fixed: \(reason)"
      }
    return Escape.terminalSafe(text)
  }

  /// The whole sentence, without the file and without help.
  var sentence: String {
    let location = [place, context ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
    return location.isEmpty ? "\(subject); \(fate)" : "\(subject) in \(location); \(fate)"
  }
}

extension Outcome {
  /// The findings of a file that a report lists: after `fix`, only the remaining ones.
  func listed(_ report: FileReport) -> [Finding] {
    printsOnlyUnfixable ? report.unfixable : report.findings
  }

  /// All errors, of files and of the run.
  var allErrors: [ScrubError] { reports.flatMap(\.errors) + errors }
}
