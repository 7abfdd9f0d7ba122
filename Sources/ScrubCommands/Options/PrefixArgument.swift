import ArgumentParser
import BuildRoots

/// `--prefix`: refused while the command line is parsed, so before any file is read.
enum PrefixArgument {
  static func parse(_ text: String) throws -> RootMap {
    do { return try RootMap(prefix: StablePrefix(text)) } catch {
      throw ValidationError(error.description)
    }
  }
}
