import ArgumentParser

/// How findings are printed, and what they mean for the exit code: for the commands that find something.
struct ResultOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How results are printed.\(OutputFormat.full.explained)", valueName: "format"))
  var outputFormat: OutputFormat?

  @Flag(inversion: .prefixedNo, help: "Print how often each rule objects, instead of each finding.")
  var statistics: Bool?

  @Flag(inversion: .prefixedNo, help: "Exit with 0 even if there are findings.")
  var exitZero: Bool?

  @Flag(inversion: .prefixedNo, help: "Exit with 2 if there was nothing to look at.")
  var failOnEmpty: Bool?

  func validate() throws {
    do throws(SettingError) { try check(outputFormat ?? .full, statistics: statistics ?? false) } catch {
      throw ValidationError(error.message)
    }
  }

  /// These over those of the configuration.
  /// - Throws: where the two together make no sense.
  func over(_ base: Settings) throws(SettingError) -> Settings {
    var settings = base
    settings.outputFormat = outputFormat.map { Sourced($0, from: "--output-format") } ?? base.outputFormat
    settings.statistics = statistics.map { Sourced($0, from: "--statistics") } ?? base.statistics
    settings.exitZero = exitZero.map { Sourced($0, from: "--exit-zero") } ?? base.exitZero
    settings.failOnEmpty = failOnEmpty.map { Sourced($0, from: "--fail-on-empty") } ?? base.failOnEmpty
    try check(settings.outputFormat?.value ?? .full, statistics: settings.statistics?.value ?? false)
    return settings
  }

  private func check(_ format: OutputFormat, statistics: Bool) throws(SettingError) {
    if statistics, !format.showsStatistics {
      throw SettingError(
        message:
          "--statistics needs --output-format full, concise or json; \(format.rawValue) has no place for it"
      )
    }
  }
}

extension Settings {
  var format: OutputFormat { outputFormat?.value ?? .full }
}

extension Outcome {
  /// What the settings say about reports.
  mutating func obey(_ settings: Settings) {
    configuration = settings.configuration
    showsStatistics = settings.statistics?.value ?? false
    exitsZero = settings.exitZero?.value ?? false
    failsOnEmpty = settings.failOnEmpty?.value ?? false
  }
}
