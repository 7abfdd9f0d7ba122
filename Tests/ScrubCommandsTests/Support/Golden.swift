import Foundation
import Testing

/// Expected output beside the tests. `WHEELSCRUB_UPDATE_GOLDEN=1 swift test` writes it anew, for review in the
/// diff.
enum Golden {
  static let directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Golden")

  static func expect(
    _ run: Run, of arguments: [String], is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let text =
      "$ wheelscrub \(arguments.joined(separator: " "))\n\(run.output)"
      + "--- standard error ---\n\(run.error)--- exit \(run.code) ---\n"
    let file = directory.appending(path: name + ".txt")
    if ProcessInfo.processInfo.environment["WHEELSCRUB_UPDATE_GOLDEN"] == "1" {
      try Data(text.utf8).write(to: file)
    }
    let expected = try String(contentsOf: file, encoding: .utf8)
    #expect(text == expected, "differs from \(file.lastPathComponent)", sourceLocation: sourceLocation)
  }
}

/// A directory of its own for one test, gone with it.
final class TemporaryDirectory {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "scrub-commands-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path(percentEncoded: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
