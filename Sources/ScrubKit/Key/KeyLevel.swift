/// How much of a file a key is about.
public enum KeyLevel: String, Hashable, Sendable, CaseIterable {
  /// All that `fix` would write, but for what holds times and owners.
  case full
  /// What a process loads from it, or a linker takes from it for that: not what only debuggers read.
  case runtime
}
