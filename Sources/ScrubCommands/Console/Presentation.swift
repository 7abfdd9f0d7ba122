/// How a report is shown: what the user asked for and what the streams support.
struct Presentation: Sendable {
  var quiet: Bool
  var verbose: Bool
  var columns: Int
  /// The streams that are coloured.
  var colored: Set<Console.Stream>

  init(console: Console, shared: SharedOptions) {
    quiet = shared.quiet
    verbose = shared.verbose
    columns = console.columns
    colored = Set(
      [Console.Stream.output, .error].filter { stream in
        // A file is not a terminal, and what CI systems force on terminals does not belong in it.
        let isFile = stream == .output && shared.outputFile != nil
        return (shared.color ?? .auto).isColored(
          isTerminal: !isFile && console.isTerminal(stream), environment: isFile ? [:] : console.environment)
      })
  }

  /// Nothing coloured, for texts inside documents.
  static let plain = Presentation(quiet: false, verbose: false, columns: Console.defaultColumns, colored: [])

  private init(quiet: Bool, verbose: Bool, columns: Int, colored: Set<Console.Stream>) {
    self.quiet = quiet
    self.verbose = verbose
    self.columns = columns
    self.colored = colored
  }

  func print(_ line: Line, on console: Console) {
    console.write(text(of: line) + "\n", to: line.stream)
  }

  /// The line as it is written, without its end.
  func text(of line: Line) -> String {
    let isColored = colored.contains(line.stream)
    return line.pieces.reduce(into: "") { text, piece in
      let safe = piece.role == .verbatim ? piece.text : Escape.terminalSafe(piece.text)
      if isColored, !safe.isEmpty, let code = piece.role.graphicRendition {
        text += "\u{1b}[\(code)m\(safe)\u{1b}[0m"
      } else {
        text += safe
      }
    }
  }
}

extension Line.Role {
  /// The parameters of SGR (ECMA-48, 8.3.117) for this role.
  fileprivate var graphicRendition: String? {
    switch self {
    case .plain, .verbatim: nil
    case .path: "1"
    case .code, .underline, .error: "1;31"
    case .root, .removed: "31"
    case .frame: "34"
    case .help, .note: "1;36"
    case .stays: "33"
    case .added: "32"
    }
  }
}
