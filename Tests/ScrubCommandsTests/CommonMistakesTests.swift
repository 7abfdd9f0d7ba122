import Foundation
import Testing

@testable import ScrubCommands
@testable import ScrubKit

/// The messages of docs/cli.md, on real files.
@Suite struct CommonMistakesTests {
  @Test func `docs tell the messages as they are`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/cli.md"), encoding: .utf8)
    let section = try #require(page.split(separator: "## Common mistakes\n").dropFirst().first)
    let block = try #require(
      section.split(separator: "```console\n").dropFirst().first?.split(separator: "```").first)
    let mistakes = block.split(separator: "$ wheelscrub ").map { $0.split(separator: "\n").map(String.init) }
    #expect(mistakes.count >= 10)

    let directory = try TemporaryDirectory()
    let here = URL(filePath: directory.path).resolvingSymlinksInPath().path
    func write(_ name: String, _ text: String) throws {
      let url = URL(filePath: "\(here)/\(name)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    try FileManager.default.createDirectory(atPath: here + "/dist", withIntermediateDirectories: true)
    try write("renamed.whl", "a page of HTML")
    try write("x.deb", "!<arch>\ndebian-binary   0           0     0     100644  4         `\n2.0\n")
    try write("project/pyproject.toml", "[tool.wheelscrub]\nselect = 1\n")

    for mistake in mistakes {
      // The reader is in that directory, the test is not.
      let words = mistake[0].split(separator: " ").map { word in
        ["dist", "dits", "fixed", "renamed.whl", "x.deb", "project/x.whl"].contains(word)
          ? "\(here)/\(word)" : String(word)
      }
      // The real one, but for what the other tests of this process would feel.
      var engine = Engine.live
      engine.limitMemory = { _, _ in }
      let run = Run(words, engine: engine)
      let text = (run.error + run.output).replacing("\(here)/", with: "")
      #expect(text.hasPrefix(mistake.dropFirst().joined(separator: "\n")), "\(mistake[0]): \(text)")
      #expect(run.code == (mistake[1].hasPrefix("warning") ? 0 : 2), "\(mistake[0])")
    }
  }
}
