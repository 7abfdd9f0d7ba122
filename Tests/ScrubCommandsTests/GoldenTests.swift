import ScrubCommands
import Testing

@testable import Formats
@testable import ScrubKit

/// What people and programs see, whole.
@Suite struct GoldenTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var arguments: [String]
    var reports: [FileReport]
    var errors: [ScrubError] = []
    var terminal = false
    var columns = 100
    var testDescription: String { name }
  }

  static let missing = ScrubError("No such file or directory", at: Place(path: "missing.whl"))

  /// One wheel's findings, and all else there can be, in one format.
  private static func everything(_ format: String) -> Case {
    Case(
      name: "everything-\(format)", arguments: ["check", "--output-format", format, "dist", "missing.whl"],
      reports: Sample.everything, errors: [missing])
  }

  static let all = [
    Case(name: "check-full", arguments: ["check", "dist"], reports: [Sample.leaking, Sample.clean]),
    Case(
      name: "check-full-narrow", arguments: ["check", "dist"], reports: [Sample.leaking], columns: 60),
    Case(
      name: "check-full-color", arguments: ["check", "dist"], reports: [Sample.leaking], terminal: true),
    Case(name: "check-full-many", arguments: ["check", "lib/big.so"], reports: [Sample.many]),
    Case(
      name: "check-full-many-verbose", arguments: ["check", "-v", "lib/big.so"], reports: [Sample.many]),
    Case(name: "check-full-hostile", arguments: ["check", "dist"], reports: [Sample.hostile]),
    Case(
      name: "check-concise", arguments: ["check", "--output-format", "concise", "dist", "missing.whl"],
      reports: [Sample.leaking, Sample.clean, Sample.broken], errors: [missing]),
    Case(
      name: "check-concise-quiet", arguments: ["check", "--output-format", "concise", "-q", "dist"],
      reports: [Sample.leaking, Sample.clean, Sample.broken]),
    Case(
      name: "check-concise-verbose", arguments: ["check", "--output-format", "concise", "-v", "dist"],
      reports: [Sample.leaking, Sample.clean]),
    Case(
      name: "check-concise-hostile", arguments: ["check", "--output-format", "concise", "dist"],
      reports: [Sample.hostile]),
    Case(
      name: "check-json", arguments: ["check", "--output-format", "json", "dist", "missing.whl"],
      reports: [Sample.leaking, Sample.clean, Sample.broken, Sample.hostile], errors: [missing]),
    Case(
      name: "check-statistics", arguments: ["check", "--statistics", "dist"], reports: Sample.everything),
    Case(name: "check-defects", arguments: ["check", "dist"], reports: [Sample.defective]),
    everything("json"), everything("json-lines"), everything("github"), everything("gitlab"),
    everything("junit"), everything("sarif"), everything("html"),
    Case(
      name: "fix-github", arguments: ["fix", "--in-place", "--output-format", "github", "dist"],
      reports: [Sample.fixed]),
    Case(
      name: "fix-json-lines", arguments: ["fix", "--in-place", "--output-format", "json-lines", "dist"],
      reports: [Sample.fixed, Sample.runPath]),
    Case(name: "check-clean", arguments: ["check", "dist"], reports: [Sample.clean]),
    Case(name: "check-nothing", arguments: ["check", "docs"], reports: []),
    Case(name: "check-fail-on-empty", arguments: ["check", "--fail-on-empty", "docs"], reports: []),
    Case(name: "check-skipped", arguments: ["check", "dist"], reports: [Sample.skipping, Sample.clean]),
    Case(
      name: "check-skipped-verbose", arguments: ["check", "-v", "dist"],
      reports: [Sample.skipping, Sample.clean]),
    Case(
      name: "check-installed", arguments: ["check", "--installed", "venv"],
      reports: [Sample.leaking]),
    Case(
      name: "check-installed-run-path", arguments: ["check", "--installed", "venv"],
      reports: [Sample.leaking, Sample.runPath]),
    Case(
      name: "check-installed-github",
      arguments: ["check", "--installed", "--output-format", "github", "venv"],
      reports: [Sample.leaking]),
    Case(
      name: "check-broken", arguments: ["check", "dist"], reports: [Sample.clean, Sample.broken]),
    Case(name: "check-run-path", arguments: ["check", "dist"], reports: [Sample.runPath], terminal: true),
    Case(name: "check-container", arguments: ["check", "dist"], reports: [Sample.container]),
    Case(
      name: "check-container-concise", arguments: ["check", "--output-format", "concise", "dist"],
      reports: [Sample.container]),
    Case(
      name: "check-container-json", arguments: ["check", "--output-format", "json", "dist"],
      reports: [Sample.container]),
    Case(
      name: "fix-container", arguments: ["fix", "--in-place", "dist"], reports: [Sample.container]),
    Case(name: "fix-diff-run-path", arguments: ["fix", "--diff", "dist"], reports: [Sample.runPath]),
    Case(
      name: "fix-json-run-path", arguments: ["fix", "--in-place", "--output-format", "json", "dist"],
      reports: [Sample.runPath]),
    Case(
      name: "fix-in-place", arguments: ["fix", "--in-place", "dist"],
      reports: [Sample.fixed, Sample.clean, Sample.broken]),
    Case(
      name: "fix-in-place-quiet", arguments: ["fix", "-q", "--in-place", "dist"],
      reports: [Sample.fixed, Sample.clean, Sample.broken]),
    Case(
      name: "fix-in-place-verbose", arguments: ["fix", "-v", "--in-place", "dist"],
      reports: [Sample.clean]),
    Case(
      name: "fix-check", arguments: ["fix", "--check", "--output-format", "concise", "dist"],
      reports: [Sample.fixed, Sample.clean]),
    Case(name: "fix-diff", arguments: ["fix", "--diff", "dist"], reports: [Sample.fixed, Sample.clean]),
    Case(
      name: "fix-diff-color", arguments: ["fix", "--diff", "-q", "--color", "always", "dist"],
      reports: [Sample.fixed]),
    Case(
      name: "fix-json", arguments: ["fix", "--in-place", "--output-format", "json", "dist"],
      reports: [Sample.fixed]),
    Case(name: "fix-diff-seals", arguments: ["fix", "--diff", "lib"], reports: [Sample.seals]),
    Case(
      name: "fix-json-seals", arguments: ["fix", "--check", "--output-format", "json", "lib"],
      reports: [Sample.seals]),
  ]

  @Test(arguments: all) func output(_ golden: Case) throws {
    let run = Run(
      golden.arguments, engine: .samples(golden.reports, errors: golden.errors), terminal: golden.terminal,
      columns: golden.columns)
    try Golden.expect(run, of: golden.arguments, is: golden.name)
  }

  /// Workers that finish in another order, and another number of them, print the same.
  @Test(arguments: all) func isTheSameForAnyJobs(_ golden: Case) {
    let plain = Run(golden.arguments, engine: .samples(golden.reports, errors: golden.errors))
    let parallel = Run(
      golden.arguments + ["-j", "7"],
      engine: .samples(golden.reports, errors: golden.errors, isParallel: true))
    #expect(plain.output == parallel.output)
    #expect(plain.error == parallel.error)
    #expect(plain.code == parallel.code)
  }
}
