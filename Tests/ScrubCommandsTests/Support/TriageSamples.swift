import ScrubCommands

@testable import Formats
@testable import ScrubKit

/// Hand-made verdicts.
enum TriageSample {
  static func result(
    _ path: String, _ verdict: Verdict, _ reason: String? = nil, _ differences: [CodeDifference] = []
  ) -> TriageResult {
    var judgement = Judgement(verdict, reason)
    judgement.differences = differences
    judgement.furtherDifferences = differences.count > 2
    return TriageResult(path, judgement)
  }

  static func difference(_ function: String, _ field: String) -> CodeDifference {
    CodeDifference(function: function, field: field, found: "'evil'", expected: "'good'")
  }

  static let bytecode = "site/pkg/__pycache__/mod.cpython-311.pyc"

  static var fine: VerificationReport {
    var report = VerificationReport()
    report.results = [result("site/pkg/mod.py", .ok), result(bytecode, .proven)]
    report.interpreters = [.init(path: "/usr/bin/python3.11", version: "3.11.2")]
    report.notes = [
      Note(
        "../../bin/x leads out of the directory; not followed", at: Place(path: "site/x.dist-info/RECORD")),
      Note("2 .pyc that RECORD lists are not there", at: Place(), isDetail: true),
    ]
    return report
  }

  static var unproven: VerificationReport {
    var report = fine
    report.results.append(
      result("site/pkg/added.pyc", .sourceless, "imported as it is, nothing to compare it with"))
    return report
  }

  static var mixed: VerificationReport {
    var report = unproven
    report.results += [
      result(
        bytecode, .mismatch, "is not what its source compiles to",
        [
          difference("Shape.area", "co_consts[1]"), difference("main", "co_names[0]"),
          difference("<module>", "co_consts[0]"),
        ]),
      result("site/pkg/other.py", .sourceModified, "pkg-1.0.dist-info/RECORD has another hash"),
    ]
    report.oddLines = [.init(number: 3, text: "what?")]
    report.furtherOddLines = 4
    return report
  }

  /// Bytecode of an interpreter that is not here, and one file that matters.
  static var foreign: VerificationReport {
    var report = mixed
    let reason = "needs CPython 3.12 to be proven, and none is on the path outside of what is verified"
    report.results =
      (0..<5).map { result("site/pkg/__pycache__/m\($0).cpython-312.pyc", .foreignMagic, reason) }
      + report.results
    return report
  }

  static var failed: VerificationReport {
    var report = fine
    report.errors = [ScrubError("cannot be read: permission denied", at: Place(path: "site/x.pyc"))]
    return report
  }

  static var hostile: VerificationReport {
    var report = VerificationReport()
    report.results = [
      result(
        "site/\u{1b}[2J\nx.pyc", .mismatch, "is\u{7}",
        [CodeDifference(function: "f\u{202e}", field: "co_\r", found: "'\u{9b}31m'", expected: "'\u{2028}'")])
    ]
    report.oddLines = [.init(number: 1, text: "\u{1b}]0;title\u{7}")]
    return report
  }
}

extension Engine {
  /// Hands out this report, and tells what was asked.
  static func triage(
    _ report: VerificationReport, asked: @escaping @Sendable (TriageOptions, Bool) -> Void = { _, _ in }
  ) -> Engine {
    var engine = Engine.samples()
    engine.verify = { options, readsLines in
      asked(options, readsLines)
      return report
    }
    return engine
  }
}
