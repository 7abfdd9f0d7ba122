import BuildRoots

@testable import Formats
@testable import ScrubKit

extension Sample {
  static let record = "x-1.0.dist-info/RECORD"

  /// A wheel whose RECORD is wrong, one defect fixable and one not.
  static var defective: FileReport {
    var report = FileReport(path: "dist/defective-1.0-py3-none-any.whl")
    func finding(_ rule: Rule, _ defect: Defect, _ fate: Finding.Fate) -> Finding {
      Finding(
        place: Place(path: report.path, member: record), rule: rule, subject: .defect(defect), fate: fate)
    }
    report.findings = [
      finding(
        .wrongHash,
        Defect("pkg/_a.so has another hash", claimed: "sha256=AAAA", actual: "sha256=BBBB & <more>"),
        .corrected),
      finding(.outsideRow, Defect("../../bin/x leads out"), .left(reason: "the row is not ours to remove")),
    ]
    return report
  }

  /// The kinds of change that the other samples do not have, and a name that is replaced as a whole.
  static var seals: FileReport {
    let path = "lib/all"
    var report = FileReport(path: path)
    report.findings = [
      finding(
        "marshal", 0x20, after: "/pkg/mod.py", context: "co_filename of <module>", fate: .renamed, path: path,
        member: nil)
    ]
    report.findings[0].replacement = "pkg/mod.py"
    func change(_ section: String?, _ kind: Change.Kind) -> Change {
      Change(place: Place(path: path, section: section), kind: kind)
    }
    report.changes = [
      change("LC_UUID", .uuid(before: "00ff", after: "11ee")),
      change("code signature", .codeSignature(before: "22dd", after: "33cc")),
      change("symbol table", .objectTimes(count: 2)),
      change("symbol table", .debugMap(stabs: 14)),
      change("header", .bytecodeHeader(before: "time 1700000000, 12 bytes", after: "checked hash 44bb")),
      change("marshal", .canonical(oldSize: 300, newSize: 280)),
      change(".debug_info", .splitID(before: 1, after: 2)),
      change(".gnu_debuglink", .debugLink(before: 3, after: 4)),
      change(nil, .name(before: "ab/cd.debug", after: "12/34.debug")),
    ]
    return report
  }

  /// What every reporter's golden file shows: roots, defects, an error, a path that cannot be read, hostile names.
  static var everything: [FileReport] { [leaking, linked, defective, clean, broken, hostile] }

  /// The run paths in a wheel of their own.
  private static var linked: FileReport {
    var report = FileReport(path: "dist/linked-1.0-cp312-cp312-linux_x86_64.whl")
    report.findings = runPath.findings
    for index in report.findings.indices { report.findings[index].place.path = report.path }
    return report
  }

  /// The same leak as another build in another directory leaves it; roots of another length move every offset.
  static func rebuilt(_ report: FileReport, root: String, offset: UInt64, version: String = "1.0")
    -> FileReport
  {
    func renamed(_ text: String) -> String {
      text.replacing("x-1.0", with: "x-\(version)").replacing(Sample.root, with: root)
    }
    var result = FileReport(path: renamed(report.path))
    result.findings = report.findings.map { finding in
      var place = finding.place
      place.path = renamed(place.path)
      place.member = place.member.map(renamed)
      place.offset = place.offset.map { $0 + offset }
      guard let use = finding.rootUse, use.root == Sample.root else { return finding }
      return Finding(
        place: place, rule: finding.rule, root: root, text: renamed(use.text), rootOffset: use.rootOffset,
        context: finding.context, replacement: use.replacement, fate: finding.fate)
    }
    return result
  }
}
