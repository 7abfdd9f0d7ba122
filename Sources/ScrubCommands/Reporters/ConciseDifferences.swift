import Formats
import ScrubKit

/// One line per difference, for editors and grep:
/// `a.whl!pkg/_a.so:.rodata+0x18: path-length 3 places [remains] "/tmp/…" "/tmp/…"`.
enum ConciseDifferences {
  static func lines(_ differences: [Difference], _ presentation: Presentation) -> [Line] {
    differences.map(line)
  }

  private static func line(_ difference: Difference) -> Line {
    let position = difference.place.position
    let place: Line = "\(difference.place.file, .path)\(position.isEmpty ? "" : ":\(position)")"
    let fate: Line = difference.isFixed ? "\("[fix removes it]", .added)" : "\("[remains]", .stays)"
    let samples = [difference.first, difference.second].map { $0.map { "\"\($0)\"" } ?? "-" }
      .joined(separator: " ")
    return
      "\(place): \(difference.cause.slug, .code) \(Count.text(difference.count, "place")) \(fate) \(samples)"
  }
}
