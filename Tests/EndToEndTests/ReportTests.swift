import Foundation
import Testing

/// What reporters print is what their readers understand: judged by schemas and parsers that are not ours, on wheels
/// that pip built and on the golden files of the reporters, which hold what no real wheel does.
@Suite(.timeLimit(.minutes(60)))
struct ReportTests {
  static let formats = ["json", "json-lines", "github", "gitlab", "junit", "sarif"]

  private func expectValid(_ format: String, _ files: [String]) async throws {
    let judged = try await Tools.judge("check_report.py", [format] + files)
    #expect(judged.succeeded, "\(judged.transcript)")
  }

  @Test(arguments: formats)
  func `a real wheel's report is valid`(_ format: String) async throws {
    let wheel = try await WheelBuilder.shared.wheels("cythonish")[0]
    let report = try Workspace.shared.scratch("report") + "/report"
    let check = try await wheelscrub(["check", "--output-format", format, "-o", report, wheel])
    #expect(check.status == 1, "\(check.transcript)")
    #expect(check.output.isEmpty)
    try await expectValid(format, [report])
  }

  @Test(arguments: formats)
  func `the reporters' golden files are valid`(_ format: String) async throws {
    let golden = Workspace.repository + "/Tests/ScrubCommandsTests/Golden"
    // Documents of diff and fix too: `fix-json.txt`, `diff-json-failed.txt`, `everything-json-lines.txt`.
    let files = try names(in: golden).filter { name in
      let words = name.replacingOccurrences(of: "json-lines", with: "lines").dropLast(4).split(separator: "-")
      return words.contains(format == "json-lines" ? "lines" : Substring(format))
    }
    #expect(files.contains("everything-\(format).txt"))
    try await expectValid(format, files.map { "\(golden)/\($0)" })
  }

  /// Two builds in two random directories below parents of another length have the same fingerprints.
  @Test(arguments: ["plainc", "asserting", "cythonish", "macroful", "clang-built"])
  func `fingerprints survive a rebuild`(_ name: String) async throws {
    var seen: [String: Set<[String]>] = [:]
    let long = try Workspace.shared.scratch("a-parent-with-a-longer-name")
    let sdist = try await WheelBuilder.shared.sdist(name)
    let elsewhere = "\(long)/out"
    try await Tools.output(
      of: Tools.python,
      ["-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "--no-build-isolation", "--no-index"]
        + ["--wheel-dir", elsewhere, "--find-links", (sdist as NSString).deletingLastPathComponent, name],
      environment: ["TMPDIR": long], limit: 600)
    let built =
      try await WheelBuilder.shared.wheels(name).prefix(2) + ["\(elsewhere)/\(names(in: elsewhere)[0])"]
    for wheel in built {
      for format in ["sarif", "gitlab"] {
        let report = try await wheelscrub(["check", "--output-format", format, wheel])
        #expect(report.status == 1, "\(report.transcript)")
        let document = try JSONSerialization.jsonObject(with: Data(report.output.utf8))
        seen[format, default: []].insert(try #require(Self.fingerprints(in: document)).sorted())
      }
    }
    for (format, fingerprints) in seen {
      #expect(fingerprints.count == 1, "\(format): \(fingerprints)")
      #expect(fingerprints.first?.isEmpty == false)
    }
  }

  private static func fingerprints(in document: Any) -> [String]? {
    if let issues = document as? [[String: Any]] { return issues.compactMap { $0["fingerprint"] as? String } }
    let runs = (document as? [String: Any])?["runs"] as? [[String: Any]]
    return (runs?.first?["results"] as? [[String: Any]])?
      .compactMap { ($0["partialFingerprints"] as? [String: String])?["maskedString/v1"] }
  }

  @Test
  func `a report is in place as a whole or not at all`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let directory = try Workspace.shared.scratch("report")
    let full = try await wheelscrub(["check", "--output-format", "sarif", "-o", "/dev/full", wheel])
    #expect(full.status == 2 && full.errors.contains("/dev/full"), "\(full.transcript)")
    let limited = try await Tools.run(
      "bash",
      [
        "-c", "ulimit -f 1; exec \"$0\" check --output-format html -o report.html \"$1\"",
        Workspace.wheelscrub, wheel,
      ], in: directory)
    #expect(!limited.succeeded, "\(limited.transcript)")
    #expect(try !names(in: directory).contains("report.html"))
  }
}
