/// SOURCE_DATE_EPOCH of reproducible-builds.org: seconds since 1970-01-01 UTC, decimal digits and nothing else.
enum SourceDateEpoch {
  /// Nil where it is not set, or empty, as scripts leave it that have no time. A value that is set and wrong is an error: to ignore it would make a build
  /// irreproducible in silence.
  static func read(_ environment: [String: String]) throws(SettingError) -> Int64? {
    guard let text = environment["SOURCE_DATE_EPOCH"], !text.isEmpty else { return nil }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let isDecimal = text.utf8.allSatisfy { digits.contains($0) }
    guard isDecimal, let seconds = Int64(text) else {
      throw SettingError(
        message: "SOURCE_DATE_EPOCH: needs whole seconds since 1970 as decimal digits, there is "
          + "\"\(Escape.terminalSafe(text))\"")
    }
    return seconds
  }
}
