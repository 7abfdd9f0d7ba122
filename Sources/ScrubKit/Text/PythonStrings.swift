import Formats

/// The string literals of a Python source (Python language reference, 2.4.1), without comments: these hold a generated
/// module's paths.
struct PythonStrings {
  struct Literal: Hashable, Sendable {
    /// The range between the quotes.
    var content: Range<Int>
    /// Whether it contains a backslash, so that its meaning differs from its spelling.
    var hasEscapes = false
  }

  /// In file order.
  private(set) var literals: [Literal] = []

  /// - Throws: for an unterminated literal.
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

  /// The contents of triple-quoted literals that begin a module, or a block after a colon, and are prose: they contain
  /// a space.
  func docstrings(in bytes: Bytes) -> [Range<Int>] {
    let span = bytes.span
    return literals.filter { literal in
      let start = literal.content.lowerBound - 3
      guard start >= 0, literal.content.contains(where: { span[$0] == UInt8(ascii: " ") }),
        (0..<3).allSatisfy({ span[start + $0] == UInt8(ascii: "\"") || span[start + $0] == UInt8(ascii: "'") }
        )
      else { return false }
      var before = start
      if before > 0, "rRuU".utf8.contains(span[before - 1]) { before -= 1 }
      return isBehindColon(before, span)
    }.map(\.content)
  }

  /// Whether there are only spaces, line ends and comments between `position` and a colon or the beginning.
  private func isBehindColon(_ position: Int, _ span: Span<UInt8>) -> Bool {
    /// The last byte before `end` that is not a space; a line end is not a space here.
    func last(before end: Int) -> Int? { (0..<end).last { !PathPlaces.isSpace(span[$0]) } }
    // There can be no comment on the line of the literal itself.
    guard var end = last(before: position) else { return true }
    guard span[end] == newline else { return span[end] == UInt8(ascii: ":") }
    while true {
      let start = (0..<end).last { span[$0] == newline }.map { $0 + 1 } ?? 0
      if let first = (start..<end).first(where: { !PathPlaces.isSpace(span[$0]) }),
        span[first] != UInt8(ascii: "#")
      {
        return last(before: end).map { span[$0] == UInt8(ascii: ":") } ?? false
      }
      if start == 0 { return true }
      end = start - 1
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
