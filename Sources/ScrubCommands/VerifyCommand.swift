import ArgumentParser
import Formats
import ScrubKit

/// `wheelscrub verify PATH...`: which checksum mismatches are harmless.
struct VerifyCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Tell harmless checksum mismatches from others, and prove bytecode by compiling its source.",
    discussion: """
      A path is a directory with installed packages or a file of one. The path - stands for standard input with the \
      lines of pkg check -sa, debsums, dpkg --verify or rpm -Va. Nothing of what is verified is run or imported. Exits \
      with 0 if every file is OK or PROVEN, 1 if something is unproven, 2 if something mismatches or could not be \
      processed. For example: wheelscrub verify /usr/lib/python3/dist-packages, or debsums -c | wheelscrub verify -
      """)

  @OptionGroup var shared: SharedOptions

  @Option(help: "How verdicts are printed.")
  var outputFormat = PlainFormat.full

  @Option(
    help: ArgumentHelp(
      "An interpreter to compile with, before pythonX.Y on the path; may be repeated.", valueName: "exe"),
    completion: .file())
  var python: [String] = []

  @Option(
    help: ArgumentHelp(
      "Where the paths in the lines on standard input begin: an unpacked image.", valueName: "dir"),
    completion: .directory)
  var root: String?

  private var readsLines: Bool { shared.paths.contains("-") }

  func validate() throws {
    if root != nil, !readsLines { throw ValidationError("--root needs lines on standard input: the path -") }
    if python.contains("") || root == "" { throw ValidationError("--python and --root need a path") }
  }

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    let paths = shared.paths.filter { $0 != "-" }
    try shared.checkOutputFile(against: paths)
    var options = TriageOptions()
    options.paths = paths
    options.root = root
    options.interpreters = python
    options.searchPath = (session.console.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    options.workers = Workers(jobs: shared.jobCount)
    let progress = session.progressLine(shared)
    options.progress = { path, total in progress?.begin(path, of: total) }
    let report = session.engine.verify(options, readsLines)
    progress?.end()
    let presentation = Presentation(console: session.console, shared: shared)
    let lines = PlainReporter<VerificationReport>.table[outputFormat].render(report, presentation)
    return session.print(lines, shared: shared) ?? ExitStatus(of: report)
  }
}

extension ExitStatus {
  /// 0 everything is what it should be, 1 something is unproven, 2 something is not what it should be.
  init(of report: VerificationReport) {
    guard report.errors.isEmpty else {
      self = .failure
      return
    }
    self =
      switch report.weight {
      case .fine: .clean
      case .unproven: .findings
      case .mismatch: .failure
      }
  }
}
