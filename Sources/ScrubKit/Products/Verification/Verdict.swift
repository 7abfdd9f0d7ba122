import Formats

/// The triage verdict on one file. The first two need no attention; all others do.
public enum Verdict: String, CaseIterable, Hashable, Sendable {
  /// The hash from RECORD, or from the package manager, matches.
  case ok = "OK"
  /// No hash matches, but the code is what the verified source compiles to.
  case proven = "PROVEN"
  /// The header refers to another source: Python compiles again and does not run this file.
  case stale = "STALE"
  /// A source whose hash does not match.
  case sourceModified = "SOURCE-MODIFIED"
  /// Compiled for an interpreter that is not available.
  case foreignMagic = "FOREIGN-MAGIC"
  /// Nothing contradicts it, and nothing vouches for it.
  case unproven = "UNPROVEN"
  /// Something differs from what it should be. It means no more than that: another patch release may have compiled
  /// it.
  case mismatch = "MISMATCH"
  /// Damaged: no interpreter would load it, or CPython never writes it like this.
  case invalid = "INVALID"
  /// Imported without a source to compare it with.
  case sourceless = "SOURCELESS"
  /// In `__pycache__` without a source: no interpreter reads it.
  case orphan = "ORPHAN"

  /// How serious it is, which determines the exit code.
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
  /// Lower case, no full stop; nil if the verdict suffices.
  var reason: String?
  var differences: [CodeDifference] = []
  /// Whether there are more differences than those listed.
  var furtherDifferences = false

  init(_ verdict: Verdict, _ reason: String? = nil) {
    self.verdict = verdict
    self.reason = reason
  }
}
