import ScrubCommands
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct EnvCommandTests {
  private func run(_ arguments: [String], launcher: String? = "/opt/it's/wheelscrub-cc") -> Run {
    var engine = Engine.samples(witness: Witness())
    engine.launcher = launcher
    engine.launch = { "there is no launcher" }
    return Run(arguments, engine: engine, environment: ["RUSTFLAGS": "-C opt-level=3"])
  }

  /// Each setting is below a line that says what it is for, and a shell takes all of it.
  @Test func everyLineIsACommentOrAnExport() {
    let lines = run(["env", "--cache", "ccache", "--source-date-epoch", "17", "--source", "/s"]).output
      .split(separator: "\n")
    #expect(lines.count == 14)
    for (index, line) in lines.enumerated() {
      #expect(line.hasPrefix(index.isMultiple(of: 2) ? "# " : "export "), "\(line)")
    }
    #expect(lines[1] == "export CC=''\\''/opt/it'\\''\\'\\'''\\''s/wheelscrub-cc'\\'' ccache gcc'")
    #expect(lines[9] == "export SOURCE_DATE_EPOCH='17'")
    #expect(lines[11] == "export CC_KNOWN_WRAPPER_CUSTOM='wheelscrub-cc'")
    #expect(lines[13] == "export RUSTFLAGS='-C opt-level=3 --remap-path-prefix=/s=.'")
  }

  @Test func clangAndSccache() {
    let output = run(["env", "--cache", "sccache", "--compiler", "clang"], launcher: "/bin/wheelscrub-cc")
      .output
    #expect(output.contains("\nexport CXX='/bin/wheelscrub-cc sccache clang++'\n"))
    #expect(output.contains("\nexport CMAKE_C_COMPILER_LAUNCHER='/bin/wheelscrub-cc;sccache'\n"))
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
    let run = run(["cc", "gcc", "-c", "x.c", "--help"])
    #expect((run.code, run.error) == (127, "error: there is no launcher\n"))
  }
}
