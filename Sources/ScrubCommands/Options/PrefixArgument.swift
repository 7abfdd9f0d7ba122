import ArgumentParser
import BuildRoots

/// `--prefix`: refused while the command line is parsed, so before any file is read.
enum PrefixArgument {
  static func parse(_ text: String) throws -> StablePrefix {
    do { return try StablePrefix(text) } catch { throw ValidationError(error.description) }
  }
}
