/// Text escaped for XML 1.0 and HTML.
enum XMLText {
  /// A text or an attribute value in double quotes. XML cannot represent most control characters, not even as
  /// references (section 2.2), so these and invisible characters are spelled out.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in Escape.terminalSafe(text).unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{fffe}", "\u{ffff}": result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// One element of an XML document, on lines of its own.
struct XMLElement {
  var name: String
  var attributes: [(String, String)] = []
  /// Lines of text before the children; written without surrounding spaces.
  var text: [String] = []
  var children: [XMLElement] = []

  /// The lines of the element, indented by two spaces per level.
  func lines(indent: String = "") -> [String] {
    let head =
      attributes.reduce(into: indent + "<" + name) { $0 += " \($1.0)=\"\(XMLText.escaped($1.1))\"" }
    if text.isEmpty, children.isEmpty { return [head + "/>"] }
    let content = text.map(XMLText.escaped).joined(separator: "\n")
    if children.isEmpty { return [head + ">" + content + "</\(name)>"] }
    return [head + ">" + content] + children.flatMap { $0.lines(indent: indent + "  ") } + [
      indent + "</\(name)>"
    ]
  }
}
