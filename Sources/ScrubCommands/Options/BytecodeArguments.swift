import ArgumentParser
import Formats
import ScrubKit

/// What `fix` understands about `.pyc` files, and `diff`, which asks `fix`.
struct BytecodeArguments: ParsableArguments {
  @Option(
    name: .customLong("pyc-prefix"),
    help: ArgumentHelp(
      "The directory that the sources are installed in; without it names in .pyc files become relative to it.",
      valueName: "dir"))
  var prefix: String?

  @Option(
    name: .customLong("pyc-header"),
    help: ArgumentHelp(
      "What fresh .pyc files tell about their source: as now, its hash, or a clamped time."
        + BytecodeOptions().header.explained,
      valueName: "pyc-header"))
  var header: BytecodeOptions.Header?

  @Flag(
    name: .customLong("pyc-canonical"), inversion: .prefixedNo,
    help: "Write .pyc files anew: equal values once, no unused references, sets sorted.")
  var isCanonical: Bool?

  func validate() throws {
    guard let prefix else { return }
    var options = BytecodeOptions()
    do { try options.setPrefix(prefix) } catch { throw ValidationError("--pyc-prefix \(error.description)") }
  }

  /// These over those of the configuration.
  func apply(to settings: inout Settings) {
    settings.bytecodePrefix = prefix.map { Sourced($0, from: "--pyc-prefix") } ?? settings.bytecodePrefix
    settings.bytecodeHeader = header.map { Sourced($0, from: "--pyc-header") } ?? settings.bytecodeHeader
    settings.isBytecodeCanonical =
      isCanonical.map { Sourced($0, from: "--pyc-canonical") } ?? settings.isBytecodeCanonical
  }

  /// - Throws: where a time to clamp to is needed and there is none.
  static func check(_ options: Options) throws(SettingError) {
    if options.sourceDateEpoch == nil, options.bytecode.header == .clamp {
      throw SettingError(message: "SOURCE_DATE_EPOCH: needs a time to clamp to, is not set")
    }
  }
}
