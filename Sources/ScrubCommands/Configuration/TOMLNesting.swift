/// How deep tables and arrays lie in each other, found out before a parser that recurses reads them: its stack ends
/// sooner than a hostile file.
enum TOMLNesting {
  static let deepest = 64

  /// The first line, counted from 1, where brackets lie or a dotted key goes deeper than that; nil where none does.
  ///
  /// Strings and comments are passed over (TOML 1.0, "Comment", "String"). A text that is no TOML may be misread here; the
  /// parser, which sees no more brackets and dots than there are, refuses it.
  static func excess(in text: String) -> Int? {
    var line = 1
    var brackets = 0
    // Of the key or value under way; the dots of a number do no harm.
    var dots = 0
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        dots = 0
      case UInt8(ascii: "#"):
        while let next = rest.first, next != UInt8(ascii: "\n") { rest.removeFirst() }
      case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString(byte, &rest, &line)
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        brackets += 1
        dots = 0
      case UInt8(ascii: "]"), UInt8(ascii: "}"): brackets = max(brackets - 1, 0)
      case UInt8(ascii: "="), UInt8(ascii: ","): dots = 0
      case UInt8(ascii: "."): dots += 1
      default: break
      }
      if brackets > deepest || dots > deepest { return line }
    }
    return nil
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
