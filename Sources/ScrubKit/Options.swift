public import BuildRoots

/// What the user may choose; the defaults are the command line's.
public struct Options: Sendable {
  public enum Layout: String, Sendable, CaseIterable {
    /// What nothing loads is laid out again behind the last loaded byte, with the size it needs; slot where
    /// something loaded lies behind it.
    case compact
    /// Sections keep their file offset; what a rebuilt table no longer needs is zero.
    case slot
  }
  public enum BuildID: String, Sendable, CaseIterable {
    /// Hash the final bytes into every GNU build-id note of a changed image.
    case recompute
    /// Leave the notes as they are.
    case keep
  }
  public enum Verification: String, Sendable, CaseIterable {
    /// Own re-read of every string reference; libdwarf reads units and file tables.
    case standard
    /// libdwarf also reads every DIE.
    case full
  }

  public var roots: RootMap = .default
  public var layout: Layout = .compact
  public var buildID: BuildID = .recompute
  public var verification: Verification = .standard
  /// Remove RPATH and RUNPATH entries that lead into a build root; else they are reported and stay.
  public var fixRunPath = false
  public var bytecode = BytecodeOptions()
  /// SOURCE_DATE_EPOCH in seconds since 1970-01-01 UTC; members with later times get this time.
  public var sourceDateEpoch: Int64?
  /// Who works on members and files side by side; never changes the result.
  public var workers = Workers(jobs: 1)

  public init() {}
}
