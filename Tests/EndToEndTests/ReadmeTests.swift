import Foundation
import Testing

/// The examples of README.md do what they show.
@Suite(.timeLimit(.minutes(20)))
struct ReadmeTests {
  /// A ```console block behind an `<!-- run by a test -->` mark: commands and what they print.
  struct Step {
    var command: String
    var output: [String]
  }

  @Test
  func `the before and after is true`() async throws {
    let steps = try steps(of: Workspace.repository + "/README.md")
    #expect(steps.count >= 4)

    // The reader's directory: two wheels of one sdist, built in two random directories.
    let directory = try Workspace.shared.scratch("readme")
    for (index, name) in ["first", "second"].enumerated() {
      let wheel = try await WheelBuilder.shared.wheels("plainc")[index]
      let place = "\(directory)/\(name)"
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: wheel, toPath: place + "/" + (wheel as NSString).lastPathComponent)
      // For what is said of them before they were fixed.
      try FileManager.default.createDirectory(
        atPath: directory + "/unfixed", withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: wheel, toPath: "\(directory)/unfixed/\(name).whl")
    }
    let search = (Workspace.wheelscrub as NSString).deletingLastPathComponent
    let path = ["PATH": search + ":" + Workspace.shared.environment["PATH"]!]
    for step in steps {
      let outcome = try await Tools.run("bash", ["-c", step.command], in: directory, environment: path)
      let said = (outcome.output + outcome.errors).lines
      #expect(
        matches(said, step.output),
        "\(outcome.transcript)\nREADME.md has:\n\(step.output.joined(separator: "\n"))")
    }
  }

  @Test
  func `every command of the Makefile that the documents name is there`() throws {
    let makefile = try String(contentsOfFile: Workspace.repository + "/Makefile", encoding: .utf8)
    for document in ["README.md", "CONTRIBUTING.md"] {
      let text = try String(contentsOfFile: "\(Workspace.repository)/\(document)", encoding: .utf8)
      for match in text.matches(of: /`make ([a-z-]+)`/) {
        #expect(makefile.contains("\n\(match.1): "), "\(document) names make \(match.1)")
      }
    }
  }

  private func steps(of document: String) throws -> [Step] {
    let text = try String(contentsOfFile: document, encoding: .utf8)
    var steps = [Step]()
    for block in text.components(separatedBy: "<!-- run by a test -->\n```console\n").dropFirst() {
      for line in block.components(separatedBy: "\n```")[0].components(separatedBy: "\n") {
        if line.hasPrefix("$ ") {
          steps.append(Step(command: String(line.dropFirst(2)), output: []))
        } else if !steps.isEmpty {
          steps[steps.count - 1].output.append(line)
        }
      }
    }
    return steps
  }

  /// Line by line; `…` stands for any text in a line, and alone for any lines.
  private func matches(_ lines: [String], _ patterns: [String]) -> Bool {
    guard let pattern = patterns.first else { return lines.isEmpty }
    let rest = Array(patterns.dropFirst())
    if pattern == "…" { return (0...lines.count).contains { matches(Array(lines.dropFirst($0)), rest) } }
    guard let line = lines.first, matches(line, pattern) else { return false }
    return matches(Array(lines.dropFirst()), rest)
  }

  private func matches(_ line: String, _ pattern: String) -> Bool {
    let parts = pattern.components(separatedBy: "…")
    guard parts.count > 1 else { return line == pattern }
    var rest = Substring(line)
    guard rest.hasPrefix(parts[0]) else { return false }
    rest = rest.dropFirst(parts[0].count)
    for part in parts.dropFirst().dropLast() {
      guard let found = rest.range(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(parts[parts.count - 1])
  }
}
