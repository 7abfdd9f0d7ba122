import Formats

/// The string literals of a Python source (Python language reference, 2.4.1), without comments: what a generated
/// module knows of paths stands in them.
struct PythonStrings {
  struct Literal: Hashable, Sendable {
    /// What stands between the quotes.
    var content: Range<Int>
    /// Whether a backslash stands in it, so that what it means is not what it shows.
    var hasEscapes = false
  }

  /// In the order of the file.
  private(set) var literals: [Literal] = []

  /// - Throws: for a literal that does not end.
  init(_ bytes: Bytes) throws(ScrubError) {
    let span = bytes.span
    var position = 0
    while position < span.count {
      switch span[position] {
      case UInt8(ascii: "#"):
        position = span.firstIndex(of: newline, from: position) ?? span.count
      case UInt8(ascii: "\\"): position += 2
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        let literal = try Self.literal(span, at: position)
        literals.append(literal)
        let isTriple = literal.content.lowerBound - position == 3
        position = literal.content.upperBound + (isTriple ? 3 : 1)
      default: position += 1
      }
    }
  }

  private static func literal(_ span: Span<UInt8>, at start: Int) throws(ScrubError) -> Literal {
    let quote = span[start]
    func isTriple(_ position: Int) -> Bool {
      position + 2 < span.count && span[position] == quote && span[position + 1] == quote
        && span[position + 2] == quote
    }
    let width = isTriple(start) ? 3 : 1
    var literal = Literal(content: start + width..<start + width)
    var position = start + width
    while position < span.count {
      if span[position] == UInt8(ascii: "\\") {
        literal.hasEscapes = true
        position += 2
        continue
      }
      if width == 3 ? isTriple(position) : span[position] == quote {
        literal.content = start + width..<position
        return literal
      }
      if width == 1, span[position] == newline { break }
      position += 1
    }
    throw ScrubError("string literal does not end", offset: UInt64(start))
  }
}

private let newline: UInt8 = 0x0a
