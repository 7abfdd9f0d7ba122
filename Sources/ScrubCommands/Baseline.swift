import BuildRoots
import Formats
import FoundationEssentials
import ScrubKit

/// Findings that are known, as a project that adopts the check has them: they do not count, until they are gone. Known by
/// fingerprint, so another build of the same source has the same ones.
struct Baseline {
  private struct Document: Codable {
    var version: Int
    var findings: [Entry]
  }

  struct Entry: Codable, Hashable {
    var fingerprint: String
    var code: String
    /// What `Fingerprints` makes of the path, so that an entry is missed only where its file was looked at.
    var file: String
    var member: String?
  }

  let path: String
  private let entries: [Entry]

  /// - Throws: where the file cannot be read, or is none that `write` has written.
  init(path: String) throws(SettingError) {
    self.path = path
    func refuse(_ why: String) -> SettingError {
      SettingError(message: Escape.terminalSafe("--baseline: \(path): \(why)"))
    }
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
      throw refuse("cannot be read; wheelscrub check --add-baseline writes it")
    }
    guard data.count <= Self.largest else {
      throw refuse("has \(data.count) bytes, the limit is \(Self.largest)")
    }
    guard let document = try? JSONDecoder().decode(Document.self, from: data) else {
      throw refuse("is no baseline; wheelscrub check --add-baseline writes one")
    }
    guard document.version == Self.version else {
      throw refuse("has version \(document.version), needs \(Self.version)")
    }
    entries = document.findings
  }

  private static let version = 1
  private static let largest = 64 << 20

  /// Takes the known findings out of the reports.
  /// - Returns: how many these were, and what was known and is found no longer.
  func apply(to reports: inout [FileReport]) -> (known: Int, gone: [Entry]) {
    var fingerprints = Fingerprints()
    let known = Set(entries.map(\.fingerprint))
    var found: Set<String> = []
    var count = 0
    for index in reports.indices {
      reports[index].findings.removeAll { finding in
        let fingerprint = fingerprints.next(for: finding)
        guard known.contains(fingerprint) else { return false }
        found.insert(fingerprint)
        count += 1
        return true
      }
    }
    let files = Set(reports.filter(\.errors.isEmpty).map { Fingerprints.file($0.path) })
    return (count, entries.filter { files.contains($0.file) && !found.contains($0.fingerprint) })
  }

  /// Writes all findings as known, in the order of the reports.
  /// - Returns: why it could not be written.
  static func write(_ reports: [FileReport], to path: String) -> ScrubError? {
    var fingerprints = Fingerprints()
    let rows = reports.flatMap { report in
      report.findings.map { finding -> JSONValue in
        .object([
          ("fingerprint", .string(fingerprints.next(for: finding))), ("code", .string(finding.rule.code)),
          ("file", .string(Fingerprints.file(report.path))), ("member", .optional(finding.place.member)),
        ])
      }
    }
    let document = JSONValue.object([("version", .count(version)), ("findings", .array(rows))])
    return OutputFile(path: path, option: "--add-baseline").write(document.text + "\n")
  }
}

extension Note {
  /// What a baseline has and nobody finds any more.
  static func gone(_ entries: [Baseline.Entry], from baseline: Baseline) -> Note {
    let codes = Dictionary(grouping: entries, by: \.code).sorted { $0.key < $1.key }
      .map { "\($0.value.count) of \($0.key)" }.joined(separator: ", ")
    return Note(
      "\(Count.text(entries.count, "known finding")) no longer found (\(codes)); write it anew with --add-baseline",
      at: Place(path: baseline.path))
  }
}
