import ArgumentParser
import Formats
import ScrubKit

/// `wheelscrub diff A B`: what still differs, why, and whether `fix` removes it.
struct DiffCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Name every difference of two builds, its cause, and whether fix removes it.",
    usage: "wheelscrub diff <first> <second> [--only-paths] [<options>]",
    discussion: """
      Compares two wheels, two native extensions or two directories. Exits with 0 if they are the same, 1 if they \
      differ, 2 if they could not be compared. With --only-paths the second is what fix made of the first: exits \
      with 0 if nothing but build directories and seals differs, 1 if anything else does. Rules, options and \
      SOURCE_DATE_EPOCH have to be those that fix had. For example: wheelscrub diff first/x.whl second/x.whl
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup(title: "Rules") var rules: RuleOptions
  @OptionGroup(title: "What fix would do") var rewrite: RewriteOptions
  @OptionGroup(title: "Compiled Python") var bytecode: BytecodeArguments

  enum Format: String, CaseIterable, ExpressibleByArgument, Sendable {
    case full, concise, json, html
  }

  @Option(help: "How differences are printed.")
  var outputFormat = Format.full

  @Flag(
    name: .customLong("only-paths"),
    help: "Check that the second is the first with nothing changed but build directories and seals.")
  var onlyPaths = false

  func validate() throws {
    if onlyPaths, outputFormat == .html {
      throw ValidationError("--only-paths prints full, concise or json, not html")
    }
    guard shared.paths.count == 2 else {
      throw ValidationError("diff needs two paths, there \(shared.paths.count == 1 ? "is one" : "are more")")
    }
  }

  /// The same for what has no page.
  private var plainFormat: PlainFormat { PlainFormat(rawValue: outputFormat.rawValue) ?? .full }

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    let settings = try rewrite.settings(rules, shared.paths, bytecode)
    let shared = shared.over(settings)
    session.limitMemory(shared, settings)
    let options = try rewrite.options(settings, jobs: shared.jobCount, in: session.console)
    try BytecodeArguments.check(options)
    try shared.checkOutputFile(against: shared.paths)
    let presentation = Presentation(console: session.console, shared: shared)
    if onlyPaths {
      let report = session.engine.prove(options, shared.paths[0], shared.paths[1])
      let lines = PlainReporter<ProofReport>.table[plainFormat].render(report, presentation)
      return session.print(lines, shared: shared) ?? ExitStatus(of: report)
    }
    var report = session.engine.compare(options, shared.paths[0], shared.paths[1])
    if let file = options.configuration { report.notes.append(.configuration(file)) }
    let lines =
      outputFormat == .html
      ? [Line.verbatim(HTMLDifferences.page(report))]
      : PlainReporter<DifferenceReport>.table[plainFormat].render(report, presentation)
    return session.print(lines, shared: shared) ?? ExitStatus(of: report)
  }
}

extension ExitStatus {
  /// 0 the same, 1 different, 2 not compared.
  init(of report: DifferenceReport) {
    self = !report.errors.isEmpty ? .failure : report.differences.isEmpty ? .clean : .findings
  }
}

extension ExitStatus {
  /// 0 nothing but paths and seals, 1 something else, 2 not compared.
  init(of report: ProofReport) {
    self = !report.errors.isEmpty ? .failure : report.violations.isEmpty ? .clean : .findings
  }
}
