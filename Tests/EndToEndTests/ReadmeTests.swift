import Foundation
import Testing

/// The examples of README.md, and those of docs/installed.md, which go on where they end, do what they show.
@Suite(.timeLimit(.minutes(60)))
struct ReadmeTests {
  @Test
  func `the before and after is true`() async throws {
    let pages = try ["README.md", "docs/installed.md"].map { name in
      (name, Example.all(in: try String(contentsOfFile: "\(Workspace.repository)/\(name)", encoding: .utf8)))
    }
    #expect(pages.allSatisfy { $1.count >= 4 })

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
    for (page, steps) in pages {
      for step in steps {
        let fault = try await step.fault(in: directory)
        #expect(fault == nil, "\(page): \(fault ?? "")")
      }
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

  /// docs/cli.md and the parser name the same commands and options.
  @Test
  func `every option is in the table of options, and none that is gone`() async throws {
    struct Tool: Decodable {
      struct Command: Decodable {
        struct Argument: Decodable {
          struct Name: Decodable {
            var kind: String
            var name: String
          }
          var names: [Name]?
          var shouldDisplay: Bool
        }
        var commandName: String
        var arguments: [Argument]?
        var subcommands: [Command]?
        var shouldDisplay: Bool
      }
      var command: Command
    }
    let dump = try await Tools.output(of: Workspace.wheelscrub, ["--experimental-dump-help"])
    let tool = try JSONDecoder().decode(Tool.self, from: Data(dump.utf8))
    func options(_ command: Tool.Command) -> [String] {
      var found: [String] = []
      for argument in command.arguments ?? [] where argument.shouldDisplay {
        for name in argument.names ?? [] where name.kind == "long" { found.append("--" + name.name) }
      }
      for command in command.subcommands ?? [] where command.shouldDisplay { found += options(command) }
      return found
    }
    let known = Set(options(tool.command))
    let page = try String(contentsOfFile: Workspace.repository + "/docs/cli.md", encoding: .utf8)
    var named: Set<String> = []
    for code in page.matches(of: /`[^`\n]*`/) {
      for option in String(code.0).matches(of: /--[a-z][a-z0-9-]+/) { named.insert(String(option.0)) }
    }
    // Of other programs.
    let foreign: Set = ["--remove-rpath"]
    #expect(named.subtracting(known).subtracting(foreign) == [])
    #expect(known.subtracting(named) == [])
    for command in tool.command.subcommands ?? [] where command.shouldDisplay && command.commandName != "help"
    {
      #expect(
        page.contains("`wheelscrub \(command.commandName) ")
          || page.contains("`wheelscrub \(command.commandName)`"), "\(command.commandName)")
    }
  }
}
