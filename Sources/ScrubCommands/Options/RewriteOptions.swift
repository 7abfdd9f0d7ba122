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

  @Option(
    help: ArgumentHelp(
      "What becomes of Mach-O files that are signed with a key.\(Options().resign.explained)",
      valueName: "resign"))
  var resign: Options.Resign?

  @Flag(
    inversion: .prefixedNo,
    help: "Remove the symbols that lead debuggers to the object files of a Mach-O file.")
  var dropDebugMap: Bool?

  /// These over the rules' options, and both over the configuration.
  func settings(
    _ rules: RuleOptions, _ paths: [String], _ bytecode: BytecodeArguments,
    verification: Options.Verification? = nil
  ) throws(SettingError) -> Settings {
    var settings = try rules.settings(for: paths)
    settings.layout = layout.map { Sourced($0, from: "--layout") } ?? settings.layout
    settings.buildID = buildID.map { Sourced($0, from: "--build-id") } ?? settings.buildID
    settings.verification = verification.map { Sourced($0, from: "--verify") } ?? settings.verification
    settings.fixRunPath = fixRunPath.map { Sourced($0, from: "--fix-rpath") } ?? settings.fixRunPath
    settings.isCanonical = canonical.map { Sourced($0, from: "--canonical") } ?? settings.isCanonical
    settings.resign = resign.map { Sourced($0, from: "--resign") } ?? settings.resign
    settings.dropDebugMap =
      dropDebugMap.map { Sourced($0, from: "--drop-debug-map") } ?? settings.dropDebugMap
    bytecode.apply(to: &settings)
    return settings
  }

  /// What all of them together ask for, with the time of the environment.
  func options(_ settings: Settings, jobs: Int, in console: Console) throws(SettingError) -> Options {
    var options = try settings.options()
    options.sourceDateEpoch = try SourceDateEpoch.read(console.environment)
    options.workers = Workers(jobs: jobs)
    return options
  }
}

extension RawRepresentable where Self: CaseIterable, RawValue == String {
  /// For the help of an option without a default of its own, because the configuration may have one. The values stand
  /// behind it anyway.
  var explained: String {
    " (default: \(rawValue))"
  }
}
