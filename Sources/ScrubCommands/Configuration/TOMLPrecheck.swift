/// What a text may not hold, found out before the parser reads it: it recurses, and its stack ends sooner than a hostile
/// file; and toml++ ends the whole program (`assert`) where the key of a table's header begins with anything else.
enum TOMLPrecheck {
  static let deepest = 64

  struct Objection: Equatable {
    /// Counted from 1.
    var line: Int
    var reason: String
  }

  /// The first line where brackets lie or a dotted key goes deeper than that, or where a header has no key; nil where none.
  ///
  /// Strings and comments are passed over (TOML 1.0, "Comment", "String"). A text that is no TOML may be misread here, but
  /// only behind the place where the parser refuses it.
  static func objection(to text: String) -> Objection? {
    var line = 1
    var brackets = 0
    // Whether what follows on this line is a value.
    var isValue = false
    // Of the key or value under way; the dots of a number do no harm.
    var dots = 0
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        dots = 0
        if brackets == 0 { isValue = false }
      case UInt8(ascii: "#"):
        while let next = rest.first, next != UInt8(ascii: "\n") { rest.removeFirst() }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte, &rest, &line)
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        if byte == UInt8(ascii: "["), brackets == 0, !isValue, !beginsKey(rest) {
          return Objection(line: line, reason: "needs a key behind [")
        }
        brackets += 1
        dots = 0
      case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(brackets - 1, 0)
      case UInt8(ascii: "="):
        dots = 0
        isValue = true
      case UInt8(ascii: ","): dots = 0
      case UInt8(ascii: "."): dots += 1
      default: break
      }
      if brackets > deepest || dots > deepest {
        return Objection(line: line, reason: "is nested more than \(deepest) levels deep")
      }
    }
    return nil
  }

  /// Whether a bare or quoted key stands behind the first `[` of a header, or what the parser has an error for.
  private static func beginsKey(_ rest: ArraySlice<UInt8>) -> Bool {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var key = rest
    if key.first == UInt8(ascii: "[") { key.removeFirst() }
    key = key.drop(while: isBlank)
    // Nothing and `]` have errors of the parser's own.
    guard let first = key.first else { return true }
    switch first {
    case UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      return true
    default: return false
    }
  }

  /// Up to the end of the string that began with `quote`, or with three of it.
  private static func skipString(_ quote: UInt8, _ rest: inout ArraySlice<UInt8>, _ line: inout Int) {
    let isMultiline = rest.prefix(2).count == 2 && rest.prefix(2).allSatisfy { $0 == quote }
    if isMultiline { rest = rest.dropFirst(2) }
    var quotes = 0
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        if rest.popFirst() == UInt8(ascii: "\n") { line += 1 }
        quotes = 0
        continue
      }
      if byte == UInt8(ascii: "\n") {
        line += 1
        // A string of one line ends with it, whatever is missing.
        if !isMultiline { return }
      }
      quotes = byte == quote ? quotes + 1 : 0
      if quotes == (isMultiline ? 3 : 1) { return }
    }
  }
}
