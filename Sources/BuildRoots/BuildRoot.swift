/// A build root: a path up to and including its last random component.
public struct BuildRoot: Hashable, Sendable {
  /// Its range in the searched bytes.
  public var range: Range<Int>
  /// The rule that gives the finding its code: in a nested root, the last specific one.
  public var rule: Rule
  /// The name of the stable form: the captured `<name>` if there is one, otherwise a fixed name from the rule.
  public var name: String
  /// Its replacement.
  var target: Pattern.Target
  /// Whether the path has neither a leading `/` nor a leading `./` or `../`; then the same applies to its stable form.
  public var isRelative: Bool
  /// Bytes from one character to the next: 1, in UTF-16 2, in UTF-32 4.
  public var stride = 1
}
