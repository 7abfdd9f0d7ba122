import BuildRoots
import Formats
import ScrubKit

/// What the program tells its caller. Results are mapped to these numbers here and nowhere else.
public enum ExitStatus: Int32, Sendable {
  /// Nothing leaks, or nothing is left to do.
  case clean = 0
  /// `check` found build roots; `fix` had to leave some; `fix --check` would change something.
  case findings = 1
  /// Something could not be processed, or the command line was not understood.
  case failure = 2
  /// `key` could not make a key that other builds have.
  case raw = 3

  /// A shell's status for a program that is not there: that of `cc`, which otherwise is the compiler's.
  public static let commandNotFound: Int32 = 127

  init(of outcome: Outcome) {
    // One file that could not be read outweighs every clean one: a CI job must not pass on it.
    if outcome.hasErrors || outcome.failsOnEmpty && outcome.isEmpty {
      self = .failure
      return
    }
    if outcome.exitsNonZeroOnFix, outcome.action == .fix, outcome.reports.contains(where: \.needsChange) {
      self = .findings
      return
    }
    if outcome.exitsZero {
      self = .clean
      return
    }
    let somethingRemains = outcome.reports.contains { report in
      switch outcome.action {
      case .check: report.findings.contains { $0.rule.severity != .note }
      case .fix: !report.unfixable.isEmpty
      case .preview: !report.unfixable.isEmpty || report.needsChange
      }
    }
    self = somethingRemains ? .findings : .clean
  }
}
