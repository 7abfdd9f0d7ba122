/// One line of a report: pieces of text, each with its meaning. The printer handles colour and escaping, so that no
/// reporter can forget them.
struct Line: Hashable, Sendable, ExpressibleByStringInterpolation {
  enum Role: Hashable, Sendable {
    case plain, code, path, root, underline, frame, help, note, error, stays, removed, added
    /// Already safe and never coloured: JSON, XML, workflow commands.
    case verbatim
  }

  struct Piece: Hashable, Sendable {
    var text: String
    var role: Role
  }

  var pieces: [Piece]
  var stream = Console.Stream.output

  init(pieces: [Piece]) { self.pieces = pieces }

  init(stringLiteral text: String) { self.init(pieces: [Piece(text: text, role: .plain)]) }

  init(stringInterpolation: StringInterpolation) { self.init(pieces: stringInterpolation.pieces) }

  /// `"\(place.file, .path): \(rule.code, .code)"`.
  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate(set) var pieces: [Piece] = []

    init(literalCapacity: Int, interpolationCount: Int) { pieces.reserveCapacity(interpolationCount * 2) }

    mutating func appendLiteral(_ literal: String) {
      if !literal.isEmpty { pieces.append(Piece(text: literal, role: .plain)) }
    }

    mutating func appendInterpolation(_ text: String, _ role: Role = .plain) {
      pieces.append(Piece(text: text, role: role))
    }

    mutating func appendInterpolation(_ line: Line) { pieces += line.pieces }
  }

  /// Text that is safe already and is never coloured.
  static func verbatim(_ text: String) -> Line { Line(pieces: [Piece(text: text, role: .verbatim)]) }

  /// The same line for standard error.
  var onError: Line {
    var line = self
    line.stream = .error
    return line
  }
}
