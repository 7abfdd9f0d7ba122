import Formats

/// The rules for member names: what an installer can safely put below its root (APPNOTE 4.4.17, and what PyPI refuses).
enum MemberName {
  /// - Throws: if the name is absolute, leaves the root, or reads differently on different systems.
  static func check(_ bytes: Bytes, section: String, offset: UInt64) throws(ScrubError) -> String {
    func refuse(_ why: String) -> ScrubError {
      let shown = String(decoding: bytes.array(), as: UTF8.self)
      return ScrubError("member name \(shown.debugDescription) \(why)", section: section, offset: offset)
    }
    if bytes.isEmpty { throw refuse("is empty") }
    guard let name = String(validating: bytes.array(), as: UTF8.self) else { throw refuse("is not UTF-8") }
    let span = bytes.span
    for index in span.indices {
      switch span[index] {
      case 0..<0x20, 0x7f: throw refuse("has a control character")
      case 0x5c: throw refuse("has a backslash")
      default: break
      }
    }
    if span[0] == 0x2f { throw refuse("is absolute") }
    if span.count >= 2, span[1] == 0x3a, (span[0] | 0x20) >= 0x61, (span[0] | 0x20) <= 0x7a {
      throw refuse("has a drive letter")
    }
    if escapes(name) { throw refuse("has a `..` component") }
    return name
  }

  private static func escapes(_ name: String) -> Bool {
    name.utf8.split(separator: 0x2f).contains { $0.elementsEqual([0x2e, 0x2e]) }
  }

  /// Names with the same key are one file to an installer: `a`, `./a`, `a/`, `a//`.
  static func key(_ name: String) -> [UInt8] {
    let utf8 = Array(name.utf8)
    if utf8.last != 0x2f, utf8.first != 0x2e, !zip(utf8, utf8.dropFirst()).contains(where: isOddPair) {
      return utf8
    }
    let components = utf8.split(separator: 0x2f).filter { $0 != [0x2e] }
    return Array(components.joined(separator: [0x2f]))
  }

  /// `//` or `/.`: only then can a key differ from its name.
  private static func isOddPair(_ pair: (UInt8, UInt8)) -> Bool {
    pair.0 == 0x2f && (pair.1 == 0x2f || pair.1 == 0x2e)
  }

  /// Whether a symbolic link named `name` with this target stays below the root.
  static func staysInside(target: [UInt8], ofLinkNamed name: String) -> Bool {
    if target.isEmpty || target[0] == 0x2f || target.contains(0) { return false }
    var depth = name.utf8.split(separator: 0x2f).filter { $0.elementsEqual([0x2e]) == false }.count - 1
    for component in target.split(separator: 0x2f) {
      if component == [0x2e] { continue }
      depth += component == [0x2e, 0x2e] ? -1 : 1
      if depth < 0 { return false }
    }
    return true
  }
}
