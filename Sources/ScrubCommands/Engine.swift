public import Formats
public import ScrubKit

/// What the commands need of ScrubKit, as a table of functions: tests pass hand-made reports through the very
/// code that `main` runs.
public struct Engine: Sendable {
  public typealias Work = @Sendable (InputFile) -> FileReport

  /// The command line's paths as files to work on.
  public var expand:
    @Sendable (_ paths: [String]) -> (files: [InputFile], errors: [ScrubError], leftovers: [Leftover])
  public var check: @Sendable (Options, InputFile) -> FileReport
  public var fix: @Sendable (Options, InputFile, Destination) -> FileReport
  /// Keeps other runs away from installed distributions.
  public var lock: @Sendable ([InputFile]) -> WriteLock = { WriteLock.onDistributions(of: $0) }
  /// The installed distributions among the files.
  public var tree: @Sendable (Options, [InputFile]) -> TreeWork
  /// Which files belong together.
  public var fileSet: @Sendable (Options, [InputFile]) -> FileSet
  /// One report for each file of the group.
  public var fixTogether: @Sendable (Options, FileSet.Group, [Destination]) -> [FileReport]
  /// Adds to the reports of files what is left in them of what was found in others.
  public var residue: @Sendable (Options, [InputFile], inout [FileReport]) -> Void
  /// Everything in which two artifacts differ; writes nothing.
  public var compare: @Sendable (Options, _ first: String, _ second: String) -> DifferenceReport
  /// Whether the second is the first but for build roots and seals; writes nothing.
  public var prove: @Sendable (Options, _ original: String, _ fixed: String) -> ProofReport
  /// The RECORDs of a wheel or below a directory, compared with their files or written anew.
  public var record: @Sendable (Workers, _ path: String, _ update: Bool) -> [FileReport]
  /// The keys of files, directories and standard input.
  public var keys: @Sendable (Options, KeyLevel, Keys.Kind, _ paths: [String]) -> [KeyReport]
  /// The same for the paths on standard input, one report after the other.
  public var keyStream:
    @Sendable (Options, KeyLevel, Keys.Kind, @escaping @Sendable (KeyReport) -> Void) -> Void
  /// Verdicts on installed files, and on what standard input complains of where it is to be read.
  public var verify: @Sendable (TriageOptions, _ readsLines: Bool) -> TriageReport
  /// Bounds what the process holds in memory; nil for the default.
  public var limitMemory: @Sendable (_ bytes: Int?, _ jobs: Int) -> Void = { _, _ in }
  /// The launcher's full path, nil if it is not beside us.
  public var launcher: String?
  /// Becomes the launcher; returns why it could not.
  public var launch: @Sendable () -> String
  /// Applies the work to every file side by side, and keeps the order of the files: what is printed must not
  /// depend on who was done first. The same workers do the members of each file.
  public var map: @Sendable (_ workers: Workers, _ files: [InputFile], _ work: @escaping Work) -> [FileReport]

  public init(
    expand:
      @escaping @Sendable ([String]) -> (files: [InputFile], errors: [ScrubError], leftovers: [Leftover]),
    check: @escaping @Sendable (Options, InputFile) -> FileReport,
    fix: @escaping @Sendable (Options, InputFile, Destination) -> FileReport,
    tree: @escaping @Sendable (Options, [InputFile]) -> TreeWork = { TreeWork(TreeScrub($1, options: $0)) },
    fileSet: @escaping @Sendable (Options, [InputFile]) -> FileSet = { FileSet($1, options: $0) },
    fixTogether: @escaping @Sendable (Options, FileSet.Group, [Destination]) -> [FileReport] = {
      Scrub($0).fix($1, to: $2)
    },
    residue: @escaping @Sendable (Options, [InputFile], inout [FileReport]) -> Void = {
      TreeResidue(options: $0).complete($1, &$2)
    },
    compare: @escaping @Sendable (Options, String, String) -> DifferenceReport = {
      Comparison($0).run($1, $2)
    },
    prove: @escaping @Sendable (Options, String, String) -> ProofReport = { PathProof($0).run($1, $2) },
    record: @escaping @Sendable (Workers, String, Bool) -> [FileReport] = {
      RecordScrub(workers: $0).run($1, update: $2)
    },
    keys: @escaping @Sendable (Options, KeyLevel, Keys.Kind, [String]) -> [KeyReport] = {
      Keys($0, level: $1, kind: $2).run($3)
    },
    keyStream:
      @escaping @Sendable (Options, KeyLevel, Keys.Kind, @escaping @Sendable (KeyReport) -> Void) -> Void = {
        Keys($0, level: $1, kind: $2).runStream($3)
      },
    verify: @escaping @Sendable (TriageOptions, Bool) -> TriageReport = { Triage($0).run(readsLines: $1) },
    launcher: String? = nil,
    launch: @escaping @Sendable () -> String = { "nothing to start" },
    map: @escaping @Sendable (Workers, [InputFile], @escaping Work) -> [FileReport] = { $0.map($1, $2) }
  ) {
    self.expand = expand
    self.check = check
    self.fix = fix
    self.tree = tree
    self.fileSet = fileSet
    self.fixTogether = fixTogether
    self.residue = residue
    self.compare = compare
    self.prove = prove
    self.record = record
    self.keys = keys
    self.keyStream = keyStream
    self.verify = verify
    self.launcher = launcher
    self.launch = launch
    self.map = map
  }

  /// What `fix` does with files that are installed.
  public struct TreeWork: Sendable {
    /// RECORDs that cannot be read.
    public var errors: [ScrubError]
    /// Works on the file with this number; nil where it goes its way alone.
    public var fix: @Sendable (Int, Destination) -> FileReport?
    /// The same for files that belong together; nil where none of them is a distribution's.
    public var fixTogether: @Sendable (FileSet.Group, [Destination]) -> [FileReport]?
    /// Writes what waits; adds to the reports of all files, and returns those of RECORDs.
    public var commit: @Sendable (inout [FileReport], (InputFile) -> Destination) -> [FileReport]

    /// Relocates symbolic links below a path, or only says so.
    public var links: @Sendable (_ path: String, _ writes: Bool) -> FileReport
    /// Sets late times of everything below a path, or only says so.
    public var clamp: @Sendable (_ path: String, _ epoch: Int64, _ writes: Bool) -> FileReport

    public init(_ scrub: TreeScrub) {
      links = { TreeLinks.relocate($0, options: scrub.options, writes: $1) }
      clamp = { TreeTimes.clamp($0, epoch: $1, writes: $2) }
      errors = scrub.tree.errors
      fix = { scrub.isInvolved($0) ? scrub.fix($0, to: $1) : nil }
      fixTogether = { scrub.fix($0, to: $1) }
      commit = { scrub.commit(&$0, to: $1) }
    }
  }

  /// The real one.
  public static let live: Engine = {
    var engine = Engine(
      expand: { Tree.explore($0) },
      check: { options, input in Scrub(options).check(input) },
      fix: { options, input, destination in Scrub(options).fix(input, to: destination) },
      launcher: LauncherProgram.path, launch: { LauncherProgram.become() })
    engine.limitMemory = { Memory.limit(to: $0, jobs: $1) }
    return engine
  }()
}
