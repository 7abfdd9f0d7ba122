import Formats
import ScrubKit

/// The string around a root, made safe and cut to a width; the root is always complete.
struct Excerpt: Hashable {
  var before: String
  var root: String
  var after: String

  init(of finding: Finding, width: Int) {
    let parts = Self.parts(of: finding)
    before = Escape.terminalSafe(parts.before)
    root = Escape.terminalSafe(parts.root)
    after = Escape.terminalSafe(parts.after)
    guard before.count + root.count + after.count > width else { return }

    // The text after the root names the file, so it gets the room that the text before does not need, and at least
    // half.
    let room = max(width - root.count, 2)
    let afterRoom = max(room - before.count, room / 2)
    if after.count > afterRoom { after = after.prefix(max(afterRoom - 1, 0)) + "…" }
    let beforeRoom = max(room - after.count, 1)
    if before.count > beforeRoom { before = "…" + before.suffix(beforeRoom - 1) }
  }

  /// The text before the root, the root, and the text after it, as in the file.
  static func parts(of finding: Finding) -> (before: String, root: String, after: String) {
    let text = finding.text.utf8
    let length = finding.root.utf8.count
    guard finding.rootOffset >= 0,
      let start = text.index(text.startIndex, offsetBy: finding.rootOffset, limitedBy: text.endIndex),
      let end = text.index(start, offsetBy: length, limitedBy: text.endIndex),
      text[start..<end].elementsEqual(finding.root.utf8)
    else {
      // The text was cut or repaired across the root: the root alone is still correct.
      return ("", finding.root, "")
    }
    return (
      String(decoding: text[..<start], as: UTF8.self), finding.root,
      String(decoding: text[end...], as: UTF8.self)
    )
  }
}
