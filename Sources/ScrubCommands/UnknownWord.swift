import ArgumentParser
import BuildRoots
import FoundationEssentials

/// The first word of a command line that no command understands, and what was probably meant. ArgumentParser reports such
/// a word only if nothing else is wrong, and often calls it an unexpected argument.
struct UnknownWord {
  /// What is wrong, without `Error: `.
  let message: String

  /// Nil where every word is known.
  init?(in arguments: [String]) {
    guard let root = Self.root else { return nil }
    var command = root
    var path: [String] = []
    var words = arguments[...]
    while let word = words.popFirst(), word != "--" {
      guard word.hasPrefix("-"), word != "-" else {
        if let next = command.subcommands?.first(where: { $0.commandName == word }) {
          // `cc` takes the words of a compiler.
          if next.commandName == "cc" { return nil }
          command = next
          path.append(word)
        } else if !(command.subcommands ?? []).isEmpty {
          let names = (command.subcommands ?? []).map(\.commandName)
          let hint =
            Self.commands[word].map { "; did you mean \"\($0)\"?" } ?? Nearest.hint(to: word, among: names)
          message = "unknown command \"\(word)\"\(hint)"
          return
        }
        continue
      }
      let name = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
      if ["--help", "-h", "--version", "-V"].contains(name) { continue }
      if let argument = command.argument(named: name) {
        if argument.kind == "option", !word.contains("="), name.hasPrefix("--") || word.count == 2 {
          words = words.dropFirst()
        }
        continue
      }
      if !name.hasPrefix("--") {
        // Several flags in one word, or a value right behind its option.
        let letters = Array(name.dropFirst())
        if let first = letters.first, letters.count > 1, command.argument(named: "-\(first)") != nil {
          continue
        }
      }
      message = Self.describe(name, in: command, path, root)
      return
    }
    return nil
  }

  /// The whole text of ArgumentParser's error with this message in place of its own.
  func replacing(in text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let rest = lines.drop { !$0.lowercased().hasPrefix("usage:") }
    return (["Error: \(message)"] + rest.map(String.init)).joined(separator: "\n")
  }

  private static func describe(_ name: String, in command: Tool, _ path: [String], _ root: Tool) -> String {
    let place = path.isEmpty ? "" : " for \(path.joined(separator: " "))"
    if path.first == "check", ["--fix", "--in-place", "--wheel-dir", "-w"].contains(name) {
      return "unknown option \"\(name)\"\(place): check writes nothing; use wheelscrub fix"
    }
    if let meant = habits[name], command.argument(named: meant) != nil {
      return "unknown option \"\(name)\"\(place); did you mean \"\(meant)\"?"
    }
    let others = (root.subcommands ?? []).filter { $0.argument(named: name) != nil }.map(\.commandName)
    if !others.isEmpty {
      return "unknown option \"\(name)\"\(place); it is one of \(others.joined(separator: ", "))"
    }
    let hint = Nearest.hint(to: name, among: command.optionNames)
    return "unknown option \"\(name)\"\(place)\(hint)"
  }

  /// What other tools call it.
  private static let habits = [
    "-i": "--in-place", "--inplace": "--in-place", "--write": "--in-place", "--out": "--wheel-dir",
    "--outdir": "--wheel-dir", "--dest": "--wheel-dir", "--dest-dir": "--wheel-dir",
    "--format": "--output-format",
    "-f": "--output-format", "--output": "--output-file", "--dry-run": "--check", "-n": "--check",
    "--extend-ignore": "--ignore", "--no-config": "--isolated",
  ]
  private static let commands = [
    "lint": "check", "scan": "check", "show": "check", "repair": "fix", "scrub": "fix", "compare": "diff",
    "hash": "key", "digest": "key", "explain": "rules", "rule": "rules",
  ]

  /// The part of `--experimental-dump-help` that is of use here.
  private struct Dump: Decodable {
    var command: Tool
  }

  private struct Tool: Decodable {
    var commandName: String
    var subcommands: [Tool]?
    var arguments: [Argument]?

    func argument(named name: String) -> Argument? {
      arguments?.first { argument in
        argument.names?.contains { $0.spelled == name } ?? false
      }
    }

    var optionNames: [String] {
      (arguments ?? []).filter(\.shouldDisplay).flatMap { $0.names ?? [] }.map(\.spelled)
        .filter { $0.hasPrefix("--") }
    }
  }

  private struct Argument: Decodable {
    var kind: String
    var shouldDisplay: Bool
    var names: [Name]?

    struct Name: Decodable {
      var kind: String
      var name: String
      var spelled: String { kind == "long" ? "--\(name)" : "-\(name)" }
    }
  }

  private static var root: Tool? {
    try? JSONDecoder().decode(Dump.self, from: Data(RootCommand._dumpHelp().utf8)).command
  }
}
