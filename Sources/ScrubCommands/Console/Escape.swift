/// What a terminal may receive of a file's content.
enum Escape {
  /// The text with every character that a terminal might obey, or a reader could not see, spelled out:
  /// `\x1b`, `\u{202e}`. Everything that a report prints passes through here.
  static func terminalSafe(_ text: String) -> String {
    // Most lines are plain ASCII; the check is cheaper than the properties of every scalar.
    if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) { return text }
    var safe = ""
    for scalar in text.unicodeScalars {
      if isObeyedOrHidden(scalar) {
        safe += spelledOut(scalar)
      } else {
        safe.unicodeScalars.append(scalar)
      }
    }
    return safe
  }

  /// Controls (C0, DEL, C1), invisible formatting such as the order of writing, and line separators.
  static func isObeyedOrHidden(_ scalar: Unicode.Scalar) -> Bool {
    // A report of thousands of findings is almost all ASCII; the table of properties is slow to query.
    if scalar.value < 0x7f { return scalar.value < 0x20 }
    return switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  private static func spelledOut(_ scalar: Unicode.Scalar) -> String {
    let hex = String(scalar.value, radix: 16)
    guard scalar.value < 0x100 else { return "\\u{\(hex)}" }
    return "\\x" + (hex.count < 2 ? "0" + hex : hex)
  }
}
