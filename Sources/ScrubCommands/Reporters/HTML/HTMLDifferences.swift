import Formats
import ScrubKit

/// `diff --output-format html`: one page for people, with the look of `HTMLReport` and without a program in it. Members,
/// causes, both sides next to each other, and what `fix` removes.
enum HTMLDifferences {
  static func page(_ report: DifferenceReport) -> String {
    return """
      \(HTMLReport.head(title: "diff: \(headline(report))", style: HTMLReport.style + Self.style))
      <body>
      <header><div><h1>\(Version.name) <span>diff</span></h1>
      <p id="headline">\(XMLText.escaped(headline(report)))</p></div></header>
      <main>
      \(body(report).joined(separator: "\n"))
      </main>
      </body>
      </html>
      """
  }

  /// What the summary of the report for people says.
  private static func headline(_ report: DifferenceReport) -> String {
    let line = PlainReporter<DifferenceReport>.summary(report) ?? "Not compared."
    return Presentation.plain.text(of: line)
  }

  private static func body(_ report: DifferenceReport) -> [String] {
    var lines = remarks("problems", "Could not be compared", report.errors.map { ($0.place, $0.message) })
    lines += cards(report)
    lines += [
      "<section class=\"sides\"><div><b>First</b> \(code(report.first))</div>"
        + "<div><b>Second</b> \(code(report.second))</div></section>"
    ]
    let members = report.differences.grouped { $0.place.file }
    if members.count > 1 {
      lines += ["<section class=\"panel\"><h2>Where they differ</h2><ul>"]
      lines += members.enumerated().map { index, differences in
        "<li><a href=\"#m\(index)\">\(XMLText.escaped(differences[0].place.file))</a> "
          + "<span class=\"soft\">\(Count.text(differences.count, "difference"))</span></li>"
      }
      lines += ["</ul></section>"]
    }
    for (index, differences) in members.enumerated() {
      lines += ["<section id=\"m\(index)\"><h2>\(code(differences[0].place.file))</h2>"]
      lines += differences.grouped { $0.cause.slug }.flatMap(cause)
      lines += ["</section>"]
    }
    let notes = report.notes.filter { !$0.isDetail }.map { ($0.place, $0.message) }
    return lines + remarks("notes", "Notes", notes)
  }

  private static func cards(_ report: DifferenceReport) -> [String] {
    let left = report.remaining.count
    let rows: [(Int, String, String)] = [
      (report.differences.count, "differences", report.differences.isEmpty ? "good" : ""),
      (Set(report.differences.map(\.place.file)).count, "members and files", ""),
      (Set(report.differences.map(\.cause.slug)).count, "causes", ""),
      (report.differences.count - left, "removed by fix", "good"),
      (left, "left by fix", left > 0 ? "warning" : "good"),
    ]
    return ["<section id=\"cards\" aria-label=\"Summary\">"]
      + rows.map { "<div class=\"card \($0.2)\"><b>\($0.0)</b>\($0.1)</div>" } + ["</section>"]
  }

  /// All differences of one cause in one member.
  private static func cause(_ differences: [Difference]) -> [String] {
    let cause = differences[0].cause
    var lines = [
      "<div class=\"panel cause\"><h3><code>\(XMLText.escaped(cause.slug))</code> "
        + "<span class=\"soft\">\(XMLText.escaped(cause.explanation))</span></h3>"
    ]
    lines += differences.flatMap(one)
    if differences.contains(where: { !$0.isFixed }), !cause.prevention.isEmpty {
      lines.append("<p><b>Prevent it with</b> \(XMLText.escaped(cause.prevention))</p>")
    }
    return lines + ["</div>"]
  }

  private static func one(_ difference: Difference) -> [String] {
    let position = difference.place.position
    let head = [position.isEmpty ? "" : code(position), Count.text(difference.count, "place")]
      .filter { !$0.isEmpty }.joined(separator: ": ")
    let fate =
      difference.isFixed
      ? "<span class=\"fate yes\">fix removes it</span>" : "<span class=\"fate no\">fix leaves it</span>"
    var lines = ["<div class=\"place\">\(head) \(fate)</div>"]
    if difference.first != nil || difference.second != nil {
      let (first, second) = marked(difference.first, difference.second)
      lines.append("<div class=\"sides\">\(side(first))\(side(second))</div>")
    }
    for consequence in difference.consequences {
      lines.append(
        "<p class=\"soft\">Follows: \(XMLText.escaped(consequence.what)) of "
          + "\(XMLText.escaped(consequence.places.joined(separator: ", ")))</p>")
    }
    return lines
  }

  private static func side(_ content: String?) -> String {
    content.map { "<div class=\"string mono\">\($0)</div>" }
      ?? "<div class=\"string soft\">only on the other side</div>"
  }

  /// Both texts with what differs marked: all between what they begin and end with alike.
  private static func marked(_ first: String?, _ second: String?) -> (String?, String?) {
    guard let first, let second else { return (first.map(XMLText.escaped), second.map(XMLText.escaped)) }
    let (one, other) = (Array(first), Array(second))
    let shorter = min(one.count, other.count)
    let head = (0..<shorter).first { one[$0] != other[$0] } ?? shorter
    let tail =
      (0..<(shorter - head)).first { one[one.count - 1 - $0] != other[other.count - 1 - $0] }
      ?? (shorter - head)
    func text(_ characters: [Character]) -> String {
      let end = characters.count - tail
      let middle = String(characters[head..<end])
      return XMLText.escaped(String(characters[..<head]))
        + (middle.isEmpty ? "" : "<mark>\(XMLText.escaped(middle))</mark>")
        + XMLText.escaped(String(characters[end...]))
    }
    return (text(one), text(other))
  }

  private static func remarks(_ id: String, _ title: String, _ list: [(Place, String)]) -> [String] {
    if list.isEmpty { return [] }
    let items = list.map { place, message in
      "<li>\(place.description.isEmpty ? "" : code(place.description) + ": ")\(XMLText.escaped(message))</li>"
    }
    return ["<section id=\"\(id)\"><h2>\(title)</h2><ul>"] + items + ["</ul></section>"]
  }

  private static func code(_ text: String) -> String { "<code>\(XMLText.escaped(text))</code>" }

  /// Beside that of the other page, whose theme a script chooses.
  private static let style = """

    @media(prefers-color-scheme:dark){:root{\(HTMLReport.dark)}}
    h3{font-size:15px;margin:0 0 6px;font-weight:400}h3 code{font-weight:600}.cause{margin:8px 0}
    .sides{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:8px;margin:6px 0;overflow-wrap:anywhere}
    .sides .string{grid-column:auto}.place .fate{margin-left:8px}.cause p{margin:6px 0 0}
    @media(max-width:640px){.sides{grid-template-columns:minmax(0,1fr)}}
    @media print{.cause{break-inside:avoid}}
    """
}
