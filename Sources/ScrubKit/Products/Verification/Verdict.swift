import Formats

/// What triage says of one file. The first two need no attention; all others do.
public enum Verdict: String, CaseIterable, Hashable, Sendable {
  /// The hash of RECORD, or of the package manager, is true.
  case ok = "OK"
  /// No hash is true, but the code is what the verified source compiles to.
  case proven = "PROVEN"
  /// The header tells of another source: Python compiles anew and does not run this.
  case stale = "STALE"
  /// A source whose hash is not the one it should have.
  case sourceModified = "SOURCE-MODIFIED"
  /// Compiled for an interpreter that is not at hand.
  case foreignMagic = "FOREIGN-MAGIC"
  /// Nothing contradicts, and nobody vouches.
  case unproven = "UNPROVEN"
  /// Something differs from what it should be. Not more than that: another patch release may have compiled it.
  case mismatch = "MISMATCH"
  /// Damaged: no interpreter would load it, or CPython never writes it so.
  case invalid = "INVALID"
  /// Imported without a source that it could be compared with.
  case sourceless = "SOURCELESS"
  /// In `__pycache__` without a source: no interpreter looks at it.
  case orphan = "ORPHAN"

  /// How much it matters, which decides the exit code.
  public enum Weight: Int, Comparable, Sendable {
    case fine, unproven, mismatch

    public static func < (left: Weight, right: Weight) -> Bool { left.rawValue < right.rawValue }
  }

  public var weight: Weight {
    switch self {
    case .ok, .proven: .fine
    case .stale, .foreignMagic, .unproven, .sourceless, .orphan: .unproven
    case .sourceModified, .mismatch, .invalid: .mismatch
    }
  }
}

/// A verdict with its reason.
struct Judgement: Hashable, Sendable {
  var verdict: Verdict
  /// Lower case, no full stop; nil where the verdict says it all.
  var reason: String?
  var differences: [CodeDifference] = []
  /// Differences beyond those that are listed.
  var furtherDifferences = false

  init(_ verdict: Verdict, _ reason: String? = nil) {
    self.verdict = verdict
    self.reason = reason
  }
}
