import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

/// Nothing that stands in a file reaches the terminal as a command.
@Suite struct SafetyTests {
  @Test(arguments: [
    ("plain/path-1.so", "plain/path-1.so"), ("caf\u{e9} \u{4e2d}", "caf\u{e9} \u{4e2d}"),
    ("\u{1b}[2J", "\\x1b[2J"), ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"), ("\u{7f}\u{9b}31m", "\\x7f\\x9b31m"),
    ("\u{202e}cod", "\\u{202e}cod"), ("\u{2028}", "\\u{2028}"), ("\u{0}", "\\x00"), ("", ""),
  ])
  func escapes(_ raw: String, _ safe: String) {
    #expect(Escape.terminalSafe(raw) == safe)
  }

  @Test(arguments: [
    ["check", "x"], ["check", "x", "-v"], ["check", "x", "--output-format", "concise"],
    ["check", "x", "--output-format", "json"], ["check", "x", "--output-format", "json-lines"],
    ["check", "x", "--output-format", "github"], ["check", "x", "--output-format", "gitlab"],
    ["check", "x", "--output-format", "junit"], ["check", "x", "--output-format", "sarif"],
    ["check", "x", "--output-format", "html"], ["check", "x", "--statistics"], ["fix", "x", "--diff"],
    ["fix", "x", "--in-place"],
  ])
  func nothingHostileIsPrinted(_ arguments: [String]) {
    var report = Sample.hostile
    let place = report.findings[0].place
    report.findings[0].fate = .left(reason: "\u{1b}[31m")
    report.notes = [Note("\u{9b}2J", at: place)]
    report.changes = [Change(place: place, kind: .string(before: "\u{1b}c", after: "\u{202e}"))]
    var broken = FileReport(path: "\u{1b}c")
    broken.errors = [ScrubError("\u{7}\n", at: place)]
    let run = Run(arguments, engine: .samples([report, broken]))
    for text in [run.output, run.error] {
      #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !Escape.isObeyedOrHidden($0) })
    }
  }

  @Test func nothingHostileComesBackFromTheCommandLine() {
    for argument in ["--\u{1b}[2J", "\u{1b}[2J"] {
      let run = Run([argument, "check"])
      #expect(run.code == 2)
      #expect(!run.error.contains("\u{1b}"))
    }
  }

  /// A text that does not hold its root where it says is shown without the rest, never cut in the wrong place.
  @Test(arguments: [-1, 3, 1_000_000]) func aWrongOffsetIsHarmless(_ offset: Int) {
    var finding = Sample.finding(".rodata", 0, before: "x", after: "/y.c")
    finding.rootOffset = offset
    #expect(Excerpt(of: finding, width: 200) == Excerpt(of: Sample.finding(".rodata", 0), width: 200))
  }

  @Test(arguments: [10, 61, 70, 100, 160]) func excerptsFit(_ width: Int) {
    let long = String(repeating: "/long-directory-name", count: 20)
    let excerpt = Excerpt(of: Sample.finding(".rodata", 0, before: long, after: long), width: width)
    #expect(excerpt.root == Sample.root)
    #expect(excerpt.before.first == "…")
    #expect(excerpt.after.last == "…")
    let length = excerpt.before.count + excerpt.root.count + excerpt.after.count
    #expect(length <= max(width, excerpt.root.count + 2))
  }
}
