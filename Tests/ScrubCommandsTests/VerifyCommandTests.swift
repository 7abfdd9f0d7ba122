import Foundation
import Synchronization
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

@Suite struct VerifyCommandTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var options: [String] = []
    var report: VerificationReport
    var terminal = false
    var testDescription: String { name }
    var arguments: [String] { ["verify"] + options + ["site"] }
  }

  static let all = [
    Case(name: "verify-fine", report: TriageSample.fine),
    Case(name: "verify-fine-verbose", options: ["-v"], report: TriageSample.fine),
    Case(name: "verify-mixed", report: TriageSample.mixed),
    Case(name: "verify-mixed-color", report: TriageSample.mixed, terminal: true),
    Case(name: "verify-mixed-quiet", options: ["-q"], report: TriageSample.mixed),
    Case(name: "verify-concise", options: ["--output-format", "concise"], report: TriageSample.mixed),
    Case(name: "verify-folded", report: TriageSample.foreign),
    Case(name: "verify-folded-verbose", options: ["-v"], report: TriageSample.foreign),
    Case(name: "verify-failed", report: TriageSample.failed),
    Case(name: "verify-nothing", report: VerificationReport()),
    Case(name: "verify-hostile", options: ["-v"], report: TriageSample.hostile),
    Case(name: "verify-json", options: ["--output-format", "json"], report: TriageSample.mixed),
    Case(name: "verify-json-failed", options: ["--output-format", "json"], report: TriageSample.failed),
  ]

  @Test(arguments: all) func output(_ golden: Case) throws {
    let run = Run(golden.arguments, engine: .triage(golden.report), terminal: golden.terminal)
    try Golden.expect(run, of: golden.arguments, is: golden.name)
  }

  @Test(arguments: [[], ["-q"], ["-v"], ["--output-format", "concise"], ["--output-format", "json"]])
  func exitCodes(_ options: [String]) {
    let arguments = ["verify", "site"] + options
    #expect(Run(arguments, engine: .triage(TriageSample.fine)).code == 0)
    #expect(Run(arguments, engine: .triage(TriageSample.unproven)).code == 1)
    #expect(Run(arguments, engine: .triage(TriageSample.mixed)).code == 2)
    #expect(Run(arguments, engine: .triage(TriageSample.failed)).code == 2)
    var odd = TriageSample.fine
    odd.oddLines = [.init(number: 1, text: "what?")]
    #expect(Run(arguments, engine: .triage(odd)).code == 1)
  }

  @Test func everyVerdictHasAWeight() {
    let weights = Dictionary(grouping: Verdict.allCases, by: \.weight).mapValues { $0.map(\.rawValue) }
    #expect(weights[.fine] == ["OK", "PROVEN"])
    #expect(weights[.unproven] == ["STALE", "FOREIGN-MAGIC", "UNPROVEN", "SOURCELESS", "ORPHAN"])
    #expect(weights[.mismatch] == ["SOURCE-MODIFIED", "MISMATCH", "INVALID"])
  }

  @Test func optionsReachTheEngine() throws {
    let seen = Mutex<(TriageOptions, Bool)?>(nil)
    func ask(_ arguments: [String]) throws -> (TriageOptions, Bool) {
      let engine = Engine.triage(TriageSample.fine) { options, reads in
        seen.withLock { $0 = (options, reads) }
      }
      _ = Run(["verify"] + arguments, engine: engine, environment: ["PATH": "/a:/b"])
      return try #require(seen.withLock { $0 })
    }
    let plain = try ask(["site", "other"])
    #expect(plain.0.paths == ["site", "other"] && !plain.1 && plain.0.searchPath == ["/a", "/b"])
    let lines = try ask(["-", "site", "--root", "/mnt", "--python", "/p", "--python", "/q", "-j3"])
    #expect(lines.1 && lines.0.paths == ["site"] && lines.0.root == "/mnt")
    #expect(lines.0.interpreters == ["/p", "/q"] && lines.0.workers.jobs == 3)
  }

  @Test(arguments: [
    ["verify"], ["verify", "site", "--output-format", "sarif"], ["verify", "site", "--root", "/mnt"],
    ["verify", "site", "--python", ""], ["verify", "-", "--root", ""],
  ])
  func usageErrors(_ arguments: [String]) {
    let asked = Mutex(false)
    let run = Run(
      arguments, engine: .triage(TriageSample.fine) { _, _ in asked.withLock { $0 = true } })
    #expect(run.code == 2 && run.output.isEmpty && !run.error.isEmpty)
    #expect(!asked.withLock { $0 })
  }

  @Test(arguments: ["full", "concise", "json"]) func nothingHostileReachesATerminal(_ format: String) {
    let run = Run(
      ["verify", "site", "-v", "--output-format", format], engine: .triage(TriageSample.hostile))
    for text in [run.output, run.error] {
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !Escape.isObeyedOrHidden($0) })
    }
  }
}
