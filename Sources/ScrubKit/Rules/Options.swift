internal import BuildRoots
public import Formats

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

  public enum Resign: String, Sendable, CaseIterable {
    /// An image that is signed with a key stays as it is.
    case never
    /// An ad hoc signature takes the place of one made with a key.
    case adHoc = "adhoc"
  }

  /// The file that some of these come from, for reports.
  public var configuration: String?
  /// What is looked for and what it becomes.
  public var policy = Policy.default
  public var layout: Layout = .compact
  public var buildID: BuildID = .recompute
  public var verification: Verification = .standard
  /// Paths that are not looked at, and rules that do not count in some.
  public var paths = PathRules()
  /// Write RECORD's rows anew where they are wrong. Not by default: a hash that does not fit may be the only trace of
  /// a file that somebody changed.
  public var fixRecord = false
  /// Remove RPATH and RUNPATH entries that lead into a build root; else they are reported and stay.
  public var fixRunPath = false
  /// What becomes of Mach-O images that are signed with a key.
  public var resign: Resign = .never
  /// Remove the symbols that lead debuggers to the object files of a Mach-O image.
  public var dropDebugMap = false
  public var bytecode = BytecodeOptions()
  /// Where an installed tree will be: what text and bytecode say about where it is follows.
  public var relocations = PathRelocations()
  /// SOURCE_DATE_EPOCH in seconds since 1970-01-01 UTC; members with later times get this time.
  public var sourceDateEpoch: Int64?
  /// Whether wheels are packed in one form, whoever packed them, and what tools left of the build beside paths goes
  /// with them.
  public var isCanonical = false
  /// Whether reports say for each file which bytes are other ones or elsewhere.
  public var describesRanges = false
  /// Who works on members and files side by side; never changes the result.
  public var workers = Workers(jobs: 1)

  public init() {}

  /// What is searched for everywhere.
  var roots: RootMap { policy.roots }

  /// The options for one file or member; nil where it is excluded.
  func narrowed(to place: Place, isExplicit: Bool = false) -> Options? {
    if !isExplicit, paths.excludes(place) { return nil }
    guard let selection = paths.narrowed(policy.selection, at: place) else { return self }
    var options = self
    options.policy = policy.narrowed(to: selection)
    return options
  }
}
