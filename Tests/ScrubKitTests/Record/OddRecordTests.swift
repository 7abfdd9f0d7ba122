import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// RECORDs that are odd in one way each (Tests/Judges/odd_records.py): what the rules say, that the installers which
/// look refuse nothing else, and that an update satisfies them.
@Suite struct OddRecordTests {
  /// Codes by the case's name; none of what is sound.
  static let expected: [String: [String]] = [
    "sound": [], "crlf": [], "no-last-newline": [], "quoted": [], "sha512": [], "jws-not-listed": [],
    "padding": ["RC111"], "standard-alphabet": ["RC111"], "last-bits": ["RC104"],
    "hex": ["RC107"], "short": ["RC107"], "empty-digest": ["RC107"], "no-equals": ["RC107"],
    "no-hash": ["RC107"], "no-hash-no-size": ["RC107"],
    "colon": ["RC106"], "upper-case": ["RC106"], "md5": ["RC106"], "sha1": ["RC106"], "sha224": ["RC106"],
    "unknown-algorithm": ["RC106"],
    "no-size": ["RC113"], "wrong-hash": ["RC104"], "wrong-size": ["RC105"],
    "size-is-text": ["RC108"], "size-is-hex": ["RC108"], "size-with-plus": ["RC108"],
    "size-with-zero": ["RC108"], "size-with-space": ["RC108"], "size-negative": ["RC108"],
    "size-with-underscore": ["RC108"], "size-with-fraction": ["RC108"],
    "two-columns": ["RC102", "RC108"], "one-column": ["RC102", "RC108"], "four-columns": ["RC102", "RC108"],
    "semicolons": ["RC102", "RC108"], "empty-path": ["RC108"],
    "missing-row": ["RC102"], "twice": ["RC103"], "twice-and-one-wrong": ["RC103"], "not-there": ["RC103"],
    "directory": ["RC103"], "directory-without-slash": ["RC103"], "dot": ["RC102", "RC103"],
    "double-slash": ["RC102", "RC103"], "backslash": ["RC102", "RC103"], "case": ["RC102", "RC103"],
    "absolute": ["RC102", "RC110"], "parent": ["RC102", "RC110"], "parent-extra": ["RC110"],
    "spaces": ["RC106", "RC108"],
    "own-row-missing": ["RC109"], "own-row-twice": ["RC103"], "own-row-with-hash": ["RC109"],
    "own-row-with-size": ["RC109"], "own-row-short": ["RC108", "RC109"],
    "jws": ["RC112"], "jws-empty-row": ["RC112"], "p7s": ["RC112"], "jws-without-file": ["RC112"],
    "byte-order-mark": ["RC108"], "utf-16": ["RC108"], "not-utf-8": ["RC108"], "empty-line": ["RC108"],
    "empty-line-at-the-end": ["RC108"], "empty-line-at-the-start": ["RC108"], "comment": ["RC108"],
    "header": ["RC103"], "carriage-returns": ["RC108"], "open-quote": ["RC108"], "quote-and-text": ["RC108"],
    "nul": ["RC103"], "empty": ["RC102", "RC109"],
  ]
  /// Where rows cannot be told apart, or nobody knows what they were to name, an update leaves them.
  static let left: Set = [
    "absolute", "parent", "parent-extra", "utf-16", "not-utf-8", "carriage-returns", "open-quote",
    "quote-and-text",
  ]

  private func codes(_ report: FileReport) -> [String] {
    Set(report.findings.map(\.rule.code)).sorted()
  }

  /// The judge's lines: what each tool that is there says of each case.
  private func answers(_ scratch: Scratch) throws -> [String: String] {
    let interpreter = try #require(Interpreter.all.first { $0.path == "/usr/bin/python3" })
    let lines = try interpreter.run([judge("odd_records.py"), scratch.path, "wheel", "installer"])
    return Dictionary(
      uniqueKeysWithValues: lines.split(separator: "\n").map { line in
        let words = line.split(separator: " ", maxSplits: 1)
        return (String(words[0]), words.count > 1 ? String(words[1]) : "")
      })
  }

  @Test func `each odd RECORD is found, and nothing else`() throws {
    let scratch = Scratch()
    let answers = try answers(scratch)
    #expect(Set(answers.keys) == Set(Self.expected.keys))
    // Debian's wheel is there; an installer that looks may be.
    #expect(answers.values.allSatisfy { $0.contains("wheel=") })
    let scrub = RecordScrub(workers: Workers(jobs: 2))
    for (name, expected) in Self.expected.sorted(by: { $0.key < $1.key }) {
      let wheel = "\(scratch.path)/\(name)/pkg-1.0-py3-none-any.whl"
      let report = scrub.run(wheel, update: false)[0]
      #expect(report.errors.isEmpty && codes(report) == expected, "\(name): \(codes(report))")
      if answers[name]?.contains("refuses") == true { #expect(!report.findings.isEmpty, "\(name)") }
      // fix says the same, and without being told leaves RECORD alone.
      let check = Scrub(Options()).check(InputFile(explicit: wheel))
      #expect(codes(check) == expected, "\(name)")

      let before = scratch.read("\(name)/pkg-1.0-py3-none-any.whl")
      let updated = scrub.run(wheel, update: true)[0]
      let again = scrub.run(wheel, update: false)[0]
      if Self.left.contains(name) {
        #expect(!again.findings.isEmpty && !updated.unfixable.isEmpty, "\(name)")
      } else {
        #expect(again.findings.isEmpty && updated.errors.isEmpty, "\(name): \(codes(again))")
      }
      if expected.isEmpty { #expect(scratch.read("\(name)/pkg-1.0-py3-none-any.whl") == before, "\(name)") }
    }
  }

  /// Python's own reader of CSV sees four rows for four files and RECORD, each right, in the old order.
  @Test func `an update changes the wrong row in its place`() throws {
    let scratch = Scratch()
    _ = try answers(scratch)
    for name in [
      "padding", "four-columns", "byte-order-mark", "empty-line", "size-with-plus", "no-size", "jws",
    ] {
      let wheel = "\(scratch.path)/\(name)/pkg-1.0-py3-none-any.whl"
      _ = RecordScrub(workers: Workers(jobs: 1)).run(wheel, update: true)
      try scratch.python(
        """
        import sys, zipfile
        def record(name):
            with zipfile.ZipFile(sys.argv[1] + "/" + name + "/pkg-1.0-py3-none-any.whl") as wheel:
                return wheel.read("pkg-1.0.dist-info/RECORD")
        assert record(sys.argv[2]) == record("sound"), record(sys.argv[2])
        """, scratch.path, name)
    }
  }

  /// pip lists what it has installed, RECORD.jws too, and a size may be missing there.
  @Test func `installed trees may list signatures and leave sizes out`() {
    let scratch = Scratch()
    let content = Bytes(Array("x = 1\n".utf8))
    _ = scratch.file("x.py", content.array())
    _ = scratch.file("x-1.dist-info/RECORD.jws", [0x7b, 0x7d])
    let rows = "x.py,sha256=\(RecordHash.sha256.digest(content)),\nx-1.dist-info/RECORD.jws,,\n"
    _ = scratch.file("x-1.dist-info/RECORD", Array((rows + "x-1.dist-info/RECORD,,\n").utf8))
    let reports = RecordScrub(workers: Workers(jobs: 1)).run(scratch.path, update: false)
    #expect(reports.count == 1 && reports[0].findings.isEmpty && reports[0].errors.isEmpty)
  }
}
