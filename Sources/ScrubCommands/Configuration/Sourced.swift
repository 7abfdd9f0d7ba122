/// A value and its source: `--select`, or `pyproject.toml:12: select`. Errors about the value begin with that.
struct Sourced<Value> {
  var value: Value
  var source: String

  init(_ value: Value, from source: String) {
    self.value = value
    self.source = source
  }

  func refuse(_ why: String) -> SettingError {
    SettingError(message: Escape.terminalSafe("\(source): \(why)"))
  }

  /// The value converted by `make`; its error names the source of the value.
  func map<Result, E: Error & CustomStringConvertible>(
    _ make: (Value) throws(E) -> Result
  ) throws(SettingError) -> Result {
    do throws(E) { return try make(value) } catch { throw refuse(error.description) }
  }
}
