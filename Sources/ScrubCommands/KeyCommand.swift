import ArgumentParser
import Foundation
import ScrubKit

/// `wheelscrub key PATH...`: what `fix` would write, as a digest.
struct KeyCommand: SessionCommand {
  enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

  static let configuration = CommandConfiguration(
    commandName: "key",
    abstract: "Print the digest of what fix would write, the same for builds in any directory.",
    usage: "wheelscrub key <paths> ... [--level <level>] [--format <format>] [<options>]",
    discussion: """
      Writes nothing. One line a path: the key, what it is about, the path. A key that begins with raw: is the \
      SHA-256 of the bytes as they are (of a directory, of its names and bytes), because builds would differ even \
      after fix; standard error says why. Files that belong together are keyed as fix would write them together. \
      Exits with 0 if every key is one that other builds have, 3 if one is raw, 2 if something could not be \
      processed and has no key.
      """)

  @Argument(
    help: ArgumentHelp(
      "Wheels, native extensions, object files, static archives, .pyc files, preprocessed C, directories, or -.",
      valueName: "paths"),
    completion: .file())
  var paths: [String]

  @Option(help: "What the key is about: all that fix would write, or what is loaded at run time.")
  var level = KeyLevel.full

  @Option(help: "How keys are printed.") var format = Format.text

  @Option(
    name: .customLong("as"),
    help: "What the named files are: whatever their first bytes say, or preprocessed C or C++.")
  var kind = Keys.Kind.auto

  @Option(
    name: [.customShort("j", allowingJoined: true), .customLong("jobs")],
    help: ArgumentHelp(
      "How many files to work on side by side (default: the number of available cores).", valueName: "n"))
  var jobs: Int?

  @OptionGroup(title: "Rules") var rules: RuleOptions
  @OptionGroup(title: "What fix would do") var rewrite: RewriteOptions

  @Option(help: "What becomes of Mach-O files that are signed with a key.")
  var resign: Options.Resign = .never

  @Flag(help: "Without the symbols that lead debuggers to the object files of a Mach-O file.")
  var dropDebugMap = false

  @OptionGroup(title: "Compiled Python") var bytecode: BytecodeArguments

  func validate() throws {
    if let jobs, jobs < 1 { throw ValidationError("--jobs needs a number of at least 1, there is \(jobs)") }
    if paths.contains("") { throw ValidationError("a path is empty") }
    if paths.count(where: { $0 == "-" }) > 1 { throw ValidationError("standard input can be read only once") }
  }

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    var options = try rewrite.options(
      rules, paths, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount, bytecode,
      in: session.console)
    options.resign = resign
    options.dropDebugMap = dropDebugMap
    try BytecodeArguments.check(options)
    let reports = session.engine.keys(options, level, kind, paths)
    for line in KeyLines.text(reports, isDocument: format == .json) {
      Presentation.plain.print(line, on: session.console)
    }
    return ExitStatus(of: reports)
  }
}

extension ExitStatus {
  /// The worst of all paths.
  init(of reports: [KeyReport]) {
    self =
      reports.contains { !$0.errors.isEmpty } ? .failure : reports.contains(where: \.isRaw) ? .raw : .clean
  }
}
