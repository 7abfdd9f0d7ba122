/// Paths that are not findings: `--allow-path`. Written like `Rule.pattern`, without a name.
public struct AllowedPath: Sendable {
  public let text: String
  let pattern: Pattern

  /// Whether the path that begins at `start` is allowed because of its part before `end`.
  func allows(_ bytes: Span<UInt8>, from start: Int, to end: Int) -> Bool {
    var component = bytes.afterSlashes(start)
    while component < end {
      if pattern.match(in: bytes, at: component, isInside: true) != nil { return true }
      if pattern.isAnchored { return false }
      while component < end, bytes[component] != slash { component += 1 }
      component = bytes.afterSlashes(component)
    }
    return false
  }
}
