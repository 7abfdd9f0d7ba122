/// Which rules are selected, as in ruff: selectors are prefixes of codes, and the longest one that matches a rule
/// decides.
public struct RuleSelection: Hashable, Sendable {
  private let codes: Set<String>
  /// Families that a selector named explicitly: changes to more than paths require that.
  private let named: Set<String>

  /// What is selected unless the user says otherwise.
  public static let `default` = RuleSelection(
    codes: Set((Rule.all + Rule.ownSamples).filter { $0.isDefault }.map { $0.code }), named: [])

  private init(codes: Set<String>, named: Set<String>) {
    self.codes = codes
    self.named = named
  }

  /// - Parameters:
  ///   - select: replaces the defaults; nil for the defaults.
  ///   - extend: adds to them.
  ///   - ignore: removes from them; of two selectors of equal length, this one wins.
  /// - Throws: if a selector matches no rule; the error suggests the nearest.
  public init(
    select: [String]? = nil, extend: [String] = [], ignore: [String] = []
  ) throws(PatternError) {
    var chosen: [Selector] = []
    for text in (select ?? []) + extend { chosen.append(try Selector(text)) }
    var refused: [Selector] = []
    for text in ignore { refused.append(try Selector(text)) }
    var codes: Set<String> = []
    for rule in Rule.all + Rule.ownSamples {
      var weight = chosen.filter { $0.fits(rule) }.map { $0.weight }.max()
      // A rule that the user defines is wanted, whatever built-in rules are selected.
      if weight == nil, select == nil && rule.isDefault || rule.family == .own { weight = 0 }
      let against = refused.filter { $0.fits(rule) }.map { $0.weight }.max()
      if let weight, against ?? -1 < weight { codes.insert(rule.code) }
    }
    self.codes = codes
    named = Set(
      chosen.flatMap { selector in Family.all.map { $0.code }.filter { selector.names(family: $0) } })
  }

  public func contains(_ rule: Rule) -> Bool { codes.contains(rule.code) }

  /// Whether any rule of this family is selected.
  public func contains(_ family: Family) -> Bool { codes.contains { $0.hasPrefix(family.code) } }

  /// Whether a selector named precisely this family.
  public func names(_ family: Family) -> Bool { named.contains(family.code) }

  /// The selection without the rules that match these selectors.
  public func subtracting(_ selectors: [String]) throws(PatternError) -> RuleSelection {
    var refused: [Selector] = []
    for text in selectors { refused.append(try Selector(text)) }
    let left = codes.filter { code in
      guard let rule = (Rule.all + Rule.ownSamples).first(where: { $0.code == code }) else { return true }
      return !refused.contains { $0.fits(rule) }
    }
    return RuleSelection(codes: left, named: named)
  }

  /// The selection with all rules of a family added.
  public func withAll(of family: Family) -> RuleSelection {
    RuleSelection(
      codes: codes.union(Rule.all.lazy.map { $0.code }.filter { $0.hasPrefix(family.code) }), named: named)
  }

  /// The selected rules of one family.
  public func narrowed(to family: Family) -> RuleSelection {
    RuleSelection(codes: codes.filter { $0.hasPrefix(family.code) }, named: named)
  }

  /// A prefix of a code, a whole slug, or `ALL`.
  private struct Selector {
    let text: String

    init(_ text: String) throws(PatternError) {
      self.text = text.uppercased() == "ALL" ? "" : text
      let isKnown = (Rule.all + Rule.ownSamples).contains { rule in
        !text.isEmpty && (self.text.isEmpty || rule.code.hasPrefix(text) || rule.slug == text)
      }
      guard isKnown else {
        let known =
          ["ALL"] + Rule.all.flatMap { [$0.code, $0.slug] }
          + Family.all.flatMap { [$0.code, String($0.code.prefix(2))] }
        throw PatternError("unknown rule \"\(text)\"" + Nearest.hint(to: text, among: known))
      }
    }

    /// A longer prefix is more specific.
    var weight: Int { text.utf8.count }

    func fits(_ rule: Rule) -> Bool { rule.code.hasPrefix(text) || rule.slug == text }

    func names(family: String) -> Bool {
      guard text.utf8.count >= 2 else { return false }
      return family.hasPrefix(text) || text.hasPrefix(family)
        || Rule.all.contains { $0.slug == text && $0.code.hasPrefix(family) }
    }
  }
}

extension Rule {
  /// Rules that only the user creates, for their codes.
  static let ownSamples = [
    Rule(code: "BP901", slug: "pattern", origin: "", cause: "", cure: "", link: buildPath),
    Rule(code: "BP902", slug: "map", origin: "", cause: "", cure: "", link: buildPath),
  ]
}

/// The known word that is most similar to an unknown one.
public enum Nearest {
  /// `; did you mean "BP101"?`, empty if nothing is similar.
  public static func hint(to text: String, among known: [String]) -> String {
    word(to: text, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
  }

  /// Nil if half of the text would have to change.
  static func word(to text: String, among known: [String]) -> String? {
    // Longer ones are not misspellings, and the comparison is quadratic.
    let wanted = Array(text.lowercased().utf8.prefix(64))
    let best = known.map { (word: $0, distance: distance(wanted, Array($0.lowercased().utf8))) }
      .min { $0.distance < $1.distance }
    guard let best, best.distance * 2 <= max(wanted.count, 2) else { return nil }
    return best.word
  }

  /// How many letters must be added, removed or changed (Levenshtein).
  private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var row = Array(0...other.count)
    for (index, byte) in one.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in other.indices {
        let cost = diagonal + (byte == other[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(cost, row[column] + 1, row[column + 1] + 1)
      }
    }
    return row[other.count]
  }
}

extension Rule {
  /// The documentation page, relative to the root of the source.
  public var documentation: String { "docs/rules.md#\(code.lowercased())" }
}
