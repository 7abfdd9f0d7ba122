import ArgumentParser
import Formats
import ScrubKit

/// `wheelscrub check PATH...`: what leaks, and where.
struct CheckCommand: ReportingCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Show the build directories that leak into wheels and native extensions.",
    discussion: "Exits with 0 if nothing leaks, 1 if something does, 2 if something could not be processed.")

  @OptionGroup var shared: SharedOptions
  @OptionGroup(title: "Rules") var rules: RuleOptions

  @OptionGroup var results: ResultOptions

  func validate() throws { try results.validate(with: shared.outputFormat) }

  func run(in session: Session) throws(SettingError) -> ExitStatus {
    var options = try rules.settings(for: shared.paths).options()
    options.workers = Workers(jobs: shared.jobCount)
    let inputs = session.inputs(shared, options)
    try shared.checkOutputFile(against: inputs.files.map(\.path))
    var reports = session.process(inputs.files, shared: shared, workers: options.workers) {
      [options, check = session.engine.check] in
      check(options, $0)
    }
    TreeResidue(options: options).complete(inputs.files, &reports)
    reports = Session.mentioned(inputs.files, reports)
    reports += inputs.leftovers.compactMap { $0.describe() }
    var outcome = Outcome(action: .check, reports: reports, errors: inputs.errors)
    outcome.configuration = options.configuration
    outcome.showsStatistics = results.statistics
    outcome.exitsZero = results.exitZero
    return session.finish(outcome, shared: shared)
  }
}
