import ScrubCommands
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct ExitCodeTests {
  static let unreadable = ScrubError("Permission denied", at: Place(path: "secret"))

  /// All of it can be fixed.
  static var fixable: FileReport {
    var report = Sample.fixed
    report.findings.removeAll { !$0.isFixable }
    return report
  }
  static var unfixable: FileReport {
    var report = FileReport(path: "dist/left.whl")
    report.findings = Sample.leaking.findings.filter { !$0.isFixable }
    return report
  }
  /// No build root, but a time later than SOURCE_DATE_EPOCH.
  static var late: FileReport {
    var report = FileReport(path: "dist/late.whl")
    report.changes = [
      Change(place: Place(path: "dist/late.whl", member: "a.py"), kind: .time(before: "2026", after: "1980"))
    ]
    return report
  }

  @Test func check() {
    #expect(Run(["check", "x"], engine: .samples([Sample.clean])).code == 0)
    #expect(Run(["check", "x"], engine: .samples([])).code == 0)
    #expect(Run(["check", "x"], engine: .samples([Sample.clean, Self.fixable])).code == 1)
    #expect(Run(["check", "x"], engine: .samples([Self.unfixable])).code == 1)
    #expect(Run(["check", "x"], engine: .samples([Self.fixable, Sample.broken])).code == 2)
    #expect(Run(["check", "x"], engine: .samples([Self.fixable], errors: [Self.unreadable])).code == 2)
  }

  @Test func fix() {
    let fix = ["fix", "--in-place", "x"]
    #expect(Run(fix, engine: .samples([Sample.clean])).code == 0)
    #expect(Run(fix, engine: .samples([Self.fixable, Self.late])).code == 0)
    #expect(Run(fix, engine: .samples([Self.fixable, Self.unfixable])).code == 1)
    #expect(Run(fix, engine: .samples([Self.fixable, Sample.broken])).code == 2)
    #expect(Run(fix, engine: .samples([Sample.clean], errors: [Self.unreadable])).code == 2)
  }

  @Test(arguments: [
    ["--check"], ["--diff"], ["--check", "--diff"], ["--check", "-w", "out"], ["--diff", "--in-place"],
  ])
  func preview(_ flags: [String]) {
    let fix = ["fix", "x"] + flags
    #expect(Run(fix, engine: .samples([Sample.clean])).code == 0)
    #expect(Run(fix, engine: .samples([Self.fixable])).code == 1)
    #expect(Run(fix, engine: .samples([Self.late])).code == 1)
    #expect(Run(fix, engine: .samples([Self.unfixable])).code == 1)
    #expect(Run(fix, engine: .samples([Self.fixable, Sample.broken])).code == 2)
  }

  @Test(arguments: ["full", "concise", "json"]) func formatsAgree(_ format: String) {
    let arguments = ["check", "x", "--output-format", format]
    #expect(Run(arguments, engine: .samples([Sample.leaking])).code == 1)
    #expect(Run(arguments, engine: .samples([Sample.broken])).code == 2)
    #expect(Run(arguments + ["-q"], engine: .samples([Sample.leaking])).code == 1)
  }
}
