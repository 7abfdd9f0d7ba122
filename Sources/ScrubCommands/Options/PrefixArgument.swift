import ArgumentParser
import BuildRoots

/// `--prefix`: refused while the command line is parsed, so before any file is read.
enum PrefixArgument {
  static func parse(_ text: String) throws -> StablePrefix {
    // The only call that waits for `StablePrefix.init(_:) throws`; until then there is one valid prefix.
    if text == StablePrefix.default.text { return .default }
    throw ValidationError("the prefix \(text) is not supported yet")
  }
}
