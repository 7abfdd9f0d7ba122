/// The depfile of a crate, by which cargo and make know when to compile it again.
enum DepInfo {
  /// Larger ones are not rewritten.
  static let limit = 16 << 20

  /// Gives it the true names again. Neither has bytes that its format escapes.
  ///
  /// - Returns: whether it has them now.
  static func restore(_ file: Bytes, _ names: StableNames) -> Bool {
    guard let text = System.contents(of: file, limit: limit) else { return false }
    let restored = names.links.reduce(text) { replaced($1.link, by: $1.root, in: $0) }
    return restored == text || System.replace(file, by: restored)
  }
}
