import Foundation
import Testing

/// A table of docs/caches.md below `<!-- table: NAME -->`: it says what was measured, or with WHEELSCRUB_UPDATE_DOCS=1 is
/// made to.
struct DocumentedTable {
  private static let document = Workspace.repository + "/docs/caches.md"
  private static let updates = ProcessInfo.processInfo.environment["WHEELSCRUB_UPDATE_DOCS"] == "1"
  private let name: String

  init(_ name: String) { self.name = name }

  func tell(_ row: String, of configuration: String) throws {
    var lines = try String(contentsOfFile: Self.document, encoding: .utf8).components(separatedBy: "\n")
    let mark = try #require(lines.firstIndex { $0.hasPrefix("<!-- table: \(name)") })
    let end = lines[mark...].firstIndex { $0.isEmpty } ?? lines.endIndex
    let place = try #require(
      lines[mark..<end].firstIndex { $0.hasPrefix("| \(configuration) |") },
      "docs/caches.md has no row \(configuration)")
    if Self.updates {
      lines[place] = row
      try lines.joined(separator: "\n").write(toFile: Self.document, atomically: true, encoding: .utf8)
    } else {
      #expect(lines[place] == row, "docs/caches.md says something else")
    }
  }
}
