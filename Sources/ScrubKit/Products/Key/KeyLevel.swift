import Formats

/// How much of a file a key is about.
public enum KeyLevel: String, Hashable, Sendable, CaseIterable {
  /// All that `fix` would write.
  case full
  /// What the kernel, a loader, a linker or the program itself can read of it: not what only debuggers read.
  case runtime
}
