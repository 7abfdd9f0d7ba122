import ArgumentParser
import Formats
import ScrubKit

/// What decides about the bytes of a result: for `fix`, and for `diff`, which asks `fix` what would become of both.
struct RewriteOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How sections that nothing loads are laid out after the rewrite.\(Options().layout.explained)",
      valueName: "layout"))
  var layout: Options.Layout?

  @Option(
    name: .customLong("build-id"),
    help: ArgumentHelp(
      "What becomes of the build-id or UUID of a changed file.\(Options().buildID.explained)",
      valueName: "build-id"))
  var buildID: Options.BuildID?

  @Flag(
    name: .customLong("fix-rpath"), inversion: .prefixedNo,
    help: "Remove build directories from run paths; without it they are reported and stay.")
  var fixRunPath: Bool?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Pack wheels in one form, whoever packed them: order, times, modes, compression, RECORD.")
  var canonical: Bool?

  /// These over the rules' options, and both over the configuration.
  func options(
    _ rules: RuleOptions, _ shared: SharedOptions, _ bytecode: BytecodeArguments,
    verification: Options.Verification? = nil, in console: Console
  ) throws(SettingError) -> Options {
    try options(
      rules, shared.paths, jobs: shared.jobCount, bytecode, verification: verification, in: console)
  }

  /// The same for a command with arguments of its own.
  func options(
    _ rules: RuleOptions, _ paths: [String], jobs: Int, _ bytecode: BytecodeArguments,
    verification: Options.Verification? = nil, in console: Console
  ) throws(SettingError) -> Options {
    var settings = try rules.settings(for: paths)
    settings.layout = layout.map { Sourced($0, from: "--layout") } ?? settings.layout
    settings.buildID = buildID.map { Sourced($0, from: "--build-id") } ?? settings.buildID
    settings.verification = verification.map { Sourced($0, from: "--verify") } ?? settings.verification
    settings.fixRunPath = fixRunPath.map { Sourced($0, from: "--fix-rpath") } ?? settings.fixRunPath
    settings.isCanonical = canonical.map { Sourced($0, from: "--canonical") } ?? settings.isCanonical
    bytecode.apply(to: &settings)
    var options = try settings.options()
    options.sourceDateEpoch = try SourceDateEpoch.read(console.environment)
    options.workers = Workers(jobs: jobs)
    return options
  }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
  /// For the help of an option without a default of its own: the configuration may have one.
  var explained: String {
    " (values: \(Self.allCases.map(\.rawValue).joined(separator: ", ")); default: \(rawValue))"
  }
}
