import ScrubCommands
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct EnvCommandTests {
  private func run(_ arguments: [String], launcher: String? = "/opt/it's/wheelscrub-cc") -> Run {
    var engine = Engine.samples(witness: Witness())
    engine.launcher = { program in
      launcher.map { $0.replacing("wheelscrub-cc", with: program.rawValue) }
    }
    engine.launch = { "there is no \($0.rawValue)" }
    return Run(arguments, engine: engine, environment: ["RUSTFLAGS": "-C opt-level=3"])
  }

  /// Each setting is below a line that says what it is for, and a shell takes all of it.
  @Test func everyLineIsACommentOrAnExport() {
    let lines = run(["env", "--cache", "ccache", "--source-date-epoch", "17", "--source", "/s"]).output
      .split(separator: "\n")
    #expect(lines.count == 16)
    for (index, line) in lines.enumerated() {
      #expect(line.hasPrefix(index.isMultiple(of: 2) ? "# " : "export "), "\(line)")
    }
    #expect(lines[1] == "export CC=''\\''/opt/it'\\''\\'\\'''\\''s/wheelscrub-cc'\\'' ccache gcc'")
    #expect(lines[9] == "export SOURCE_DATE_EPOCH='17'")
    #expect(lines[11] == "export RUSTC_WRAPPER='/opt/it'\\''s/wheelscrub-rustc'")
    #expect(lines[13] == "export CC_KNOWN_WRAPPER_CUSTOM='wheelscrub-cc'")
    #expect(lines[15] == "export RUSTFLAGS='-C opt-level=3 --remap-path-prefix=/s=.'")
  }

  @Test func clangAndSccache() {
    let output = run(["env", "--cache", "sccache", "--compiler", "clang"], launcher: "/bin/wheelscrub-cc")
      .output
    #expect(output.contains("\nexport CXX='/bin/wheelscrub-cc sccache clang++'\n"))
    #expect(output.contains("\nexport CMAKE_C_COMPILER_LAUNCHER='/bin/wheelscrub-cc;sccache'\n"))
    #expect(output.contains("\nexport RUSTC_WRAPPER='/bin/wheelscrub-rustc'\n"))
    #expect(output.contains("\nexport WHEELSCRUB_RUSTC_CACHE='sccache'\n"))
    #expect(!output.contains("SOURCE_DATE_EPOCH") && !output.contains("RUSTFLAGS="))
  }

  @Test(arguments: [
    ["--source-date-epoch", "today"], ["--source", "relative"], ["--source", "/a b"], ["--cache", "other"],
    ["x"],
  ])
  func refused(_ arguments: [String]) {
    let run = run(["env"] + arguments)
    #expect(run.code == 2)
    #expect(!run.error.isEmpty)
  }

  @Test func withoutTheLauncher() {
    let run = run(["env"], launcher: nil)
    #expect((run.code, run.output) == (2, ""))
    #expect(run.error.contains("wheelscrub-cc"))
  }

  @Test func ccWithoutTheLauncher() {
    for (command, program) in [("cc", "wheelscrub-cc"), ("rustc", "wheelscrub-rustc")] {
      let run = run([command, "gcc", "-c", "x.c", "--help"])
      #expect((run.code, run.error) == (127, "error: there is no \(program)\n"))
    }
  }
}
