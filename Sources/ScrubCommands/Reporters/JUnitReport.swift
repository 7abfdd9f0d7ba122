import BuildRoots
import Formats
import ScrubKit

/// JUnit's XML, as Jenkins and GitLab read it: a suite for each file, a failed case for each member and rule, and one
/// passing case for a file with nothing to report. No times and no host name: the same input gives the same bytes.
enum JUnitReport {
  static func lines(_ outcome: Outcome) -> [String] {
    var suites = outcome.reports.map { suite($0.path, outcome.listed($0), $0.errors) }
    if !outcome.errors.isEmpty { suites.append(suite(Version.name, [], outcome.errors)) }
    let root = XMLElement(
      name: "testsuites", attributes: [("name", Version.name)] + totals(suites.flatMap(\.children)),
      children: suites)
    return ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"] + root.lines()
  }

  private static func suite(_ path: String, _ findings: [Finding], _ errors: [ScrubError]) -> XMLElement {
    let groups = findings.grouped { "\($0.place.member ?? "")\u{0}\($0.rule.code)" }
    var cases = groups.map { testCase($0, of: path) }
    cases += errors.map { error in
      testCase(
        error.place.file, "could be processed",
        XMLElement(
          name: "error", attributes: [("message", error.message), ("type", "error")],
          text: [error.description]))
    }
    if cases.isEmpty { cases = [testCase(path, "nothing found", nil)] }
    return XMLElement(name: "testsuite", attributes: [("name", path)] + totals(cases), children: cases)
  }

  private static func testCase(_ findings: [Finding], of path: String) -> XMLElement {
    let (rule, cure) = (findings[0].rule, findings[0].cure)
    let texts = findings.map(FindingText.init)
    let count = findings.count > 1 ? " (\(findings.count) times)" : ""
    let failure = XMLElement(
      name: "failure",
      attributes: [("message", texts[0].subject + count), ("type", rule.severity.rawValue)],
      text: texts.map(\.sentence) + (cure.isEmpty ? [] : ["help: \(cure)"]))
    return testCase(findings[0].place.member ?? path, texts[0].title, failure)
  }

  private static func testCase(_ className: String, _ name: String, _ result: XMLElement?) -> XMLElement {
    XMLElement(
      name: "testcase", attributes: [("name", name), ("classname", className), ("time", "0")],
      children: result.map { [$0] } ?? [])
  }

  private static func totals(_ cases: [XMLElement]) -> [(String, String)] {
    func count(_ name: String) -> String { String(cases.count { $0.children.contains { $0.name == name } }) }
    return [
      ("tests", String(cases.count)), ("failures", count("failure")), ("errors", count("error")),
      ("time", "0"),
    ]
  }
}
