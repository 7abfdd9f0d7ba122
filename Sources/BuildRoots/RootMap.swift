/// What counts as a build root and what it becomes: the selected rules, compiled for the search, and the stable prefix.
/// A value; creating one compiles the rules, copying one costs nothing.
///
/// A replacement is never longer than its root and never itself a root.
public struct RootMap: Sendable {
  public let prefix: StablePrefix
  public let rules: [Rule]
  private let allowed: [AllowedPath]
  let matcher: Matcher
  /// Whether a replacement may be longer than its root.
  private let mayGrow: Bool

  /// The rules for random roots, and the default prefix.
  public static let `default` = RootMap(checked: .default, rules: Rule.random, allowed: [])

  /// The same for a program that queries only a few paths: faster to create, slower to search with.
  public static let forPaths = RootMap(checked: .default, rules: Rule.random, allowed: [], scans: false)

  private init(
    checked prefix: StablePrefix, rules: [Rule], allowed: [AllowedPath], mayGrow: Bool = false,
    scans: Bool = true
  ) {
    self.prefix = prefix
    self.rules = rules
    self.allowed = allowed
    self.mayGrow = mayGrow
    matcher = scans ? .searching(rules) : Matcher(rules, scans: false)
  }

  /// - Parameters:
  ///   - rules: what to search for; rules without patterns concern something else and have no effect.
  ///   - allowed: roots that are left and not reported.
  ///   - mayGrow: rewritten text may become longer, so the length of the prefix does not matter, and a root shorter
  ///     than the prefix is still replaced by it; only valid for `clean`.
  /// - Throws: if the prefix, or the target of a rule, contains or could become part of a root of these rules, or if
  ///   the prefix is too long for their shortest root.
  public init(
    rules: [Rule] = Rule.random, prefix: StablePrefix = .default, allowed: [AllowedPath] = [],
    mayGrow: Bool = false
  ) throws(PrefixError) {
    self.init(
      checked: prefix, rules: rules.filter { !$0.patterns.isEmpty }, allowed: allowed, mayGrow: mayGrow)
    let patterns = rules.flatMap { $0.patterns }
    if let reason = danger(in: prefix.bytes, patterns) {
      throw PrefixError(description: "prefix \"\(prefix.text)\" \(reason)")
    }
    for pattern in patterns {
      guard case .path(let path) = pattern.target, let reason = danger(in: path, patterns) else { continue }
      throw PrefixError(
        description: "map of \(pattern.shape) to \"\(String(decoding: path, as: UTF8.self))\" \(reason)")
    }
    if !mayGrow, let tightest = patterns.min(by: { $0.roomForPrefix < $1.roomForPrefix }),
      prefix.bytes.count > tightest.roomForPrefix
    {
      throw PrefixError(
        description:
          "prefix \"\(prefix.text)\" (\(prefix.bytes.count) bytes) does not fit: the shortest root,"
          + " \(tightest.shape), leaves room for \(max(tightest.roomForPrefix, 0))")
    }
  }

  /// The same prefix and allowed paths with other rules, without checking them: for fewer rules, or for roots that are
  /// not rewritten in place.
  /// - Parameter mayGrow: as for `init`; nil to keep this map's value.
  public func unbounded(_ rules: [Rule], mayGrow: Bool? = nil) -> RootMap {
    RootMap(
      checked: prefix, rules: rules.filter { !$0.patterns.isEmpty }, allowed: allowed,
      mayGrow: mayGrow ?? self.mayGrow)
  }

  /// Why a path cannot be a replacement; nil if it can.
  private func danger(in path: [UInt8], _ patterns: [Pattern]) -> String? {
    // Some roots need something after them.
    for text in [path, path + Array("/x".utf8)] {
      var start = RootCursor()
      guard let root = matcher.next(in: text.span, &start) else { continue }
      return root.rule.family == .randomDirectories
        ? "is itself a random build root (\(root.rule.code))" : "is itself a root (\(root.rule.code))"
    }
    let components = path.split(separator: slash).map { Array($0) }
    guard let pattern = patterns.first(where: { $0.couldContinue(components) }) else { return nil }
    return "could become a build root again: \(pattern.shape) begins in the same way"
  }
}

extension RootMap {
  /// Calls `body` with every root in `bytes`, in order; roots never overlap.
  public func forEachRoot<E: Error>(
    in bytes: Span<UInt8>, _ body: (BuildRoot) throws(E) -> Void
  ) throws(E) {
    var position = MergedCursor()
    while let root = next(in: bytes, &position) { try body(root) }
  }

  /// Every root in `bytes`, in order; roots never overlap.
  public func roots(in bytes: Span<UInt8>) -> [BuildRoot] {
    var roots: [BuildRoot] = []
    forEachRoot(in: bytes) { roots.append($0) }
    return roots
  }

  /// The same, and also what would be a root if a string began there (`glued`): only the references to it can tell.
  public func roots(in bytes: Span<UInt8>, glued: inout [BuildRoot]) -> [BuildRoot] {
    var position = MergedCursor()
    position.plain.glued = []
    var roots: [BuildRoot] = []
    while let root = next(in: bytes, &position) { roots.append(root) }
    // A candidate covered by a whole root is part of it, and one place may be found through two anchors.
    var index = 0
    var end = 0
    for root in (position.plain.glued ?? []).sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      while index < roots.count, roots[index].range.upperBound <= root.range.lowerBound { index += 1 }
      if index < roots.count, roots[index].range.overlaps(root.range) || root.range.lowerBound < end {
        continue
      }
      guard root.range.lowerBound >= end, !isAllowed(root.range, in: bytes) else { continue }
      glued.append(root)
      end = root.range.upperBound
    }
    return roots
  }

  /// The first root in `bytes`, nil if there is none.
  public func firstRoot(in bytes: Span<UInt8>) -> BuildRoot? {
    var position = MergedCursor()
    return next(in: bytes, &position)
  }

  /// The next root of either kind: both are found in one pass, which stops where there may be a Windows path.
  private func next(in bytes: Span<UInt8>, _ position: inout MergedCursor) -> BuildRoot? {
    while position.root == nil, position.waiting.isEmpty, !position.hasEnded {
      position.root = nextPlain(in: bytes, &position.plain)
      var mark = position.plain.windowsMark.take()
      if let root = position.root {
        // The root may be in the middle of one.
        mark = WindowsPath.mark(in: bytes, goingOnFrom: root.range.upperBound)
      } else if mark == nil {
        position.hasEnded = true
      }
      guard let mark, mark >= position.windows else { continue }
      position.waiting = windowsRoots(in: bytes, around: mark, from: &position.windows)[...]
    }
    guard let windows = position.waiting.first else {
      defer { position.root = nil }
      return position.root
    }
    // A part of a Windows path may look like a path of its own.
    if let root = position.root, root.range.upperBound <= windows.range.lowerBound {
      position.root = nil
      return root
    }
    position.waiting.removeFirst()
    let end = windows.range.upperBound
    if let root = position.root, root.range.lowerBound < end { position.root = nil }
    if position.root == nil {
      position.plain.offset = max(position.plain.offset, end)
      position.plain.floor = max(position.plain.floor, end)
    }
    return windows
  }

  private func nextPlain(in bytes: Span<UInt8>, _ position: inout RootCursor) -> BuildRoot? {
    while let root = matcher.next(in: bytes, &position) {
      if !allowed.contains(where: { $0.allows(bytes, from: root.range.lowerBound, to: root.range.upperBound) }
      ) {
        return root
      }
    }
    return nil
  }

  /// Whether a string in `bytes` could contain a root, even if others directly follow it, so that `roots` would take a
  /// part of them for it. Much cheaper than separating the strings.
  public func mayHoldRoot(_ bytes: Span<UInt8>) -> Bool {
    matcher.mayFind(in: bytes)
  }

  /// How many bytes of `ending` after `text` may complete a root with a random name that begins in `text`. Cheap, but
  /// includes false lengths.
  /// - Parameter ending: at most 63 letters and digits.
  public func lengthsOfUnfinishedRoot(in text: Span<UInt8>, before ending: [UInt8]) -> LengthSet {
    matcher.lengths(of: text, before: ending)
  }

  /// Whether the user allows a path, root or not.
  public func isAllowed(_ path: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    allowed.contains { $0.allows(bytes, from: path.lowerBound, to: path.upperBound) }
  }

  /// Whether there is a root in `bytes`.
  public func containsRoot(_ bytes: Span<UInt8>) -> Bool { firstRoot(in: bytes) != nil }
}

extension RootMap {
  /// The replacement for the root: `/build/<name>`, without the first `/` for a relative root, unless its rule says
  /// otherwise; no longer than the root.
  public func replacement(for root: BuildRoot) -> [UInt8] {
    let path: [UInt8] =
      switch root.target {
      case .named where !root.name.isEmpty: prefix.bytes + [slash] + Array(root.name.utf8)
      case .named, .prefix: prefix.bytes
      case .here: mayGrow ? prefix.bytes : [UInt8(ascii: ".")]
      case .path(let path): path
      }
    return root.isRelative && path.first == slash ? Array(path.dropFirst()) : path
  }

  /// The same, padded with `/` to the root's length, so that nothing after the root moves; with the root's character
  /// width.
  public func padding(for root: BuildRoot) -> [UInt8] {
    let path = replacement(for: root)
    let count = (root.range.count - 1) / root.stride + 1
    var padding = [UInt8](repeating: 0, count: root.range.count)
    for index in 0..<count { padding[index * root.stride] = index < path.count ? path[index] : slash }
    return padding
  }

  /// Whether the root is absolute and its replacement is not: then the path would be resolved in the current working
  /// directory.
  /// - Parameter bytes: the searched bytes.
  public func turnsRelative(_ root: BuildRoot, in bytes: Span<UInt8>) -> Bool {
    let first = bytes[root.range.lowerBound]
    return (first == slash || first == backslash) && replacement(for: root).first != slash
  }

  /// The string with all its roots replaced, usually shorter; nil if it has none.
  /// - Parameters:
  ///   - keepsAbsolute: whether to keep roots that would become relative.
  ///   - isKept: whether to keep a root, given the string and where the root begins in it.
  public func clean(
    _ string: Span<UInt8>, keepsAbsolute: Bool = false,
    keeping isKept: (Span<UInt8>, Int) -> Bool = { _, _ in false }
  ) -> [UInt8]? {
    rewrite(string) { root, string in
      var path = replacement(for: root)
      if keepsAbsolute, turnsRelative(root, in: string) { return nil }
      if isKept(string, root.range.lowerBound) { return nil }
      // Only after a hash to which another string is attached.
      let end = root.range.upperBound
      if end < string.count, ByteSet.name.contains(string[end]) { path.append(slash) }
      return path
    }
  }

  /// The string with all its roots replaced and as long as before; nil if it has none.
  public func padded(_ string: Span<UInt8>) -> [UInt8]? {
    rewrite(string) { root, _ in padding(for: root) }
  }

  /// The replacement for a root in the string; nil if it stays.
  private typealias Replace = (BuildRoot, Span<UInt8>) -> [UInt8]?

  private func rewrite(_ string: Span<UInt8>, _ replace: Replace) -> [UInt8]? {
    var result = replaceOnce(string, replace)
    // Adjacent strings can combine into a root that neither of them was, as in `sdists-v9` before `/tmp`.
    while let again = result.flatMap({ replaceOnce($0.span, replace) }) { result = again }
    return result
  }

  private func replaceOnce(_ string: Span<UInt8>, _ replace: Replace) -> [UInt8]? {
    var result: [UInt8] = []
    var copied = 0
    forEachRoot(in: string) { root in
      let (start, end) = (root.range.lowerBound, root.range.upperBound)
      guard let path = replace(root, string) else { return }
      for offset in copied..<start { result.append(string[offset]) }
      copied = end
      result += path
    }
    guard copied > 0 else { return nil }
    for offset in copied..<string.count { result.append(string[offset]) }
    return result
  }
}

extension Pattern {
  /// Whether a path that ends with these components could begin this pattern.
  fileprivate func couldContinue(_ path: [[UInt8]]) -> Bool {
    path.indices.contains { start in
      // No path begins below a prefix.
      if isAnchored, start > 0 { return false }
      // What follows the prefix is a safe name.
      if isBelowPrefix { return false }
      let rest = path[start...]
      return rest.count < components.count
        && zip(rest, components).allSatisfy { bytes, component in
          component.match(in: bytes.span, at: 0)?.end == bytes.count
        }
    }
  }
}
