/// Why a pattern was refused, in one line.
public struct PatternError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
