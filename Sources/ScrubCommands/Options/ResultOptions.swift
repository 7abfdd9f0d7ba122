import ArgumentParser

/// What becomes of findings besides being listed.
struct ResultOptions: ParsableArguments {
  @Flag(help: "Print how often each rule objects, instead of each finding.")
  var statistics = false

  @Flag(help: "Exit with 0 even if there are findings.")
  var exitZero = false

  func validate(with format: OutputFormat) throws {
    if statistics, !format.showsStatistics {
      throw ValidationError(
        "--statistics needs --output-format full, concise or json; \(format.rawValue) has no place for it")
    }
  }
}
