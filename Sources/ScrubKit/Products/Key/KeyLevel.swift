import Formats

/// How much of a file a key covers.
public enum KeyLevel: String, Hashable, Sendable, CaseIterable {
  /// Everything that `fix` would write.
  case full
  /// What the kernel, a loader, a linker or the program itself can read: not what only debuggers read.
  case runtime
}
