import Formats

/// A file, or a part of one, on its way through the passes: its bytes, and what is known of it.
struct Part: Sendable {
  /// The member or slice that errors name; nil for a whole file.
  var name: String?
  var bytes: Bytes
  /// With the rules that count in it.
  var options: Options
  /// What is known of the files that belong to it.
  var companions = LinkedFiles()
  /// Of bytecode; the other kinds ignore it.
  var surroundings = BytecodeScrub.Surroundings()
}

/// What went wrong with one of several parts that are worked on together.
struct PartFailure: Error {
  /// Index of the part.
  var part: Int
  var error: ScrubError

  /// Runs `body`, whose errors are those of the part with this index.
  static func of<R>(_ part: Int, _ body: () throws(ScrubError) -> R) throws(PartFailure) -> R {
    do throws(ScrubError) { return try body() } catch { throw PartFailure(part: part, error: error) }
  }
}
