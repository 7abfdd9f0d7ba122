/// One row of the rule table: a kind of random build root, what leaves it behind and how to stop it.
public struct Rule: Hashable, Sendable {
  /// `BP101`.
  public var code: String
  /// `pip-wheel`.
  public var slug: String
  /// Who makes such directories, as a report says it: `pip wheel`.
  public var origin: String
  /// How to stop the leak at its source, one line.
  public var cure: String
}
