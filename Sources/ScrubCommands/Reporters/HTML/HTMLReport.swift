import BuildRoots
import Formats
import ScrubKit

/// One page that holds everything: data, style and script. It loads nothing, and its policy forbids what it does not
/// need, so that no string of a wheel can become a program.
enum HTMLReport {
  static func page(_ outcome: Outcome) -> String {
    let name = outcome.action == .check ? "check" : "fix"
    // JSON has no other use for this character than in strings: no text can end the element that holds it.
    let data = HTMLData.document(outcome).compactText.replacing("<", with: "\\u003c")
    return """
      \(head(title: "\(name): \(headline(outcome))", style: style, script: script))
      <body>
      <noscript><p>This page needs JavaScript to show its findings; it loads nothing from anywhere. In short:
      \(XMLText.escaped(headline(outcome)))</p></noscript>
      \(body)
      <script type="application/json" id="data">\(data)</script>
      <script>\(script)</script>
      </body>
      </html>
      """
  }

  /// What every page begins with, up to its body. Its policy allows this style and script, and nothing else.
  /// - Parameter script: nil where there is none.
  static func head(title: String, style: String, script: String? = nil) -> String {
    let scripts = script.map { ["script-src 'sha256-\(TextHash.base64($0))'"] } ?? []
    let policy =
      ["default-src 'none'"] + scripts
      + ["style-src 'sha256-\(TextHash.base64(style))'", "base-uri 'none'", "form-action 'none'"]
    return """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy.joined(separator: "; "))">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta name="generator" content="\(Version.name) \(Version.text)">
      <title>\(Version.name) \(XMLText.escaped(title))</title>
      <style>\(style)</style>
      </head>
      """
  }

  static func headline(_ outcome: Outcome) -> String {
    Presentation.plain.text(of: Summary(outcome).line ?? "Nothing was checked.")
  }
}

/// What the page's script reads. Strings stand in one list and are referred to by their index, because most of them
/// recur in thousands of findings.
enum HTMLData {
  static func document(_ outcome: Outcome) -> JSONValue {
    var strings = Strings()
    let findings = outcome.reports.flatMap { outcome.listed($0) }
    let rules = Set(findings.map(\.rule)).sorted { $0.code < $1.code }
    let ruleIndex = Dictionary(uniqueKeysWithValues: zip(rules.map(\.code), rules.indices))
    let rows = findings.map { row($0, rule: ruleIndex[$0.rule.code] ?? 0, &strings) }
    let families = Set(rules.map(\.family)).sorted { $0.code < $1.code }
    let notes = outcome.reports.flatMap(\.notes).filter { !$0.isDetail }.map { remark($0.place, $0.message) }
    let errors = outcome.allErrors.map { remark($0.place, $0.message) }
    let summary = Summary(outcome)
    return .object([
      ("version", .string(Version.text)), ("command", .string(outcome.action == .check ? "check" : "fix")),
      ("headline", .string(HTMLReport.headline(outcome))),
      ("files", .count(summary.files)),
      (
        "families",
        .array(families.map { .object([("code", .string($0.code)), ("title", .string($0.title))]) })
      ),
      ("rules", .array(rules.map(rule))), ("findings", .array(rows)), ("notes", .array(notes)),
      ("errors", .array(errors)), ("strings", .array(strings.list.map { .string($0) })),
    ])
  }

  private static func rule(_ rule: Rule) -> JSONValue {
    .object([
      ("code", .string(rule.code)), ("slug", .string(rule.slug)), ("family", .string(rule.family.code)),
      ("severity", .string(rule.severity.rawValue)), ("origin", .string(rule.origin)),
      ("cause", .string(rule.cause)),
      ("link", .optional(rule.link.hasPrefix("https://") ? rule.link : nil)),
    ])
  }

  /// `[path, member, position, rule, before, root, after, context, fixable, fate, cure]`; -1 where there is none. A defect has
  /// no root, and its sentence in the place of what follows it.
  private static func row(_ finding: Finding, rule: Int, _ strings: inout Strings) -> JSONValue {
    let text = FindingText(finding)
    let parts = finding.defect == nil ? Excerpt.parts(of: finding) : ("", "", text.subject)
    let cells = [
      strings.index(finding.place.path), strings.index(finding.place.member),
      strings.index(finding.place.position), rule, strings.index(parts.0), strings.index(parts.1),
      strings.index(parts.2), strings.index(finding.context), finding.isFixable ? 1 : 0,
      strings.index(text.fate), strings.index(finding.cure),
    ]
    return .array(cells.map { .count($0) })
  }

  private static func remark(_ place: Place, _ message: String) -> JSONValue {
    .array([.string(Escape.terminalSafe(place.description)), .string(Escape.terminalSafe(message))])
  }

  private struct Strings {
    private(set) var list: [String] = []
    private var positions: [String: Int] = [:]

    /// - Returns: -1 for no text.
    mutating func index(_ text: String?) -> Int {
      guard let text, !text.isEmpty else { return -1 }
      if let position = positions[text] { return position }
      positions[text] = list.count
      // What a browser would obey, such as the order of writing, is spelled out as on a terminal.
      list.append(Escape.terminalSafe(text))
      return list.count - 1
    }
  }
}
