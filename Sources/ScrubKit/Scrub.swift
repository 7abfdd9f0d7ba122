/// Where the result of `fix` goes.
public enum Destination: Hashable, Sendable {
  /// Replace the input, by a sibling temporary file and rename.
  case inPlace
  /// Write to this path; an input with nothing to fix is copied there.
  case file(String)
  /// Write nothing; the report says what would be done.
  case nowhere
}

/// The whole way of the data, for one wheel or loose file.
public struct Scrub: Sendable {
  public var options: Options

  public init(_ options: Options) { self.options = options }

  /// Finds every build root; writes nothing. Errors are in the report.
  public func check(_ input: InputFile) -> FileReport { FileReport(path: input.path) }

  /// Makes the input independent of its build directory. Errors are in the report; with an error nothing
  /// was written.
  public func fix(_ input: InputFile, to destination: Destination) -> FileReport {
    FileReport(path: input.path)
  }
}
