import Foundation
import Synchronization
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

@Suite struct DiffCommandTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var options: [String] = []
    var report: DifferenceReport
    var terminal = false
    var columns = 100
    var testDescription: String { name }
    var arguments: [String] { ["diff"] + options + [report.first, report.second] }
  }

  static let all = [
    Case(name: "diff-identical", report: DifferenceSample.identical),
    Case(name: "diff-full", report: DifferenceSample.fixable),
    Case(name: "diff-full-mixed", report: DifferenceSample.mixed),
    Case(name: "diff-full-mixed-verbose", options: ["-v"], report: DifferenceSample.mixed, columns: 60),
    Case(name: "diff-full-color", report: DifferenceSample.mixed, terminal: true),
    Case(name: "diff-full-quiet", options: ["-q"], report: DifferenceSample.mixed),
    Case(name: "diff-full-hostile", report: DifferenceSample.hostile),
    Case(name: "diff-failed", report: DifferenceSample.failed),
    Case(name: "diff-concise", options: ["--output-format", "concise"], report: DifferenceSample.mixed),
    Case(name: "diff-json", options: ["--output-format", "json"], report: DifferenceSample.mixed),
    Case(name: "diff-html", options: ["--output-format", "html"], report: DifferenceSample.mixed),
    Case(name: "diff-html-hostile", options: ["--output-format", "html"], report: DifferenceSample.hostile),
    Case(
      name: "diff-html-identical", options: ["--output-format", "html"], report: DifferenceSample.identical),
    Case(name: "diff-json-failed", options: ["--output-format", "json"], report: DifferenceSample.failed),
  ]

  @Test(arguments: all) func output(_ golden: Case) throws {
    let run = Run(
      golden.arguments, engine: .comparing(golden.report), terminal: golden.terminal, columns: golden.columns)
    try Golden.expect(run, of: golden.arguments, is: golden.name)
  }

  @Test(arguments: [[], ["-q"], ["--output-format", "concise"], ["--output-format", "json"]])
  func exitCodes(_ options: [String]) {
    let arguments = ["diff", "a", "b"] + options
    #expect(Run(arguments, engine: .comparing(DifferenceSample.identical)).code == 0)
    #expect(Run(arguments, engine: .comparing(DifferenceSample.fixable)).code == 1)
    #expect(Run(arguments, engine: .comparing(DifferenceSample.mixed)).code == 1)
    #expect(Run(arguments, engine: .comparing(DifferenceSample.failed)).code == 2)
    #expect(Run(arguments, engine: .comparing(DifferenceSample.hostile)).code == 2)
  }

  @Test(arguments: [
    ["diff"], ["diff", "a"], ["diff", "a", "b", "c"], ["diff", "a", ""], ["diff", "a", "b", "--in-place"],
    ["diff", "a", "b", "--prefix", "relative"],
  ])
  func usageErrors(_ arguments: [String]) {
    let witness = Witness()
    let run = Run(arguments, engine: .comparing(DifferenceSample.identical, witness: witness))
    #expect(run.code == 2 && run.output.isEmpty && !run.error.isEmpty)
    #expect(witness.calls.isEmpty)
  }

  @Test func optionsReachTheEngine() {
    let witness = Witness()
    _ = Run(
      ["diff", "a", "b", "--prefix", "/src"],
      engine: .comparing(DifferenceSample.identical, witness: witness),
      environment: ["SOURCE_DATE_EPOCH": "1700000000"])
    #expect(witness.calls == [.compare("a", "b", prefix: "/src", 1_700_000_000)])
  }

  /// `diff` says what `fix` with the same options would remove.
  @Test func theOptionsOfFixDecide() throws {
    func options(_ arguments: String...) throws -> Options {
      let seen = Mutex<Options?>(nil)
      var engine = Engine.samples(witness: Witness())
      engine.compare = { options, _, _ in
        seen.withLock { $0 = options }
        return DifferenceSample.identical
      }
      _ = Run(["diff", "a", "b"] + arguments, engine: engine)
      return try #require(seen.withLock { $0 })
    }
    let usual = try options()
    #expect(usual.layout == .compact && usual.buildID == .recompute && !usual.fixRunPath)
    let chosen = try options("--layout", "slot", "--build-id", "keep", "--fix-rpath")
    #expect(chosen.layout == .slot && chosen.buildID == .keep && chosen.fixRunPath)
  }

  @Test(arguments: ["full", "concise", "json"]) func nothingHostileReachesATerminal(_ format: String) {
    let run = Run(
      ["diff", "a", "b", "-v", "--output-format", format], engine: .comparing(DifferenceSample.hostile))
    for text in [run.output, run.error] {
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !Escape.isObeyedOrHidden($0) })
    }
  }
}
