internal import BuildRoots
import Formats

/// A rule shared by many findings: it is larger than everything else in a finding, and a file can have a million of
/// them.
final class SharedRule: Hashable, Sendable {
  let rule: Rule

  private init(_ rule: Rule) { self.rule = rule }

  /// Rules of the table are created once.
  static func of(_ rule: Rule) -> SharedRule {
    guard let known = known[rule.code], known.rule.saysTheSame(as: rule) else { return SharedRule(rule) }
    return known
  }

  private static let known = Dictionary(Rule.all.map { ($0.code, SharedRule($0)) }) { first, _ in first }

  static func == (one: SharedRule, other: SharedRule) -> Bool { one.rule == other.rule }

  func hash(into hasher: inout Hasher) { hasher.combine(rule) }
}

extension Rule {
  /// Whether reports would show the same for both; equal rules need only share a code.
  fileprivate func saysTheSame(as other: Rule) -> Bool {
    (code, slug, origin, cause, cure, link) == (
      other.code, other.slug, other.origin, other.cause, other.cure, other.link
    ) && severity == other.severity
  }
}
