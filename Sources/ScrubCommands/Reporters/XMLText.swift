/// Text as XML 1.0 and HTML hold it.
enum XMLText {
  /// A text or an attribute's value in double quotes. XML cannot hold most controls, not even as references (section
  /// 2.2), so these and what nobody could see are spelled out.
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

/// One element of an XML document, with a line of its own for each.
struct XMLElement {
  var name: String
  var attributes: [(String, String)] = []
  /// Lines of text, in front of the children; written without spaces around them.
  var text: [String] = []
  var children: [XMLElement] = []

  /// The lines of the element, indented by two spaces a level.
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
