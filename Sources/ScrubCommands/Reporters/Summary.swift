import Formats
import ScrubKit

/// The numbers of an outcome, and the line that ends a report.
struct Summary {
  var files = 0
  var filesWithFindings = 0
  var findings = 0
  var fixable = 0
  var unfixable: Int { findings - fixable }
  var filesWithUnfixable = 0
  /// Findings that a baseline knows.
  let known: Int
  /// What was passed over, with a reason.
  private(set) var skipped: Int
  /// Files that `fix` changed, or would change.
  var changed = 0
  /// Findings that are not build roots: rows of RECORD, headers of zips.
  private var defects = 0
  private var unfixableDefects = 0
  /// Build roots and defects in the files that change.
  private var removed = (roots: 0, defects: 0)
  /// Files that could not be processed, and paths from which no file could be obtained.
  var failed = 0
  private var filesFailed = 0
  private let action: Outcome.Action

  init(_ outcome: Outcome) {
    action = outcome.action
    known = outcome.known
    skipped = outcome.skipped.count + outcome.reports.reduce(0) { $0 + $1.notes.count(where: \.isSkip) }
    failed = outcome.errors.count
    for report in outcome.reports {
      let fixable = report.findings.count - report.unfixable.count
      if !report.isAboutLeftover { files += 1 }
      findings += report.findings.count
      self.fixable += fixable
      defects += report.findings.count { $0.defect != nil }
      unfixableDefects += report.unfixable.count { $0.defect != nil }
      if !report.findings.isEmpty { filesWithFindings += 1 }
      if !report.unfixable.isEmpty { filesWithUnfixable += 1 }
      if !report.errors.isEmpty {
        failed += 1
        filesFailed += 1
      } else if action != .check, report.needsChange {
        changed += 1
        removed.roots += report.findings.count { $0.isFixable && $0.defect == nil }
        removed.defects += report.findings.count { $0.isFixable && $0.defect != nil }
      }
    }
  }

  /// Nil where there is nothing to say.
  var line: Line? {
    var sentences = [action == .check ? checkSentence : fixSentence].compactMap { $0 }
    if action != .check, unfixable > 0 {
      let them = Count.text(roots: unfixable - unfixableDefects, defects: unfixableDefects)
      sentences.append("\(them) in \(Count.text(filesWithUnfixable, "file")) cannot be fixed.")
    }
    if failed > 0 { sentences.append("\(Count.text(failed, "path")) could not be processed.") }
    if sentences.isEmpty, skipped > 0 { sentences.append("\(skipped) skipped.") }
    if sentences.isEmpty { return nil }
    return Line(pieces: [.init(text: sentences.joined(separator: " "), role: .plain)])
  }

  private var checkSentence: String? {
    if findings > 0 {
      return "Found \(Count.text(roots: findings - defects, defects: defects)) in \(filesWithFindings) of "
        + "\(Count.text(files, "file")) (\(fixable) fixable with wheelscrub fix)\(andSkipped)."
    }
    let clean = files - filesFailed
    if files == 0 { return nil }
    if failed > 0 { return clean > 0 ? "\(Count.text(clean, "file")) clean\(andSkipped)." : nil }
    return "All clean: \(Count.text(files, "file")) checked\(andSkipped)."
  }

  private var fixSentence: String? {
    let verb = action == .fix ? "Fixed" : "Would fix"
    if changed > 0 {
      let count = Count.text(roots: removed.roots, defects: removed.defects)
      let what = removed.roots + removed.defects > 0 ? "\(count) in " : ""
      return "\(verb) \(what)\(changed) of \(Count.text(files, "file"))\(andSkipped)."
    }
    return failed > 0 || files == 0 ? nil : "Nothing to fix in \(Count.text(files, "file"))\(andSkipped)."
  }

  private var andSkipped: String {
    (skipped > 0 ? ", \(skipped) skipped" : "") + (known > 0 ? ", \(known) known" : "")
  }
}
