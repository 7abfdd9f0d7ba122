import ArgumentParser
import ScrubKit

/// What `fix` understands about `.pyc` files.
struct BytecodeArguments: ParsableArguments {
  @Option(
    name: .customLong("pyc-prefix"),
    help: ArgumentHelp(
      "The directory that the sources are installed in; without it names in .pyc files become relative to it.",
      valueName: "dir"))
  var prefix: String?

  @Option(
    name: .customLong("pyc-header"),
    help: "What fresh .pyc files tell about their source: as now, its hash, or a clamped time.")
  var header = BytecodeOptions.Header.keep

  @Flag(
    name: .customLong("pyc-canonical"),
    help: "Write .pyc files anew: equal values once, no unused references, sets sorted.")
  var isCanonical = false

  func validate() throws {
    do { _ = try made() } catch { throw ValidationError("--pyc-prefix \(error.description)") }
  }

  /// - Precondition: validated.
  var options: BytecodeOptions { (try? made()) ?? BytecodeOptions() }

  private func made() throws(PyCPrefixError) -> BytecodeOptions {
    var options = BytecodeOptions()
    options.header = header
    options.isCanonical = isCanonical
    if let prefix { try options.setPrefix(prefix) }
    return options
  }
}
