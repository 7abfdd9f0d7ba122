/// Finds what a text must not contain, before the parser reads it: the parser recurses, and a hostile file can exhaust
/// its stack; and toml++ terminates the whole program (`assert`) if a table header does not begin with a key.
enum TOMLPrecheck {
  static let deepest = 64

  struct Objection: Equatable {
    /// Starts at 1.
    var line: Int
    var reason: String
  }

  /// The first line at which brackets are nested or a dotted key goes deeper than that, or at which a header has no
  /// key; nil if there is none.
  ///
  /// Strings and comments are skipped (TOML 1.0, "Comment", "String"). A text that is not TOML may be misread here, but
  /// only after the place where the parser rejects it.
  static func objection(to text: String) -> Objection? {
    var line = 1
    var brackets = 0
    // Whether the rest of this line is a value.
    var isValue = false
    // Dots in the current key or value; those of a number do no harm.
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

  /// Whether the first `[` of a header is followed by a bare or quoted key, or by something that the parser reports as
  /// an error.
  private static func beginsKey(_ rest: ArraySlice<UInt8>) -> Bool {
    func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var key = rest
    if key.first == UInt8(ascii: "[") { key.removeFirst() }
    key = key.drop(while: isBlank)
    // The parser has its own errors for nothing and for `]`.
    guard let first = key.first else { return true }
    switch first {
    case UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"):
      return true
    default: return false
    }
  }

  /// Skips to the end of the string that began with `quote`, or with three of it.
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
        // A single-line string ends with its line, whatever is missing.
        if !isMultiline { return }
      }
      quotes = byte == quote ? quotes + 1 : 0
      if quotes == (isMultiline ? 3 : 1) { return }
    }
  }
}
