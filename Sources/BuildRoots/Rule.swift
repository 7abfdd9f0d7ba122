/// One row of the rule table: something that ties a file to where it was built, or a container that readers may
/// understand differently; what causes it and how to prevent it.
///
/// Two rules are the same if their codes are equal.
public struct Rule: Hashable, Sendable {
  /// How serious a finding is.
  public enum Severity: String, Sendable, CaseIterable {
    /// For the record: no reason for an exit code. No rule has it by itself; `check --installed` gives it.
    case note
    /// The file depends on where it was built, or says less than it should.
    case warning
    /// The file misleads its users: it trusts a directory that anyone may create, or is not what it claims to be.
    case error
  }

  /// `BP101`.
  public var code: String
  /// `pip-wheel`.
  public var slug: String
  /// Which program creates such directories, as worded in a report: `pip wheel`.
  public var origin: String
  /// Why such a path ends up in a build, in one line.
  public var cause: String
  /// How to stop the leak at its source, in one line.
  public var cure: String
  /// A page that explains the cure.
  public var link: String
  public var severity = Severity.warning
  /// The spellings of these directories; the first one that matches wins. Empty for a rule about the place of a root,
  /// which the patterns of another rule find, and for one about containers.
  var patterns: [Pattern] = []

  /// The forms of these roots, one element per spelling: `/pip-wheel-XXXXXXXX[/<name>_<32 hex>]`.
  public var shapes: [String] {
    var seen: [String] = []
    for pattern in patterns where !seen.contains(pattern.shape) { seen.append(pattern.shape) }
    return seen
  }

  public static func == (one: Rule, other: Rule) -> Bool { one.code == other.code }

  public func hash(into hasher: inout Hasher) { hasher.combine(code) }

  public var family: Family { Family.all.first { code.utf8.starts(with: $0.code.utf8) } ?? Family.own }

  /// The rule with this code (`BP101`) or slug (`pip-wheel`), nil if there is none.
  public static func named(_ name: String) -> Rule? {
    all.first { $0.code == name || $0.slug == name }
  }
}
