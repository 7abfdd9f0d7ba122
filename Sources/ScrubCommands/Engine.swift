public import Formats
public import ScrubKit

/// What the commands need of ScrubKit, as a table of functions: tests pass hand-made reports through the very
/// code that `main` runs.
public struct Engine: Sendable {
  public typealias Work = @Sendable (InputFile) -> FileReport

  /// The command line's paths as files to work on.
  public var expand:
    @Sendable (_ paths: [String]) -> (files: [InputFile], errors: [ScrubError], leftovers: [Leftover])
  /// The same, telling how many files were found so far; nil where nobody counts.
  public var count:
    (
      @Sendable (_ paths: [String], _ progress: @escaping (Int) -> Void) -> (
        files: [InputFile], errors: [ScrubError], leftovers: [Leftover]
      )
    )?
  public var check: @Sendable (Options, InputFile) -> FileReport
  public var fix: @Sendable (Options, InputFile, Destination) -> FileReport
  /// Everything in which two artifacts differ; writes nothing.
  public var compare: @Sendable (Options, _ first: String, _ second: String) -> DifferenceReport = {
    Comparison($0).run($1, $2)
  }
  /// Whether the second is the first but for build roots and seals; writes nothing.
  public var prove: @Sendable (Options, _ original: String, _ fixed: String) -> ProofReport = {
    PathProof($0).run($1, $2)
  }
  /// The RECORDs of a wheel or below a directory, compared with their files or written anew.
  public var record: @Sendable (Workers, _ path: String, _ update: Bool) -> [FileReport] = {
    RecordScrub(workers: $0).run($1, update: $2)
  }
  /// The keys of files, directories and standard input.
  public var keys: @Sendable (Options, KeyLevel, Keys.Kind, _ paths: [String]) -> [KeyReport] = {
    Keys($0, level: $1, kind: $2).run($3)
  }
  /// The same for the paths on standard input, one report after the other.
  public var keyStream:
    @Sendable (Options, KeyLevel, Keys.Kind, @escaping @Sendable (KeyReport) -> Void) -> Void = {
      Keys($0, level: $1, kind: $2).runStream($3)
    }
  /// Verdicts on installed files, and on what standard input complains of where it is to be read.
  public var verify: @Sendable (TriageOptions, _ readsLines: Bool) -> VerificationReport = {
    Verification($0).run(readsLines: $1)
  }
  /// Bounds what the process holds in memory; nil for the default.
  public var limitMemory: @Sendable (_ bytes: Int?, _ jobs: Int) -> Void = { _, _ in }
  /// A launcher's full path, nil if it is not beside us.
  public var launcher: @Sendable (LauncherProgram) -> String?
  /// Becomes the launcher; returns why it could not.
  public var launch: @Sendable (LauncherProgram) -> String
  /// Applies the work to every file side by side, and keeps the order of the files: what is printed must not
  /// depend on who was done first. The same workers do the members of each file.
  public var map: @Sendable (_ workers: Workers, _ files: [InputFile], _ work: @escaping Work) -> [FileReport]

  public init(
    expand:
      @escaping @Sendable ([String]) -> (files: [InputFile], errors: [ScrubError], leftovers: [Leftover]),
    check: @escaping @Sendable (Options, InputFile) -> FileReport,
    fix: @escaping @Sendable (Options, InputFile, Destination) -> FileReport,
    launcher: @escaping @Sendable (LauncherProgram) -> String? = { _ in nil },
    launch: @escaping @Sendable (LauncherProgram) -> String = { _ in "nothing to start" },
    map: @escaping @Sendable (Workers, [InputFile], @escaping Work) -> [FileReport] = { $0.map($1, $2) }
  ) {
    self.expand = expand
    self.check = check
    self.fix = fix
    self.launcher = launcher
    self.launch = launch
    self.map = map
  }

  /// The real one.
  public static let live: Engine = {
    var engine = Engine(
      expand: { Tree.explore($0) },
      check: { options, input in Scrub(options).check(input) },
      fix: { options, input, destination in Scrub(options).fix(input, to: destination) },
      launcher: { $0.path }, launch: { $0.become() })
    engine.count = { Tree.explore($0, progress: $1) }
    engine.limitMemory = { Memory.limit(to: $0, jobs: $1) }
    return engine
  }()
}
