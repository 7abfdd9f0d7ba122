/// The directory that random build roots are mapped to, `/build` unless the user says otherwise.
public struct StablePrefix: Hashable, Sendable {
  public let text: String
  public static let `default` = StablePrefix(text: "/build")
}
