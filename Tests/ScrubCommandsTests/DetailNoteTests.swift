import ScrubCommands
import Testing

@testable import Formats
@testable import ScrubKit

/// Details are for who asks.
@Suite struct DetailNoteTests {
  @Test(arguments: [["check", "x"], ["fix", "--in-place", "x"]]) func areShownWithV(_ arguments: [String]) {
    var report = Sample.leaking
    report.notes = [Note("only a detail", at: Place(path: report.path), isDetail: true)]
    let engine = Engine.samples([report])
    #expect(!Run(arguments, engine: engine).output.contains("only a detail"))
    #expect(Run(arguments + ["-v"], engine: engine).output.contains("note: \(report.path): only a detail"))
    #expect(Run(arguments + ["--output-format", "json"], engine: engine).output.contains("only a detail"))
  }
}
