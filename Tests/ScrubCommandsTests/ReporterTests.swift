import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

/// What the formats for CI systems promise beyond their looks, which the golden files show.
@Suite struct ReporterTests {
  private func run(_ format: String, _ reports: [FileReport], errors: [ScrubError] = []) -> Run {
    Run(["check", "x", "--output-format", format], engine: .samples(reports, errors: errors))
  }

  private func sarif(_ reports: [FileReport]) throws -> [String: Any] {
    let document = try JSONSerialization.jsonObject(with: Data(run("sarif", reports).output.utf8))
    return try #require(((document as? [String: Any])?["runs"] as? [[String: Any]])?.first)
  }

  private func results(_ reports: [FileReport]) throws -> [[String: Any]] {
    try #require(try sarif(reports)["results"] as? [[String: Any]])
  }

  private func fingerprints(_ reports: [FileReport]) throws -> [String] {
    try results(reports).compactMap { ($0["partialFingerprints"] as? [String: String])?["maskedString/v1"] }
  }

  @Test(arguments: OutputFormat.allCases) func exitCodesAgree(_ format: OutputFormat) {
    #expect(run(format.rawValue, [Sample.clean]).code == 0)
    #expect(run(format.rawValue, [Sample.leaking]).code == 1)
    #expect(run(format.rawValue, [Sample.leaking, Sample.broken]).code == 2)
  }

  // MARK: GitHub

  @Test func githubShowsTenOfEachLevel() {
    let reports = (0..<25).map { index in
      var report = FileReport(path: "lib/\(index).so")
      report.findings = (0...index).map {
        Sample.finding(".rodata", UInt64($0), path: report.path, member: nil)
      }
      return report
    }
    let run = run("github", reports, errors: [GoldenTests.missing])
    let warnings = run.output.split(separator: "\n").filter { $0.hasPrefix("::warning ") }
    #expect(warnings.count == 10)
    // The loudest are shown, and the others are counted: 1 + 2 + ... + 16.
    #expect(warnings[0].contains("file=lib/16.so"))
    #expect(warnings[8].contains("file=lib/24.so"))
    #expect(warnings[9].contains("title=16 more annotations"))
    #expect(warnings[9].contains("136 findings"))
    #expect(run.output.split(separator: "\n").count { $0.hasPrefix("::error ") } == 1)
  }

  @Test(arguments: [
    ("100%", "100%25", "100%25"), ("a:b,c", "a:b,c", "a%3Ab%2Cc"),
    ("a\r\n::error::x", "a\\x0d\\x0a::error::x", nil),
    ("%0A", "%250A", "%250A"),
  ])
  func githubEscapes(_ text: String, _ data: String, _ property: String?) {
    #expect(GitHubReport.data(text) == data)
    if let property { #expect(GitHubReport.property(text) == property) }
  }

  // MARK: SARIF and fingerprints

  @Test(arguments: [
    "/tmp/pip-wheel-zz99yy88/x_fedcba9876543210fedcba9876543210",
    "/var/tmp/somewhere/else/pip-wheel-zz99yy88/x_fedcba9876543210fedcba9876543210",
  ])
  func fingerprintsSurviveARebuild(_ root: String) throws {
    let first = try fingerprints([Sample.leaking, Sample.clean])
    let second = try fingerprints([Sample.rebuilt(Sample.leaking, root: root, offset: 64)])
    #expect(first.count == 5)
    #expect(Set(first).count == 5)
    #expect(first == second)
  }

  @Test func fingerprintsSurviveANewVersion() throws {
    let first = try fingerprints([Sample.leaking])
    let next = Sample.rebuilt(Sample.leaking, root: Sample.root, offset: 0, version: "1.1.dev3+g0123456")
    // The one that is left alone by the sample keeps its wheel's old name.
    #expect(try fingerprints([next]).prefix(4) == first.prefix(4))
  }

  @Test func fingerprintsTellLeaksApart() throws {
    let one = Sample.finding(".rodata", 1, after: "/src/x.c")
    let key = Fingerprints.key(one)
    #expect(key == Fingerprints.key(Sample.finding(".rodata", 99, after: "/src/x.c")))
    #expect(key != Fingerprints.key(Sample.finding(".rodata", 1, after: "/src/y.c")))
    #expect(key != Fingerprints.key(Sample.finding(".debug_str", 1, after: "/src/x.c")))
    #expect(key != Fingerprints.key(Sample.finding(".rodata", 1, after: "/src/x.c", rule: .meson)))
    #expect(key != Fingerprints.key(Sample.finding(".rodata", 1, after: "/src/x.c", member: "pkg/_b.so")))
    // The same string twice is two findings.
    let twice = Array(repeating: one, count: 3)
    var report = FileReport(path: Sample.wheel)
    report.findings = twice
    #expect(Set(try fingerprints([report])).count == 3)
  }

  @Test func sarifHoldsNoMoreThanGitHubTakes() throws {
    var report = FileReport(path: "lib/big.so")
    report.findings = (0..<25_010).map {
      Sample.finding(
        ".rodata", UInt64($0), rule: $0 < 25_005 ? .pipWheel : .runPath, path: "lib/big.so", member: nil)
    }
    let run = try sarif([report])
    let results = try #require(run["results"] as? [[String: Any]])
    #expect(results.count == 25_000)
    #expect(results.count { $0["level"] as? String == "error" } == 5)
    let invocation = try #require((run["invocations"] as? [[String: Any]])?.first)
    let notes = try #require(invocation["toolExecutionNotifications"] as? [[String: Any]])
    #expect(
      ((notes.first?["message"] as? [String: Any])?["text"] as? String)?.hasPrefix("10 results left out")
        == true)
  }

  @Test(arguments: [
    ("dist/x-1.0.whl", "dist/x-1.0.whl"), ("./a b.whl", "a%20b.whl"), ("/tmp/é.so", "file:///tmp/%C3%A9.so"),
    ("a:b%\n.so", "a%3Ab%25%0A.so"), ("1.0+local.whl", "1.0%2Blocal.whl"),
  ])
  func urisAreEncoded(_ path: String, _ uri: String) {
    #expect(SARIFReport.uri(path) == uri)
  }

  // MARK: XML and HTML

  @Test(arguments: [
    ("a & b < c > \"d\"", "a &amp; b &lt; c &gt; &quot;d&quot;"),
    ("\u{0}\u{1b}\u{fffe}\n", "\\x00\\x1b\\u{fffe}\\x0a"),
    ("]]>", "]]&gt;"), ("é\u{1f600}", "é\u{1f600}"),
  ])
  func xmlHoldsAnyText(_ text: String, _ escaped: String) {
    #expect(XMLText.escaped(text) == escaped)
  }

  @Test func noStringLeavesItsPlaceInAPage() throws {
    var report = Sample.leaking
    let evil = "</script><script>alert(1)</script><!--<script>"
    report.findings[0] = Sample.finding(".rodata", 1, before: evil, after: evil, context: evil)
    report.notes = [Note(evil, at: Place(path: evil))]
    let page = run("html", [report, Sample.hostile], errors: [ScrubError(evil)]).output
    #expect(!page.contains("alert(1)<"))
    // Two script elements, the data and the program, and no other.
    #expect(page.components(separatedBy: "<script").count == 3)
    #expect(page.components(separatedBy: "</script>").count == 3)
    for scalar in page.unicodeScalars where Escape.isObeyedOrHidden(scalar) { #expect(scalar == "\n") }
  }

  /// The policy names exactly the program and the style that the page holds, and neither loads anything.
  @Test func aPageIsAllThereIs() throws {
    let page = run("html", [Sample.leaking]).output
    for (element, hash) in [("script", HTMLReport.script), ("style", HTMLReport.style)] {
      #expect(page.contains("\(element)-src 'sha256-\(TextHash.base64(hash))'"))
      #expect(page.contains("<\(element)>\(hash)</\(element)>"))
    }
    #expect(page.contains("default-src 'none'"))
    for loading in [" src=", "@import", "url(", "fetch(", "XMLHttpRequest", "<link", "innerHTML"] {
      #expect(!page.contains(loading), "\(loading)")
    }
  }

  // MARK: Statistics

  @Test func statisticsCountInsteadOfListing() {
    let run = Run(["check", "x", "--statistics"], engine: .samples([Sample.leaking, Sample.defective]))
    #expect(run.code == 1)
    #expect(
      run.output.split(separator: "\n").prefix(4) == [
        "4  BP101  [*] pip-wheel (pip wheel)", "1  BP141  [ ] mesonpy (meson-python)",
        "1  RC104  [*] wrong-hash (RECORD)", "1  RC110  [ ] outside-row (RECORD)",
      ])
    #expect(!run.output.contains("-->"))
  }

  @Test(arguments: ["json-lines", "github", "gitlab", "junit", "sarif", "html"])
  func statisticsHaveNoPlaceInLists(_ format: String) {
    let run = Run(["check", "x", "--statistics", "--output-format", format])
    #expect(run.code == 2)
    #expect(run.error.contains("--statistics needs"))
  }
}
