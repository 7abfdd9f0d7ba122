import Foundation
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

@Suite struct JSONTests {
  private func document(_ arguments: [String], _ engine: Engine) throws -> [String: Any] {
    let run = Run(arguments + ["--output-format", "json"], engine: engine)
    return try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  @Test func holdsEverything() throws {
    let document = try document(["check", "x"], .samples([Sample.leaking, Sample.clean, Sample.broken]))
    #expect(document["version"] as? Int == 1)
    let files = try #require(document["files"] as? [[String: Any]])
    #expect(files.map { $0["path"] as? String } == [Sample.wheel, "dist/clean.whl", "dist/broken.whl"])
    let findings = try #require(files[0]["findings"] as? [[String: Any]])
    #expect(findings.count == 5)
    #expect(findings[0]["offset"] as? Int == 0x41)
    #expect(findings[0]["position"] as? String == ".debug_line_str+0x41")
    #expect(findings[0]["fixable"] as? Bool == true)
    #expect(findings[0]["reason"] is NSNull)
    #expect(findings[4]["fixable"] as? Bool == false)
    #expect(findings[4]["fate"] as? String == "left")
    #expect(findings[4]["reason"] as? String == "the root is shorter than /build/x")
    let summary = try #require(document["summary"] as? [String: Any])
    #expect(summary["findings"] as? Int == 5)
    #expect(summary["fixable"] as? Int == 4)
    #expect(summary["failed"] as? Int == 1)
    #expect(summary["exit_code"] as? Int == 2)
  }

  @Test func hostileStringsSurvive() throws {
    let document = try document(["check", "x"], .samples([Sample.hostile]))
    let files = try #require(document["files"] as? [[String: Any]])
    let finding = try #require((files[0]["findings"] as? [[String: Any]])?.first)
    #expect(files[0]["path"] as? String == Sample.hostile.path)
    #expect(finding["text"] as? String == Sample.hostile.findings[0].text)
    #expect(finding["context"] as? String == Sample.hostile.findings[0].context)
  }

  @Test func fixTellsWhatItDid() throws {
    let document = try document(["fix", "--in-place", "x"], .samples([Sample.fixed]))
    let files = try #require(document["files"] as? [[String: Any]])
    #expect(files[0]["written_to"] as? String == Sample.wheel)
    let kinds = (files[0]["changes"] as? [[String: Any]])?.map { $0["kind"] as? String }
    #expect(
      kinds == ["string", "table", "build-id", "record-row", "record-row", "time", "dropped"])
  }

  @Test func emptyRunsAreDocumentsToo() throws {
    let document = try document(["check", "x", "-q"], .samples([]))
    #expect((document["files"] as? [Any])?.isEmpty == true)
    #expect((document["errors"] as? [Any])?.isEmpty == true)
  }

  @Test func extremes() {
    #expect(JSONValue.unsigned(.max).text == "18446744073709551615")
    #expect(JSONValue.string("\u{1f600}\u{e0001}\"\\").text == "\"\u{1f600}\\udb40\\udc01\\\"\\\\\"")
    #expect(JSONValue.array([]).text == "[]")
    #expect(JSONValue.object([]).text == "{}")
  }
}
