import ArgumentParser
import Formats
import ScrubKit

/// `wheelscrub fix PATH... (-w DIR | --in-place) [--check] [--diff]`.
struct FixCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "fix",
    abstract: "Replace the build directories in wheels and native extensions by a stable one.",
    usage: "wheelscrub fix <paths> ... (-w <dir> | --in-place) [--check] [--diff] [<options>]",
    discussion: """
      Exits with 0 if nothing is left to do, 1 if something cannot be fixed (or, with --check or --diff, would \
      be changed), 2 if something could not be processed. SOURCE_DATE_EPOCH, where set, becomes the time of \
      every member of a wheel that is later. For example: wheelscrub fix dist/*.whl -w fixed
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup(title: "Rules") var rules: RuleOptions

  @Option(
    name: [.customShort("w"), .customLong("wheel-dir")],
    help: ArgumentHelp("Write the results below this directory.", valueName: "dir"), completion: .directory)
  var wheelDirectory: String?

  @Flag(help: "Replace the inputs themselves.")
  var inPlace = false

  @Flag(help: "Write nothing; exit with 1 if something would change.")
  var check = false

  @Flag(help: "Write nothing; print what would change.")
  var diff = false

  @OptionGroup var rewrite: RewriteOptions

  @Option(
    name: .customLong("verify"),
    help: ArgumentHelp(
      "How much libdwarf reads again before anything is written.\(Options().verification.explained)",
      valueName: "verify"))
  var verification: Options.Verification?

  @OptionGroup var results: ResultOptions

  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "Write every range that changes or moves, why, and by which rule, to this file (JSON).",
      valueName: "file"),
    completion: .file())
  var reportFile: String?

  @Flag(
    inversion: .prefixedNo, help: "Exit with 1 if anything was changed, even if nothing is left to do.")
  var exitNonZeroOnFix: Bool?

  @Flag(
    name: .customLong("clamp-mtime"), inversion: .prefixedNo,
    help: "Set files and directories that are later than SOURCE_DATE_EPOCH to that time, with their .pyc.")
  var clampTimes: Bool?

  @Option(
    name: .customLong("relocate"),
    help: ArgumentHelp(
      "A directory that an installed tree was made in, and where it will be: in scripts, configuration and .pyc files.",
      valueName: "old=new"))
  var relocate: [String] = []

  @OptionGroup(title: "Compiled Python") var bytecode: BytecodeArguments

  func validate() throws {
    if let format = results.outputFormat, diff, !format.showsChanges {
      throw ValidationError("--diff has no place in --output-format \(format.rawValue)")
    }
    if exitNonZeroOnFix ?? false, results.exitZero ?? false {
      throw ValidationError("--exit-zero and --exit-non-zero-on-fix exclude each other")
    }
    if wheelDirectory != nil && inPlace {
      throw ValidationError("-w and --in-place exclude each other: choose where the result goes")
    }
    do { _ = try PathRelocations(relocate) } catch {
      throw ValidationError("--relocate: \(error.description)")
    }
    if reportFile == "" { throw ValidationError("--report needs the name of a file") }
    if let reportFile, reportFile == shared.outputFile {
      throw ValidationError("--report and -o need two files")
    }
    if wheelDirectory == "" { throw ValidationError("-w needs the name of a directory") }
    if wheelDirectory != nil, clampTimes ?? false {
      throw ValidationError("--clamp-mtime sets the times of sources too: it needs --in-place")
    }
    if wheelDirectory == nil && !inPlace && !check && !diff {
      throw ValidationError(
        """
        choose where the result goes:
          wheelscrub fix \(shared.paths[0]) -w fixed      writes fixed copies to a directory
          wheelscrub fix \(shared.paths[0]) --in-place    replaces the files themselves
        or look first, with --check or --diff
        """)
    }
  }

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    var settings = try results.over(
      rewrite.settings(rules, shared.paths, bytecode, verification: verification))
    settings.exitNonZeroOnFix =
      exitNonZeroOnFix.map { Sourced($0, from: "--exit-non-zero-on-fix") } ?? settings.exitNonZeroOnFix
    settings.clampTimes = clampTimes.map { Sourced($0, from: "--clamp-mtime") } ?? settings.clampTimes
    if diff, !settings.format.showsChanges {
      throw SettingError(message: "--diff has no place in --output-format \(settings.format.rawValue)")
    }
    let clampTimes = settings.clampTimes?.value ?? false
    let shared = shared.over(settings)
    session.limitMemory(shared, settings)
    var options = try rewrite.options(settings, jobs: shared.jobCount, in: session.console)
    options.relocations = (try? PathRelocations(relocate)) ?? PathRelocations()
    if clampTimes, options.bytecode.header == .keep { options.bytecode.header = .clamp }
    try BytecodeArguments.check(options)
    if wheelDirectory != nil, options.bytecode.header == .clamp {
      throw SettingError(message: "--pyc-header clamp sets the times of sources too: it needs --in-place")
    }

    let writes = !check && !diff
    let replaces = writes && wheelDirectory == nil
    var outcome = Outcome(action: writes ? .fix : .preview(diff: diff))
    outcome.obey(settings)
    var inputs = session.inputs(shared, options)
    var recovered: [FileReport] = []
    // Until the end.
    let lock = replaces ? WriteLock.onDistributions(of: inputs.files) : nil
    defer { _ = lock }
    if lock?.hasWaited == true { inputs = session.inputs(shared, options) }
    if replaces, !inputs.leftovers.isEmpty {
      // What an interrupted run had begun counts as done before anything is read.
      recovered = inputs.leftovers.compactMap { $0.recover() }
      inputs = session.inputs(shared, options)
    } else if wheelDirectory == nil {
      recovered = inputs.leftovers.compactMap { $0.describe() }
    }
    outcome.errors = inputs.errors
    outcome.exitsNonZeroOnFix = settings.exitNonZeroOnFix?.value ?? false
    outcome.skipped = inputs.skipped

    let plan = OutputPlan(files: inputs.files, directory: wheelDirectory, inPlace: inPlace)
    try shared.checkOutputFile(against: plan.paths(inputs.files))
    if let reportFile {
      try OutputFile(path: reportFile, option: "--report").check(against: plan.paths(inputs.files))
      options.describesRanges = true
    }
    // Refused as a whole: with two inputs for one path nobody knows which result to keep.
    if !plan.conflicts.isEmpty {
      outcome.errors += plan.conflicts
      return session.finish(outcome, settings.format, shared: shared)
    }

    if writes, let failure = plan.makeDirectory() {
      outcome.errors.append(failure)
      return session.finish(outcome, settings.format, shared: shared)
    }

    if writes {
      recovered += Leftover.around(plan.directories(inputs.files) + outputDirectories).compactMap {
        $0.recover()
      }
    }
    let run = FixRun(inputs.files, options: options) { [options, fix = session.engine.fix] in
      fix(options, $0, $1)
    }
    outcome.errors += run.errors
    outcome.reports = fix(run, to: writes ? plan : nil, in: session, shared, options.workers)
    outcome.reports += run.commit(&outcome.reports) { writes ? plan.destination(of: $0) : .nowhere }
    TreeResidue(options: options).complete(inputs.files, &outcome.reports)
    outcome.reports = Session.mentioned(inputs.files, outcome.reports, &outcome.skipped)
    // Copies have no links.
    if !options.relocations.isEmpty, wheelDirectory == nil, !outcome.hasErrors {
      let links = shared.paths.map { TreeLinks.relocate($0, options: options, writes: writes) }
      outcome.reports += links.filter { !$0.isClean }
    }
    if clampTimes, let epoch = options.sourceDateEpoch, !outcome.hasErrors {
      outcome.reports += shared.paths.map { TreeTimes.clamp($0, epoch: epoch, writes: writes) }
    }
    outcome.reports += recovered
    let status = session.finish(outcome, settings.format, shared: shared)
    guard let reportFile, let error = FixReport.write(outcome, to: reportFile) else { return status }
    Presentation(console: session.console, shared: shared).print(.error(error), on: session.console)
    return .failure
  }

  /// Where reports go.
  private var outputDirectories: [String] {
    [reportFile, shared.outputFile].compactMap(\.self).map { path in
      path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
  }

  /// - Parameter plan: nil where nothing is to be written.
  private func fix(
    _ run: FixRun, to plan: OutputPlan?, in session: Session, _ shared: SharedOptions, _ workers: Workers
  ) -> [FileReport] {
    run.run { files, work in
      session.process(files, shared: shared, workers: workers, work: work)
    } to: { file throws(ScrubError) in
      guard let destination = plan?.destination(of: file) else { return .nowhere }
      try OutputPlan.makeRoom(for: destination)
      return destination
    }
  }
}
