import ArgumentParser
import BuildRoots
import ScrubKit

/// What decides about the bytes of a result: for `fix`, and for `diff`, which asks `fix` what would become of both.
struct RewriteOptions: ParsableArguments {
  @Option(
    name: .customLong("prefix"),
    help: ArgumentHelp(
      "The directory that build directories are mapped to. (default: \(StablePrefix.default.text))",
      valueName: "dir"),
    transform: PrefixArgument.parse)
  var roots: RootMap = .default

  @Option(help: "How sections that nothing loads are laid out after the rewrite.")
  var layout = Options().layout

  @Option(name: .customLong("build-id"), help: "What becomes of the build-id or UUID of a changed file.")
  var buildID: Options.BuildID = .recompute

  @Flag(
    name: .customLong("fix-rpath"),
    help: "Remove build directories from run paths; without it they are reported and stay.")
  var fixRunPath = false

  func options(jobs: Int, in console: Console) throws(SettingError) -> Options {
    var options = Options()
    options.roots = roots
    options.layout = layout
    options.buildID = buildID
    options.fixRunPath = fixRunPath
    options.sourceDateEpoch = try SourceDateEpoch.read(console.environment)
    options.workers = Workers(jobs: jobs)
    return options
  }
}
