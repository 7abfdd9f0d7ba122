/// A build root: a path up to and including its last random component, with all that lies to its left.
public struct BuildRoot: Hashable, Sendable {
  /// Where it stands in the bytes that were searched.
  public var range: Range<Int>
  /// The rule that gives the finding its code: the last specific one in a nested root.
  public var rule: Rule
  /// What the stable form is called: the captured `<name>` if there is one, else a fixed name of the rule.
  public var name: String
  /// What it becomes.
  var target: Pattern.Target
  /// Whether the path has neither a leading `/` nor a leading `./` or `../`: so does its stable form.
  public var isRelative: Bool
  /// Bytes from one character to the next: 1, in UTF-16 2, in UTF-32 4.
  public var stride = 1
}
