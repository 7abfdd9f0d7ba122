/// What counts as a build root and what it becomes: the rules that were chosen, compiled for the search, and the
/// stable prefix. A value; creating one compiles the rules, copying one costs nothing.
///
/// A root becomes `prefix/<name>`, which is never longer than the root and never a root again.
public struct RootMap: Sendable {
  public let prefix: StablePrefix
  private let matcher: Matcher

  /// Every rule, and the default prefix.
  public static let `default` = RootMap(checked: .default, matcher: Matcher(Rule.all))

  private init(checked prefix: StablePrefix, matcher: Matcher) {
    self.prefix = prefix
    self.matcher = matcher
  }

  /// - Throws: where the prefix holds or could grow into a root of these rules, or is too long for their
  ///   shortest root.
  public init(rules: [Rule] = Rule.all, prefix: StablePrefix = .default) throws(PrefixError) {
    let matcher = Matcher(rules)
    func refuse(_ reason: String) -> PrefixError {
      PrefixError(description: "prefix \"\(prefix.text)\" \(reason)")
    }
    var start = RootCursor()
    if let root = matcher.next(in: prefix.bytes.span, &start) {
      throw refuse("is itself a random build root (\(root.rule.code))")
    }
    let patterns = rules.flatMap(\.patterns)
    if let pattern = patterns.first(where: { $0.couldContinue(prefix.components) }) {
      throw refuse("could become a build root again: \(pattern.shape) begins in the same way")
    }
    if let tightest = patterns.min(by: { $0.roomForPrefix < $1.roomForPrefix }),
      prefix.bytes.count > tightest.roomForPrefix
    {
      throw refuse(
        "(\(prefix.bytes.count) bytes) does not fit: the shortest root, \(tightest.shape), leaves room for"
          + " \(tightest.roomForPrefix)")
    }
    self.init(checked: prefix, matcher: matcher)
  }
}

extension RootMap {
  /// Hands out every root in `bytes`, in order; roots never overlap.
  public func forEachRoot<E: Error>(
    in bytes: Span<UInt8>, _ body: (BuildRoot) throws(E) -> Void
  ) throws(E) {
    var position = RootCursor()
    while let root = matcher.next(in: bytes, &position) { try body(root) }
  }

  /// Every root in `bytes`, in order; roots never overlap.
  public func roots(in bytes: Span<UInt8>) -> [BuildRoot] {
    var roots: [BuildRoot] = []
    forEachRoot(in: bytes) { roots.append($0) }
    return roots
  }

  /// The first root in `bytes`, nil if there is none.
  public func firstRoot(in bytes: Span<UInt8>) -> BuildRoot? {
    var position = RootCursor()
    return matcher.next(in: bytes, &position)
  }

  /// Whether there is a root in `bytes`.
  public func containsRoot(_ bytes: Span<UInt8>) -> Bool { firstRoot(in: bytes) != nil }
}

extension RootMap {
  /// What takes the root's place: `/build/<name>`, without the first `/` for a relative root; at most as
  /// long as the root.
  public func replacement(for root: BuildRoot) -> [UInt8] {
    let path = prefix.bytes + [slash] + Array(root.name.utf8)
    return root.isRelative ? Array(path.dropFirst()) : path
  }

  /// The same, filled up with `/` to the root's length, so that nothing behind the root moves.
  public func padding(for root: BuildRoot) -> [UInt8] {
    var path = replacement(for: root)
    path += [UInt8](repeating: slash, count: root.range.count - path.count)
    return path
  }

  /// The string with all its roots replaced, usually shorter; nil if it has none.
  public func clean(_ string: Span<UInt8>) -> [UInt8]? {
    rewrite(string) { root, next in
      var path = replacement(for: root)
      // Only behind a hash that another string is glued to.
      if let next, ByteSet.name.contains(next) { path.append(slash) }
      return path
    }
  }

  /// The string with all its roots replaced and as long as before; nil if it has none.
  public func padded(_ string: Span<UInt8>) -> [UInt8]? {
    rewrite(string) { root, _ in padding(for: root) }
  }

  private func rewrite(_ string: Span<UInt8>, _ replace: (BuildRoot, UInt8?) -> [UInt8]) -> [UInt8]? {
    var result = replaceOnce(string, replace)
    // Glued strings can fall together into a root that neither of them was, as in `sdists-v9` before `/tmp`.
    while let again = result.flatMap({ replaceOnce($0.span, replace) }) { result = again }
    return result
  }

  private func replaceOnce(_ string: Span<UInt8>, _ replace: (BuildRoot, UInt8?) -> [UInt8]) -> [UInt8]? {
    var result: [UInt8] = []
    var copied = 0
    forEachRoot(in: string) { root in
      for offset in copied..<root.range.lowerBound { result.append(string[offset]) }
      copied = root.range.upperBound
      result += replace(root, copied < string.count ? string[copied] : nil)
    }
    guard copied > 0 else { return nil }
    for offset in copied..<string.count { result.append(string[offset]) }
    return result
  }
}

extension Pattern {
  /// Whether a path that ends with these components could be the beginning of this pattern.
  fileprivate func couldContinue(_ path: [[UInt8]]) -> Bool {
    path.indices.contains { start in
      let rest = path[start...]
      return rest.count < components.count
        && zip(rest, components).allSatisfy { bytes, component in
          component.match(in: bytes.span, at: 0)?.end == bytes.count
        }
    }
  }
}
