import Formats
import ScrubKit

/// What a command did, before anybody decides how to print it.
struct Outcome: Sendable {
  enum Action: Hashable, Sendable {
    case check
    case fix
    /// `fix --check` and `fix --diff`: the same work as `fix`, nothing written.
    case preview(diff: Bool)
  }

  var action: Action
  /// One for each file, in the order of the command line.
  var reports: [FileReport] = []
  /// What belongs to no file that was worked on: paths that cannot be read, outputs that collide.
  var errors: [ScrubError] = []

  /// What was passed over without belonging to a file that was worked on: excluded files, archives that cannot be opened.
  var skipped: [Note] = []

  /// Findings that a baseline knows; they are in no report.
  var known = 0
  /// About the run as a whole.
  var notes: [Note] = []

  /// The file whose settings were obeyed: a tree can bring one.
  var configuration: String?

  /// Numbers instead of findings.
  var showsStatistics = false
  /// Nothing to look at is an error, `--fail-on-empty`.
  var failsOnEmpty = false
  /// Findings are no reason for an exit code, `--exit-zero`.
  var exitsZero = false
  /// A change is a reason for one, `--exit-non-zero-on-fix`.
  var exitsNonZeroOnFix = false

  var hasErrors: Bool { !errors.isEmpty || reports.contains { !$0.errors.isEmpty } }

  /// Whether there was nothing to look at, and nothing else is wrong either.
  var isEmpty: Bool { !hasErrors && Summary(self).files == 0 }

  var showsDiff: Bool { action == .preview(diff: true) }

  /// Whether the findings that remain are the only ones of interest: `fix` removes the others.
  var printsOnlyUnfixable: Bool { action != .check }
}

extension FileReport {
  /// Whether `fix` has anything to do in this file, be it a build root or a late time.
  var needsChange: Bool { !changes.isEmpty || findings.contains { $0.isFixable } }

  /// Whether nothing at all was found, needed or wrong.
  var isClean: Bool { findings.isEmpty && changes.isEmpty && errors.isEmpty }
}
