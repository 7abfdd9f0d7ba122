internal import CStart
import Formats
import ScrubKit

/// The one place that knows the program's version; `--version` and the JSON document print it.
enum Version {
  static let name = "wheelscrub"
  /// PEP 440's spelling.
  static let text = "0.2.0"
  /// The same as Semantic Versioning spells it.
  static let semantic = "0.2.0-alpha.1"

  /// What `--version` prints: the version, and the commit where the build knew it.
  static var described: String {
    let commit = unsafe String(cString: start_commit())
    return commit.isEmpty ? text : "\(text) (\(commit))"
  }

  /// What `--version -v` prints: a library a line.
  static var detailed: String {
    ([described] + LibraryVersions.all.map { "\($0.name) \($0.version)" }).joined(separator: "\n")
  }

  /// The answer to a command line that asks for nothing else.
  static func answer(to arguments: [String]) -> String? {
    let asking: Set = ["--version", "-V"]
    let detail: Set = ["-v", "--verbose"]
    let words = arguments.flatMap { ["-Vv", "-vV"].contains($0) ? ["-V", "-v"] : [$0] }
    guard words.contains(where: asking.contains), words.allSatisfy(asking.union(detail).contains) else {
      return nil
    }
    return words.contains(where: detail.contains) ? detailed : described
  }
}
