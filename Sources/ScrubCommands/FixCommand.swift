import ArgumentParser
import ScrubKit

/// `wheelscrub fix PATH... (-w DIR | --in-place) [--check] [--diff]`.
struct FixCommand: SessionCommand {
  static let configuration = CommandConfiguration(
    commandName: "fix",
    abstract: "Replace the build directories in wheels and native extensions by a stable one.",
    usage: "wheelscrub fix <paths> ... (-w <dir> | --in-place) [--check] [--diff] [<options>]",
    discussion: """
      Exits with 0 if nothing is left to do, 1 if something cannot be fixed (or, with --check or --diff, would \
      be changed), 2 if something could not be processed. SOURCE_DATE_EPOCH, where set, becomes the time of \
      every member of a wheel that is later.
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

  @Option(
    help: ArgumentHelp(
      "How sections that nothing loads are laid out after the rewrite.\(Self.values(Options().layout))",
      valueName: "layout"))
  var layout: Options.Layout?

  @Option(
    name: .customLong("build-id"),
    help: ArgumentHelp(
      "What becomes of the GNU build-id of a changed file.\(Self.values(Options().buildID))",
      valueName: "build-id"))
  var buildID: Options.BuildID?

  @Option(
    name: .customLong("verify"),
    help: ArgumentHelp(
      "How much libdwarf reads again before anything is written.\(Self.values(Options().verification))",
      valueName: "verify"))
  var verification: Options.Verification?

  @Flag(
    name: .customLong("fix-rpath"), inversion: .prefixedNo,
    help: "Remove build directories from RPATH and RUNPATH; without it they are reported and stay.")
  var fixRunPath: Bool?

  private static func values<Choice: RawRepresentable<String> & CaseIterable>(_ standard: Choice) -> String {
    let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    return " (values: \(words); default: \(standard.rawValue))"
  }

  @OptionGroup var results: ResultOptions

  @Flag(help: "Exit with 1 if anything was changed, even if nothing is left to do.")
  var exitNonZeroOnFix = false

  func validate() throws {
    try results.validate(with: shared.outputFormat)
    if diff, !shared.outputFormat.showsChanges {
      throw ValidationError("--diff has no place in --output-format \(shared.outputFormat.rawValue)")
    }
    if exitNonZeroOnFix && results.exitZero {
      throw ValidationError("--exit-zero and --exit-non-zero-on-fix exclude each other")
    }
    if wheelDirectory != nil && inPlace {
      throw ValidationError("-w and --in-place exclude each other: choose where the result goes")
    }
    if wheelDirectory == "" { throw ValidationError("-w needs the name of a directory") }
    if wheelDirectory == nil && !inPlace && !check && !diff {
      throw ValidationError(
        "choose where the result goes, -w DIR or --in-place, or look first with --check or --diff")
    }
  }

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    var settings = try rules.settings(for: shared.paths)
    settings.layout = layout.map { Sourced($0, from: "--layout") } ?? settings.layout
    settings.buildID = buildID.map { Sourced($0, from: "--build-id") } ?? settings.buildID
    settings.verification = verification.map { Sourced($0, from: "--verify") } ?? settings.verification
    settings.fixRunPath = fixRunPath.map { Sourced($0, from: "--fix-rpath") } ?? settings.fixRunPath
    var options = try settings.options()
    options.sourceDateEpoch = try SourceDateEpoch.read(session.console.environment)
    options.workers = Workers(jobs: shared.jobCount)

    let writes = !check && !diff
    var outcome = Outcome(action: writes ? .fix : .preview(diff: diff))
    let inputs = session.inputs(shared, options)
    outcome.errors = inputs.errors
    outcome.showsStatistics = results.statistics
    outcome.exitsZero = results.exitZero
    outcome.exitsNonZeroOnFix = exitNonZeroOnFix

    let plan = OutputPlan(files: inputs.files, directory: wheelDirectory, inPlace: inPlace)
    try shared.checkOutputFile(against: plan.paths(inputs.files))
    // Refused as a whole: with two inputs for one path nobody knows which result to keep.
    if !plan.conflicts.isEmpty {
      outcome.errors += plan.conflicts
      return session.finish(outcome, shared: shared)
    }

    if writes, let failure = plan.makeDirectory() {
      outcome.errors.append(failure)
      return session.finish(outcome, shared: shared)
    }

    let fix = session.engine.fix
    outcome.reports = session.process(inputs.files, shared: shared, workers: options.workers) {
      [options] file in
      guard writes else { return fix(options, file, .nowhere) }
      do throws(ScrubError) {
        let destination = plan.destination(of: file)
        try OutputPlan.makeRoom(for: destination)
        return fix(options, file, destination)
      } catch {
        var report = FileReport(path: file.path)
        report.errors = [error]
        return report
      }
    }
    return session.finish(outcome, shared: shared)
  }
}
