import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

/// `diff --only-paths`: what it prints and how it ends, for reports made by hand.
@Suite struct OnlyPathsTests {
  private func run(_ report: ProofReport, _ options: [String] = []) -> Run {
    var engine = Engine.samples(witness: Witness())
    engine.prove = { _, _, _ in report }
    return Run(["diff", "a", "b", "--only-paths"] + options, engine: engine)
  }

  private func report(_ change: (inout ProofReport) -> Void) -> ProofReport {
    var report = ProofReport(original: "a", fixed: "b")
    change(&report)
    return report
  }

  @Test func proven() {
    let proven = run(report { ($0.roots, $0.seals) = (12, 1) })
    #expect(proven.code == 0 && proven.output == "Only paths changed: 12 build roots and 1 seal.\n")
    #expect(run(report { $0.isIdentical = true }).output == "identical\n")
    #expect(run(report { $0.roots = 1 }, ["-q"]).output.isEmpty)
  }

  @Test func otherChanges() {
    let place = Place(path: "b", member: "x.so", section: ".text", offset: 5)
    let other = report {
      $0.violations = [
        ProofViolation("bytes changed that are no build root", at: place, before: "00", after: "01")
      ]
    }
    #expect(
      run(other).output == """
        b!x.so: .text+0x5: bytes changed that are no build root
          -00
          +01
        Found 1 other change beside 0 build roots and 0 seals.

        """)
    #expect(
      run(other, ["--output-format", "concise", "-q"]).output
        == "b!x.so: .text+0x5: bytes changed that are no build root \"00\" \"01\"\n")
    for format in ["full", "concise", "json"] { #expect(run(other, ["--output-format", format]).code == 1) }
    let failed = run(report { $0.errors = [ScrubError("is not there", at: Place(path: "a"))] })
    #expect(failed.code == 2 && failed.output.isEmpty && failed.error.contains("a: is not there"))
  }

  @Test(arguments: ["full", "concise", "json"]) func nothingHostileReachesATerminal(_ format: String) {
    let place = Place(path: "\u{1b}[31m", member: "\u{202e}", section: "\u{7}", offset: 1)
    let hostile = report {
      $0.violations = [ProofViolation("\u{1b}c", at: place, before: "\u{1b}", after: "\u{9b}")]
    }
    let run = run(hostile, ["--output-format", format])
    #expect(run.output.unicodeScalars.allSatisfy { $0 == "\n" || !Escape.isObeyedOrHidden($0) })
  }

  /// Rules and options are those of `fix`.
  @Test func optionsReachTheEngine() {
    var engine = Engine.samples(witness: Witness())
    engine.prove = { options, original, fixed in
      var report = ProofReport(original: original, fixed: fixed)
      report.roots = options.fixRunPath && options.sourceDateEpoch == 5 && options.layout == .slot ? 1 : 0
      return report
    }
    let run = Run(
      ["diff", "a", "b", "--only-paths", "--fix-rpath", "--layout", "slot"], engine: engine,
      environment: ["SOURCE_DATE_EPOCH": "5"])
    #expect(run.output.contains(" 1 build root "))
  }
}
