/// The directory that random build roots are mapped to, `/build` unless the user says otherwise.
///
/// A root becomes `prefix/<name>`, which is never longer than the root and never a root again.
public struct StablePrefix: Hashable, Sendable {
  /// Absolute, without a trailing slash.
  public let text: String
  private let bytes: [UInt8]

  public static let `default` = StablePrefix(checked: "/build")

  private init(checked text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  /// A prefix that the user chose; trailing slashes are dropped.
  ///
  /// Throws if it is no plain absolute path, holds or could grow into a build root, or is too long for the
  /// shortest root of the rule table.
  public init(_ text: String) throws(PrefixError) {
    var bytes = Array(text.utf8)
    while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
    let plain = String(decoding: bytes, as: UTF8.self)
    func refuse(_ reason: String) -> PrefixError { PrefixError(description: "prefix \"\(plain)\" \(reason)") }

    guard bytes.first == slash else { throw refuse("is not absolute") }
    guard bytes.count > 1 else { throw refuse("is the root directory") }
    if let other = bytes.first(where: { !allowed.contains($0) }) {
      throw refuse("holds the byte 0x\(String(other, radix: 16)); allowed are A-Z a-z 0-9 / . _ + - @")
    }
    let components = bytes.dropFirst().split(separator: slash, omittingEmptySubsequences: false).map {
      Array($0)
    }
    guard !components.contains(where: { $0.isEmpty || $0 == Array(".".utf8) || $0 == Array("..".utf8) })
    else {
      throw refuse("has a component that is empty, . or ..")
    }
    if let root = BuildRootSearch().firstRoot(in: bytes.span) {
      throw refuse("is itself a random build root (\(root.rule.code))")
    }
    if let pattern = Self.patterns.first(where: { $0.couldContinue(components) }) {
      throw refuse("could become a build root again: \(pattern.shape) begins in the same way")
    }
    if let tightest = Self.tightest, bytes.count > tightest.roomForPrefix {
      throw refuse(
        "(\(bytes.count) bytes) does not fit: the shortest root, \(tightest.shape), leaves room for"
          + " \(tightest.roomForPrefix)")
    }
    self.init(checked: plain)
  }

  /// What takes the root's place: `/build/<name>`, without the first `/` for a relative root; at most as
  /// long as the root.
  public func replacement(for root: BuildRoot) -> [UInt8] {
    let path = bytes + [slash] + Array(root.name.utf8)
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
    BuildRootSearch().forEachRoot(in: string) { root in
      for offset in copied..<root.range.lowerBound { result.append(string[offset]) }
      copied = root.range.upperBound
      result += replace(root, copied < string.count ? string[copied] : nil)
    }
    guard copied > 0 else { return nil }
    for offset in copied..<string.count { result.append(string[offset]) }
    return result
  }

  private static let patterns = Rule.all.flatMap { $0.patterns }
  private static let tightest = patterns.min { $0.roomForPrefix < $1.roomForPrefix }
}

/// Why a stable prefix was refused, one line.
public struct PrefixError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

private let allowed = ByteSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._+-@")

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
