import Formats
import ScrubKit

/// Differences for people: one block for each cause in each file, with the first place of each section on both sides.
enum FullDifferences {
  /// A package of hundreds of modules differs in the same way in each; `-v` shows all.
  private static let shownConsequences = 4

  static func lines(_ differences: [Difference], _ presentation: Presentation) -> [Line] {
    var blocks: [(head: Difference, members: [Difference])] = []
    for difference in differences {
      if let index = blocks.firstIndex(where: {
        $0.head.place.file == difference.place.file && $0.head.cause == difference.cause
      }) {
        blocks[index].members.append(difference)
      } else {
        blocks.append((difference, [difference]))
      }
    }
    return blocks.flatMap { block($0.head, $0.members, presentation) }
  }

  private static let margin: Line = "\("   |", .frame)"

  private static func block(
    _ head: Difference, _ members: [Difference], _ presentation: Presentation
  ) -> [Line] {
    var lines: [Line] = [
      "\(head.cause.slug, .code): \(head.cause.explanation)",
      "\("  -->", .frame) \(head.place.file, .path)",
      margin,
    ]
    for difference in members { lines += one(difference, presentation) }
    // A difference that fix removes needs no other help.
    if members.contains(where: { !$0.isFixed }), !head.cause.prevention.isEmpty {
      lines.append("\("   =", .frame) \("help:", .help) \(head.cause.prevention)")
    }
    return lines + [""]
  }

  private static func one(_ difference: Difference, _ presentation: Presentation) -> [Line] {
    let position = difference.place.position
    let fate: Line = difference.isFixed ? "\("fix removes it", .added)" : "\("fix leaves it", .stays)"
    let count = Count.text(difference.count, "place")
    var lines: [Line] = ["\(margin) \(position.isEmpty ? "" : position + ": ")\(count), \(fate)"]
    let width = max(presentation.columns - 9, 40)
    for (sign, role, text) in [("-", Line.Role.removed, difference.first), ("+", .added, difference.second)] {
      if let text { lines.append("\(margin)   \(sign + cut(text, width), role)") }
    }
    for consequence in difference.consequences {
      let places = consequence.places
      let shown = presentation.verbose ? places[...] : places.prefix(shownConsequences)
      let more = places.count > shown.count ? " and \(places.count - shown.count) more" : ""
      lines.append(
        "\(margin)   follows: \(consequence.what) of \(shown.joined(separator: ", "))\(more)")
    }
    return lines
  }

  private static func cut(_ text: String, _ width: Int) -> String {
    let safe = Escape.terminalSafe(text)
    return safe.count <= width ? safe : safe.prefix(width - 1) + "…"
  }
}
