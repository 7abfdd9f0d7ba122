internal import BuildRoots
public import Formats

/// User options; the defaults are those of the command line.
public struct Options: Sendable {
  public enum Layout: String, Sendable, CaseIterable {
    /// Sections that nothing loads are laid out again after the last loaded byte, with the sizes they need; slot if
    /// loaded bytes lie after them.
    case compact
    /// Sections keep their file offset; the unused space of a rebuilt table is zeroed.
    case slot
  }
  public enum BuildID: String, Sendable, CaseIterable {
    /// Hash the final bytes into every GNU build-id note of a changed image.
    case recompute
    /// Leave the notes unchanged.
    case keep
  }
  public enum Verification: String, Sendable, CaseIterable {
    /// Our own check of every string reference; libdwarf reads units and file tables.
    case standard
    /// libdwarf also reads every DIE.
    case full
  }

  public enum Resign: String, Sendable, CaseIterable {
    /// An image signed with a key is left unchanged.
    case never
    /// An ad hoc signature replaces one made with a key.
    case adHoc = "adhoc"
  }

  /// The file that some of these options come from, for reports.
  public var configuration: String?
  /// What to look for, and what it becomes.
  public var policy = Policy.default
  public var layout: Layout = .compact
  public var buildID: BuildID = .recompute
  public var verification: Verification = .standard
  /// Paths to skip, and rules to ignore in some of them.
  public var paths = PathRules()
  /// Rewrite RECORD's rows if they are wrong. Off by default: a hash that does not match may be the only trace of a
  /// modified file.
  public var fixRecord = false
  /// Remove RPATH and RUNPATH entries that lead into a build root; otherwise they are reported and stay.
  public var fixRunPath = false
  /// How to treat Mach-O images that are signed with a key.
  public var resign: Resign = .never
  /// Remove the symbols that lead debuggers to the object files of a Mach-O image.
  public var dropDebugMap = false
  public var bytecode = BytecodeOptions()
  /// Where an installed tree will be: text and bytecode that hold its location follow.
  public var relocations = PathRelocations()
  /// SOURCE_DATE_EPOCH in seconds since 1970-01-01 UTC; members with later times get this time.
  public var sourceDateEpoch: Int64?
  /// Whether wheels are packed in one canonical form, whoever packed them. This also removes what tools left of the
  /// build apart from paths.
  public var isCanonical = false
  /// Whether reports state for each file which bytes changed or moved.
  public var describesRanges = false
  /// Who processes members and files in parallel; never changes the result.
  public var workers = Workers(jobs: 1)

  public init() {}

  /// The roots that are searched for everywhere.
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
