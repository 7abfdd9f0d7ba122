import ArgumentParser
import FoundationEssentials

/// What every subcommand that works on files understands.
struct SharedOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Wheels, native extensions, static archives, .pyc files, or directories with them.", valueName: "paths"),
    completion: .file())
  var paths: [String]

  @Option(
    name: [.customShort("o"), .customLong("output-file")],
    help: ArgumentHelp("Write the report to this file instead of standard output.", valueName: "file"),
    completion: .file())
  var outputFile: String?

  @Flag(name: .shortAndLong, help: "Print only findings and errors.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "Also print the files with nothing to report, and every finding.")
  var verbose = false

  @Option(help: ArgumentHelp("Whether to colour the output.\(ColorChoice.auto.explained)", valueName: "when"))
  var color: ColorChoice?

  @Option(
    name: [.customShort("j", allowingJoined: true), .customLong("jobs")],
    help: ArgumentHelp(
      "How many files to work on side by side (default: the number of available cores).", valueName: "n"))
  var jobs: Int?

  @OptionGroup var memory: MemoryOptions

  var jobCount: Int { jobs ?? ProcessInfo.processInfo.activeProcessorCount }

  /// These over those of the configuration.
  func over(_ settings: Settings) -> SharedOptions {
    var options = self
    options.color = color ?? settings.color?.value
    // A tree can bring a configuration: it may not ask for more threads than there are cores.
    options.jobs = jobs ?? settings.jobs.map { min($0.value, ProcessInfo.processInfo.activeProcessorCount) }
    return options
  }

  /// Before anything is read: see `OutputFile.check`.
  func checkOutputFile(against taken: [String]) throws(SettingError) {
    if let outputFile { try OutputFile(path: outputFile).check(against: taken) }
  }

  func validate() throws {
    if quiet && verbose { throw ValidationError("--quiet and --verbose exclude each other") }
    if let jobs, jobs < 1 { throw ValidationError("--jobs needs a number of at least 1, there is \(jobs)") }
    if outputFile == "" { throw ValidationError("-o needs the name of a file") }
    if paths.contains("") { throw ValidationError("a path is empty") }
  }
}
