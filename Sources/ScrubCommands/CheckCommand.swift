import ArgumentParser
import BuildRoots
import Formats
import ScrubKit

/// `wheelscrub check PATH...`: what leaks, and where.
struct CheckCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Show the build directories that leak into wheels and native extensions.",
    discussion: """
      Exits with 0 if nothing leaks, 1 if something does, 2 if something could not be processed. \
      For example: wheelscrub check dist/
      """)

  @OptionGroup var shared: SharedOptions
  @OptionGroup(title: "Rules") var rules: RuleOptions

  @OptionGroup var results: ResultOptions

  @Flag(
    inversion: .prefixedNo,
    help: "For what others have built: only run paths are errors, the rest are notes that do not fail.")
  var installed: Bool?

  @Option(
    help: ArgumentHelp(
      "Findings that are known and do not count: a file that --add-baseline wrote.", valueName: "file"),
    completion: .file())
  var baseline: String?

  @Option(
    help: ArgumentHelp("Write all findings to this file, as known ones, and exit with 0.", valueName: "file"),
    completion: .file())
  var addBaseline: String?

  func validate() throws {
    if baseline != nil, addBaseline != nil {
      throw ValidationError("--baseline and --add-baseline exclude each other")
    }
    if baseline == "" || addBaseline == "" { throw ValidationError("a baseline needs the name of a file") }
  }

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    let settings = try results.over(try rules.settings(for: shared.paths))
    let shared = shared.over(settings)
    session.limitMemory(shared, settings)
    var options = try settings.options()
    options.workers = Workers(jobs: shared.jobCount)
    let known = try (baseline ?? (addBaseline == nil ? settings.baseline?.value : nil)).map {
      (path) throws(SettingError) in try Baseline(path: path)
    }
    let inputs = session.inputs(shared, options)
    let paths = inputs.files.map(\.path)
    try shared.checkOutputFile(against: paths)
    if let addBaseline { try OutputFile(path: addBaseline, option: "--add-baseline").check(against: paths) }
    var skipped = inputs.skipped
    var reports = session.process(inputs.files, shared: shared, workers: options.workers) {
      [options, check = session.engine.check] in
      check(options, $0)
    }
    TreeResidue(options: options).complete(inputs.files, &reports)
    reports = Session.mentioned(inputs.files, reports, &skipped)
    if installed ?? settings.installed?.value ?? false { reports = reports.map(\.asInstalled) }
    var outcome = Outcome(action: .check, errors: inputs.errors)
    if let known {
      let (count, gone) = known.apply(to: &reports)
      outcome.known = count
      if !gone.isEmpty { outcome.notes.append(.gone(gone, from: known)) }
    }
    if let addBaseline {
      if let error = Baseline.write(reports, to: addBaseline) { outcome.errors.append(error) }
      outcome.known = reports.reduce(0) { $0 + $1.findings.count }
      for index in reports.indices { reports[index].findings = [] }
    }
    outcome.reports = reports + inputs.leftovers.compactMap { $0.describe() }
    outcome.skipped = skipped
    outcome.obey(settings)
    return session.finish(outcome, settings.format, shared: shared)
  }
}

extension FileReport {
  /// The same for a file that its user did not build and cannot build again. A run path is a danger wherever it comes
  /// from: whoever may create the directory runs code in this process. The rest is good to know.
  var asInstalled: FileReport {
    var report = self
    for index in report.findings.indices where report.findings[index].rule.family != .runPaths {
      report.findings[index].rule.severity = .note
    }
    return report
  }
}
