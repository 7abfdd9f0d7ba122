import ScrubCommands
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct CommandLineTests {
  @Test(arguments: [
    [], ["polish", "x"], ["check"], ["fix", "--in-place"], ["check", "x", "--frobnicate"], ["check", ""],
    ["check", "x", "--output-format", "yaml"], ["check", "x", "-q", "-v"], ["check", "x", "-j", "0"],
    ["check", "x", "-j", "-3"], ["check", "x", "-j", "many"], ["check", "x", "--color", "blue"],
    ["fix", "x"], ["fix", "x", "-w", "out", "--in-place"], ["fix", "x", "-w", ""], ["fix", "x", "-w"],
    ["fix", "x", "--in-place", "--layout", "heap"], ["fix", "x", "--in-place", "--build-id", "drop"],
    ["fix", "x", "--in-place", "--verify", "never"],
  ])
  func usageErrors(_ arguments: [String]) {
    let witness = Witness()
    let run = Run(arguments, engine: .samples(witness: witness))
    #expect(run.code == 2)
    #expect(run.output.isEmpty)
    #expect(run.error.contains("Usage: wheelscrub") || run.error.contains("USAGE: wheelscrub"))
    #expect(witness.calls.isEmpty, "nothing is read before the command line is understood")
  }

  @Test func fixSaysWhatToChoose() {
    let error = Run(["fix", "x"]).error
    for choice in ["-w", "--in-place", "--check", "--diff"] { #expect(error.contains(choice)) }
    #expect(Run(["fix", "x", "-w", "o", "--in-place"]).error.contains("exclude each other"))
  }

  @Test(arguments: [
    ["--help"], ["-h"], ["check", "--help"], ["fix", "--help"], ["help"], ["help", "fix"],
  ])
  func help(_ arguments: [String]) {
    let run = Run(arguments)
    #expect(run.code == 0)
    #expect(run.error.isEmpty)
    #expect(run.output.contains("USAGE: wheelscrub"))
  }

  @Test func version() {
    let run = Run(["--version"])
    #expect(run.code == 0 && run.error.isEmpty)
    #expect(run.output.wholeMatch(of: /0\.2\.0( \([0-9a-f]{12}\))?\n/) != nil)
    #expect(Run(["-V"]).output == run.output)
    for arguments in [["--version", "-v"], ["-Vv"], ["--verbose", "-V"]] {
      let detailed = Run(arguments).output
      #expect(detailed.hasPrefix(run.output))
      #expect(detailed.contains("\nlibdeflate 1."))
    }
  }

  @Test func prefixIsRefusedBeforeAnythingIsRead() {
    let witness = Witness()
    let run = Run(["fix", "x", "--in-place", "--prefix", "relative"], engine: .samples(witness: witness))
    #expect(run.code == 2)
    #expect(run.error.contains("relative"))
    #expect(witness.calls.isEmpty)
  }

  @Test func optionsReachTheEngine() {
    let witness = Witness()
    _ = Run(["check", "a", "b", "-j", "3"], engine: .samples(witness: witness))
    #expect(witness.calls == [.expand(["a", "b"]), .check("dist/clean.whl", jobs: 3)])

    let fixing = Witness()
    _ = Run(
      ["fix", "a", "--in-place"], engine: .samples(witness: fixing),
      environment: ["SOURCE_DATE_EPOCH": "1700000000"])
    #expect(fixing.calls == [.expand(["a"]), .fix("dist/clean.whl", .inPlace, 1_700_000_000)])

    let looking = Witness()
    _ = Run(["fix", "a", "--diff", "-w", "out"], engine: .samples(witness: looking))
    #expect(looking.calls == [.expand(["a"]), .fix("dist/clean.whl", .nowhere, nil)])
  }

  @Test func emptySourceDateEpochIsNone() {
    let witness = Witness()
    _ = Run(
      ["fix", "x", "--in-place"], engine: .samples(witness: witness), environment: ["SOURCE_DATE_EPOCH": ""])
    #expect(witness.calls == [.expand(["x"]), .fix("dist/clean.whl", .inPlace, nil)])
  }

  @Test(arguments: [
    "yesterday", "-1", "+1", "1.5", " 1", "0x10", "٣", "99999999999999999999", "\u{1b}[2J",
  ])
  func badSourceDateEpoch(_ value: String) {
    let witness = Witness()
    let run = Run(
      ["fix", "x", "--in-place"], engine: .samples(witness: witness),
      environment: ["SOURCE_DATE_EPOCH": value])
    #expect(run.code == 2)
    #expect(run.output.isEmpty)
    #expect(run.error.hasPrefix("error: SOURCE_DATE_EPOCH: "))
    #expect(run.error.split(separator: "\n").count == 1)
    #expect(!run.error.contains("\u{1b}"))
    #expect(witness.calls.isEmpty)
  }
}
