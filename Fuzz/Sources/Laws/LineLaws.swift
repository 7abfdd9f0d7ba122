@testable import Formats
@testable import Launcher
@testable import ScrubKit

/// A package manager's lines; each is also the command line of a compiler, its words between blanks.
enum LineLaws {
  static func hold(for input: [UInt8]) throws(Violation) {
    for line in input.split(separator: 0x0a) {
      try manager(String(decoding: line, as: UTF8.self)[...])
      try launcher(line.split(separator: 0x20).map(Array.init))
    }
  }

  private static func manager(_ line: Substring) throws(Violation) {
    guard let path = ManagerLine(line).path else { return }
    let parts = path.utf8.split(separator: 0x2f).map(Array.init)
    try require(path.utf8.first == 0x2f && !parts.contains(Array("..".utf8)), "a path that climbs: \(path)")
  }

  /// What does not name a path reaches the compiler as it was, and nothing is lost.
  private static func launcher(_ words: [[UInt8]]) throws(Violation) {
    let arguments = Command(words).arguments
    let search = ProgramSearch(path: Array("/usr/bin".utf8), own: nil)
    for (name, cache) in [("gcc", Cache?.none), ("clang", .ccache), ("gcc", .sccache)] {
      let compiler = Compiler(Array(name.utf8), found: Array("/usr/bin/\(name)".utf8), search: search)
      let directory = Array("/tmp/pip-wheel-ab12cd3_/pkg_0123456789abcdef0123456789abcdef".utf8)
      let decision = Decision.make(arguments: arguments, directory: directory) { (compiler, cache) }
      guard case .rewrite(let rewrite) = decision else { continue }
      try require(rewrite.arguments.count >= arguments.count, "arguments are lost")
      for (old, new) in zip(arguments, rewrite.arguments) where !old.contains(0x2f) {
        try require(old == new, "an argument without a path changes: \(old)")
      }
    }
  }
}
