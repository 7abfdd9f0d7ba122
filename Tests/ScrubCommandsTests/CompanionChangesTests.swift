import ScrubCommands
import Testing

@testable import Formats
@testable import ScrubKit

/// What the reports say of files that are sealed together.
@Suite struct CompanionChangesTests {
  private var report: FileReport {
    var report = FileReport(path: "lib/x.so")
    report.changes = [
      Change(
        place: Place(path: "lib/x.so", section: ".debug_info", offset: 8),
        kind: .splitID(before: 0x12, after: 0xfedc_ba98_7654_3210)),
      Change(
        place: Place(path: "lib/x.so", section: ".gnu_debuglink"),
        kind: .debugLink(before: 0x1234, after: 0x8765_4321)),
      Change(
        place: Place(path: "lib/x.so"), kind: .name(before: "ab/cd.debug", after: "12/34.debug")),
    ]
    return report
  }

  @Test func theLineNamesEachSeal() {
    let run = Run(["fix", "--in-place", "x"], engine: .samples([report]))
    #expect(run.output.contains("fixed lib/x.so (dwo_id, debuglink, name)"), "\(run.output)")
  }

  @Test func theDiffShowsBothSides() {
    let run = Run(["fix", "--diff", "x"], engine: .samples([report]))
    let expected = """
      @@ .debug_info+0x8 @@
      -dwo_id 0x0000000000000012
      +dwo_id 0xfedcba9876543210
      @@ .gnu_debuglink @@
      -debuglink CRC-32 0x00001234
      +debuglink CRC-32 0x87654321
      @@ name @@
      -name ab/cd.debug
      +name 12/34.debug
      """
    #expect(run.output.contains(expected), "\(run.output)")
  }

  @Test func theDocumentNamesEachKind() {
    let run = Run(["fix", "--check", "--output-format", "json", "x"], engine: .samples([report]))
    for kind in ["dwo-id", "debuglink", "name"] { #expect(run.output.contains("\"kind\": \"\(kind)\"")) }
  }
}
