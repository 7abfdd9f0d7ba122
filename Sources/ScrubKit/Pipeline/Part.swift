import Formats

/// A file, or a part of one, passing through the pipeline: its bytes, and what is known about it.
struct Part: Sendable {
  /// The member or slice that errors name; nil for a whole file.
  var name: String?
  var bytes: Bytes
  /// The options with the rules that apply to it.
  var options: Options
  /// What is known about the files that belong to it.
  var companions = LinkedFiles()
  /// For bytecode; other kinds ignore it.
  var surroundings = BytecodeScrub.Surroundings()
}

/// The error in one of several parts that are processed together.
struct PartFailure: Error {
  /// Index of the part.
  var part: Int
  var error: ScrubError

  /// Runs `body`, attributing its errors to the part with this index.
  static func of<R>(_ part: Int, _ body: () throws(ScrubError) -> R) throws(PartFailure) -> R {
    do throws(ScrubError) { return try body() } catch { throw PartFailure(part: part, error: error) }
  }
}
