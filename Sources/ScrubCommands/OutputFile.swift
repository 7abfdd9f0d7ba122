import Formats
import ScrubKit

/// `-o` and `fix --report`: checked before anything is read, written as a whole at the end.
struct OutputFile: Sendable {
  var path: String
  /// As the user spelled it.
  var option = "-o"

  /// - Parameter taken: inputs, and results of `fix`; a report must not take the place of a wheel.
  /// - Throws: where it is one of these, or in no directory.
  func check(against taken: [String]) throws(SettingError) {
    let identity = OutputPlan.identity(of: path)
    if let other = taken.first(where: { OutputPlan.identity(of: $0) == identity }) {
      throw refuse("is \(other), which is not a report")
    }
    if OutputPlan.isDirectory(path) { throw refuse("is a directory") }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex,
      !OutputPlan.isDirectory(String(path[..<slash]))
    {
      throw refuse("is in no directory that exists")
    }
  }

  /// Returns why it could not be written.
  func write(_ text: String) -> ScrubError? {
    do throws(ScrubError) {
      try TextFile.write(text, to: path)
      return nil
    } catch {
      return error
    }
  }

  private func refuse(_ why: String) -> SettingError {
    SettingError(message: Escape.terminalSafe("\(option) \(path): \(why)"))
  }
}
