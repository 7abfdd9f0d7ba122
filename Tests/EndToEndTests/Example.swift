import Foundation

/// A command of a document and what it prints: a step of a ```` ```console ```` block behind an
/// `<!-- run by a test -->` mark.
struct Example: Sendable {
  var command: String
  /// Line by line; `…` stands for any text in a line, and alone for any lines.
  var output: [String]

  /// All steps in the text, in order.
  static func all(in text: String) -> [Example] {
    var steps = [Example]()
    for block in text.components(separatedBy: "<!-- run by a test -->\n```console\n").dropFirst() {
      for line in block.components(separatedBy: "\n```")[0].components(separatedBy: "\n") {
        if line.hasPrefix("$ ") {
          steps.append(Example(command: String(line.dropFirst(2)), output: []))
        } else if !steps.isEmpty {
          steps[steps.count - 1].output.append(line)
        }
      }
    }
    return steps
  }

  /// One directory for all: what pip installs names the Python that ran it.
  private static let programs = Task {
    let directory = try Workspace.shared.scratch("programs")
    let places = [
      "wheelscrub": Workspace.wheelscrub, "wheelscrub-cc": launcher, "python3": Tools.python,
      "pycross-post-build-hook": Workspace.repository + "/integrations/pycross-post-build-hook",
    ]
    for (name, place) in places {
      try FileManager.default.createSymbolicLink(atPath: "\(directory)/\(name)", withDestinationPath: place)
    }
    return directory
  }

  /// Runs the command in a shell that finds the program under test and Debian's Python first.
  /// - Returns: what is wrong with what it said, nil if it is what the document has.
  func fault(in directory: String, environment: [String: String] = [:]) async throws -> String? {
    let programs = try await Self.programs.value
    let path = ["PATH": programs + ":" + Workspace.shared.environment["PATH"]!]
    let outcome = try await Tools.run(
      "bash", ["-c", command], in: directory, environment: environment.merging(path) { $1 }, limit: 600)
    let said = (outcome.output + outcome.errors).lines
    if Self.matches(said, output) { return nil }
    return "\(outcome.transcript)\nthe document has:\n\(output.joined(separator: "\n"))"
  }

  private static func matches(_ lines: [String], _ patterns: [String]) -> Bool {
    guard let pattern = patterns.first else { return lines.isEmpty }
    let rest = Array(patterns.dropFirst())
    if pattern == "…" { return (0...lines.count).contains { matches(Array(lines.dropFirst($0)), rest) } }
    guard let line = lines.first, matches(line, pattern) else { return false }
    return matches(Array(lines.dropFirst()), rest)
  }

  private static func matches(_ line: String, _ pattern: String) -> Bool {
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
