import Testing

@testable import ScrubCommands

@Suite struct ColorTests {
  @Test func choice() {
    func auto(_ environment: [String: String], terminal: Bool) -> Bool {
      ColorChoice.auto.isColored(isTerminal: terminal, environment: environment)
    }
    #expect(auto([:], terminal: true))
    #expect(!auto([:], terminal: false))
    #expect(!auto(["NO_COLOR": "1"], terminal: true))
    #expect(auto(["NO_COLOR": ""], terminal: true))
    #expect(!auto(["TERM": "dumb"], terminal: true))
    #expect(auto(["FORCE_COLOR": "1"], terminal: false))
    #expect(auto(["CLICOLOR_FORCE": "1"], terminal: false))
    #expect(!auto(["CLICOLOR_FORCE": "0"], terminal: false))
    #expect(auto(["FORCE_COLOR": "1", "NO_COLOR": "1"], terminal: false))
    #expect(ColorChoice.always.isColored(isTerminal: false, environment: ["NO_COLOR": "1"]))
    #expect(!ColorChoice.never.isColored(isTerminal: true, environment: ["FORCE_COLOR": "1"]))
  }

  /// Colour is only ever added: without its codes the report is the plain one.
  @Test(arguments: ["full", "concise"]) func colorAddsNothingElse(_ format: String) {
    let arguments = ["check", "x", "--output-format", format]
    let reports = [Sample.leaking, Sample.hostile, Sample.broken]
    let plain = Run(arguments, engine: .samples(reports))
    let colored = Run(arguments + ["--color", "always"], engine: .samples(reports))
    #expect(!plain.output.contains("\u{1b}"))
    #expect(colored.output.contains("\u{1b}[1;31mBP101\u{1b}[0m"))
    #expect(colored.error.contains("\u{1b}[1;31merror:\u{1b}[0m"))
    #expect(colored.output.replacing(#/\u{1b}\[[0-9;]*m/#, with: "") == plain.output)
    #expect(colored.error.replacing(#/\u{1b}\[[0-9;]*m/#, with: "") == plain.error)
  }

  @Test func jsonIsNeverColored() {
    let run = Run(
      ["check", "x", "--output-format", "json", "--color", "always"],
      engine: .samples([Sample.leaking, Sample.hostile]))
    #expect(!run.output.contains("\u{1b}"))
  }
}
