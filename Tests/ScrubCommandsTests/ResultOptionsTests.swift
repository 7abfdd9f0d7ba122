import Foundation
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

/// Where a report goes, and what a finding means for the exit code.
@Suite struct ResultOptionsTests {
  private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  @Test(arguments: OutputFormat.allCases) func aFileHoldsWhatIsPrinted(_ format: OutputFormat) throws {
    let directory = try TemporaryDirectory()
    let arguments = ["check", "x", "--output-format", format.rawValue]
    let engine = Engine.samples([Sample.leaking, Sample.broken])
    let printed = Run(arguments, engine: engine)
    let written = Run(
      arguments + ["-o", directory.path + "/report"], engine: engine, environment: ["FORCE_COLOR": "1"])
    #expect(written.output.isEmpty)
    #expect(written.code == printed.code)
    #expect(try text(directory.path + "/report") == printed.output)
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["report"])
  }

  @Test func errorsForPeopleStayOnStandardError() throws {
    let directory = try TemporaryDirectory()
    let run = Run(["check", "x", "-o", directory.path + "/r"], engine: .samples([Sample.broken]))
    #expect(run.error.contains("needs 4 bytes"))
    #expect(try !text(directory.path + "/r").contains("needs 4 bytes"))
  }

  @Test func anOldReportIsReplacedAndKeepsItsMode() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/report"
    try "old".write(toFile: path, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    #expect(Run(["check", "x", "-o", path]).code == 0)
    #expect(try text(path) == "All clean: 1 file checked.\n")
    #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
  }

  @Test func aReportNeverTakesThePlaceOfAWheel() throws {
    let directory = try TemporaryDirectory()
    let wheel = directory.path + "/x.whl"
    try "wheel".write(toFile: wheel, atomically: false, encoding: .utf8)
    let other = directory.path + "/./x.whl"
    for arguments in [
      ["check", wheel, "-o", other], ["fix", wheel, "--in-place", "-o", other],
      ["diff", wheel, wheel, "-o", other],
      ["fix", wheel, "-w", directory.path + "/out", "-o", directory.path + "/out/x.whl"],
      ["check", wheel, "-o", directory.path], ["check", wheel, "-o", directory.path + "/none/r"],
    ] {
      let witness = Witness()
      let run = Run(arguments, engine: .samples([FileReport(path: wheel)], witness: witness))
      #expect(run.code == 2, "\(arguments)")
      #expect(run.error.hasPrefix("error: -o "), "\(run.error)")
      #expect(witness.calls.filter { $0 != .expand([wheel]) }.isEmpty)
    }
    #expect(try text(wheel) == "wheel")
  }

  @Test func aReportThatCannotBeWrittenIsAFailure() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "nowhere")
    let run = Run(["check", "x", "-o", path])
    #expect(run.code == 2)
    #expect(run.error.contains("symbolic link to nowhere"))
  }

  @Test func exitZeroForgivesFindingsAndNothingElse() {
    let check = ["check", "x", "--exit-zero"]
    #expect(Run(check, engine: .samples([Sample.leaking])).code == 0)
    #expect(Run(check, engine: .samples([Sample.leaking, Sample.broken])).code == 2)
    #expect(Run(["fix", "x", "--check", "--exit-zero"], engine: .samples([Sample.fixed])).code == 0)
    #expect(Run(check + ["--output-format", "yaml"]).code == 2)
  }

  @Test func exitNonZeroOnFixTellsThatSomethingWasChanged() {
    let fix = ["fix", "x", "--in-place", "--exit-non-zero-on-fix"]
    #expect(Run(fix, engine: .samples([ExitCodeTests.fixable])).code == 1)
    #expect(Run(fix, engine: .samples([Sample.clean])).code == 0)
    #expect(Run(fix, engine: .samples([Sample.clean, Sample.broken])).code == 2)
    #expect(Run(fix + ["--exit-zero"]).code == 2)
  }

  @Test(arguments: ["github", "gitlab", "junit", "sarif", "html"])
  func aDiffNeedsAFormatThatShowsChanges(_ format: String) {
    #expect(Run(["fix", "x", "--diff", "--output-format", format]).code == 2)
    #expect(Run(["fix", "x", "--check", "--output-format", format]).code == 0)
    #expect(Run(["diff", "a", "b", "--output-format", format]).code == 2)
  }
}
