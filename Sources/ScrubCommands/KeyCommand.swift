import ArgumentParser
import Formats
import FoundationEssentials
import ScrubKit
import Synchronization

/// `wheelscrub key PATH...`: what `fix` would write, as a digest.
struct KeyCommand: SessionCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case text, json
    case jsonLines = "json-lines"
  }

  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Print the digest of what fix would write, the same for builds in any directory.",
    usage: "wheelscrub key <paths> ... [--stdin0] [--level <level>] [--output-format <format>] [<options>]",
    discussion: """
      Writes nothing. One line a path: the key, what it is about, the path. A key that begins with raw: is the \
      SHA-256 of the bytes as they are (of a directory, of its names and bytes), because builds would differ even \
      after fix; standard error says why. Files that belong together are keyed as fix would write them together. \
      With --stdin0 the paths come from standard input, each ended by a NUL, and each is keyed alone, as by a command \
      of its own; its line is printed as soon as those in front of it are. \
      Exits with 0 if every key is one that other builds have, 3 if one is raw, 2 if something could not be \
      processed and has no key. For example: wheelscrub key --level runtime build/x.so
      """)

  @Argument(
    help: ArgumentHelp(
      "Wheels, native extensions, object files, static archives, .pyc files, preprocessed C, directories, or -.",
      valueName: "paths"),
    completion: .file())
  var paths: [String] = []

  @Flag(name: .customLong("stdin0"), help: "Read the paths from standard input, each ended by a NUL.")
  var readsPaths = false

  @Option(help: "What the key is about: all that fix would write, or what is loaded at run time.")
  var level = KeyLevel.full

  @Option(help: "How keys are printed.") var outputFormat = Format.text

  /// What it was called once.
  @Option(name: .customLong("format"), help: .hidden) var format: String?

  @Option(
    name: .customLong("as"),
    help: "What the named files are: whatever their first bytes say, or preprocessed C or C++.")
  var kind = Keys.Kind.auto

  @Option(
    name: [.customShort("j", allowingJoined: true), .customLong("jobs")],
    help: ArgumentHelp(
      "How many files to work on side by side (default: the number of available cores).", valueName: "n"))
  var jobs: Int?

  @OptionGroup var memory: MemoryOptions
  var memoryLimit: Int? { memory.limit?.bytes }
  var jobCount: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }

  @OptionGroup(title: "Rules") var rules: RuleOptions
  @OptionGroup(title: "What fix would do") var rewrite: RewriteOptions

  @OptionGroup(title: "Compiled Python") var bytecode: BytecodeArguments

  func validate() throws {
    if format != nil { throw ValidationError("there is no --format; use --output-format") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs needs a number of at least 1, there is \(jobs)") }
    if rewrite.canonical == false {
      throw ValidationError("--no-canonical has no place here: keys are those of the canonical form")
    }
    if paths.contains("") { throw ValidationError("a path is empty") }
    if paths.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read only once") }
    if readsPaths {
      guard paths.isEmpty else { throw ValidationError("with --stdin0 all paths come from standard input") }
      // A document is one only when it is complete: memory for all of it.
      guard outputFormat != .json else {
        throw ValidationError("--stdin0 needs --output-format json-lines or text, not json")
      }
    } else if paths.isEmpty {
      throw ValidationError("key needs a path, or --stdin0")
    }
  }

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    let settings = try rewrite.settings(rules, paths, bytecode)
    let options = try rewrite.options(
      settings, jobs: jobs ?? min(settings.jobs?.value ?? jobCount, jobCount), in: session.console)
    try BytecodeArguments.check(options)
    guard readsPaths else {
      let reports = session.engine.keys(options, level, kind, paths)
      Self.show(reports, outputFormat, on: session.console)
      return ExitStatus(of: reports)
    }
    let status = Mutex(ExitStatus.clean)
    session.engine.keyStream(options, level, kind) { [outputFormat] report in
      Self.show([report], outputFormat, on: session.console)
      status.withLock { $0 = ExitStatus.worse($0, ExitStatus(of: [report])) }
    }
    return status.withLock { $0 }
  }

  private static func show(_ reports: [KeyReport], _ format: Format, on console: Console) {
    for line in KeyLines.text(reports, format) { Presentation.plain.print(line, on: console) }
  }
}

extension ExitStatus {
  /// The worst of all paths.
  init(of reports: [KeyReport]) {
    self =
      reports.contains { !$0.errors.isEmpty } ? .failure : reports.contains(where: \.isRaw) ? .raw : .clean
  }

  /// A key that is missing is worse than one that is raw.
  static func worse(_ one: ExitStatus, _ other: ExitStatus) -> ExitStatus {
    [.failure, .raw].first { $0 == one || $0 == other } ?? .clean
  }
}
