internal import BuildRoots
import Formats

/// Compares RECORD with the files that it lists, in a wheel or installed.
struct RecordAudit: Sendable {
  /// A file that RECORD should describe correctly.
  struct File: Sendable {
    /// As RECORD names it.
    var name: String
    var content: @Sendable () throws(ScrubError) -> Bytes
  }

  /// The findings, and the corrections that RECORD needs.
  struct Result: Sendable {
    /// Places have no path.
    var findings: [Finding] = []
    var notes: [Note] = []
    var correction = RecordCorrection()
  }

  let record: Record
  let selection: RuleSelection
  /// Whether wrong rows are rewritten.
  let corrects: Bool
  /// Installed: scripts lie outside, and bytecode has neither hash nor size.
  var isInstalled = false
  let workers: Workers

  static let left =
    "a hash that does not fit may be the only trace of a change; --select RC or wheelscrub record update writes it anew"

  /// - Parameter files: all that must have a row.
  /// - Throws: if a file cannot be read.
  func run(_ files: [File]) throws(ScrubError) -> Result {
    try claims(on: files.map(\.name)).result(of: files)
  }

  /// Reads the rows.
  /// - Parameter names: of all files that must have one.
  /// - Throws: if that takes too much memory.
  func claims(on names: [String]) throws(ScrubError) -> Claims {
    var result = Result()
    let (claims, broken) = try readRows(known: Set(names.map { Array($0.utf8) }), &result)
    return Claims(audit: self, rows: result, claims: claims, broken: broken)
  }

  /// What the rows say about files, to be compared with each when its content is in memory.
  struct Claims: Sendable {
    fileprivate let audit: RecordAudit
    /// Errors that do not depend on the files' contents.
    fileprivate let rows: Result
    fileprivate let claims: [[UInt8]: RecordClaim]
    /// Rows with a wrong number of fields that are the only rows of a file.
    fileprivate let broken: [[UInt8]: Int]

    var record: Record { audit.record }

    /// Nil for files that RECORD does not describe: itself, and its signatures.
    func verdict(
      on name: String, _ content: () throws(ScrubError) -> Bytes
    ) throws(ScrubError) -> Verdict? {
      if name.utf8.elementsEqual(audit.record.name.utf8) || audit.isSignature(name) { return nil }
      guard let claim = claims[Array(name.utf8)] else {
        return Verdict(doubts: [], replacement: audit.corrects ? try content() : nil)
      }
      if audit.isInstalled, claim.isEmpty, name.hasSuffix(".pyc") { return Verdict(doubts: []) }
      let content = try content()
      let doubts = claim.doubts(about: content, needsSize: !audit.isInstalled)
      return Verdict(doubts: doubts, replacement: doubts.isEmpty || !audit.corrects ? nil : content)
    }

    /// Reads each file once, in parallel.
    /// - Throws: if one cannot be read.
    func result(of files: [File]) throws(ScrubError) -> Result {
      let verdicts = audit.workers.map(files) { file in
        Swift.Result { () throws(ScrubError) in try verdict(on: file.name, file.content) }
      }
      var all: [(name: String, verdict: Verdict)] = []
      for (file, verdict) in zip(files, verdicts) {
        if let verdict = try verdict.get() { all.append((file.name, verdict)) }
      }
      return result(all)
    }

    /// - Parameter verdicts: in file order.
    func result(_ verdicts: [(name: String, verdict: Verdict)]) -> Result {
      var result = rows
      for (name, verdict) in verdicts {
        guard let claim = claims[Array(name.utf8)] else {
          audit.add(.missingRow, Defect("\(name) has no row"), row: nil, &result)
          guard let content = verdict.replacement else { continue }
          if let row = broken[Array(name.utf8)] {
            result.correction.replace(row, path: name, content: content)
          } else {
            result.correction.add(path: name, content: content)
          }
          continue
        }
        for doubt in verdict.doubts {
          let (rule, defect) = audit.describe(doubt, claim)
          audit.add(rule, defect, row: claim.row, &result)
        }
        if let content = verdict.replacement {
          result.correction.replace(claim.row, path: name, content: content)
        }
      }
      return result
    }
  }

  struct Verdict: Sendable {
    fileprivate var doubts: [RecordClaim.Doubt]
    /// The content from which to rewrite the row, if it is rewritten.
    fileprivate var replacement: Bytes?
  }

  /// Checks for rows that are wrong whatever the files contain.
  /// - Returns: the others by path, and rows with a wrong number of fields that are the only rows of a file.
  private func readRows(
    known: Set<[UInt8]>, _ result: inout Result
  ) throws(ScrubError) -> (claims: [[UInt8]: RecordClaim], broken: [[UInt8]: Int]) {
    var claims: [[UInt8]: RecordClaim] = [:]
    var broken: [[UInt8]: Int] = [:]
    var hasOwn = false
    var outside: [String] = []
    for stray in record.strays {
      let what = stray.lowerBound == 0 && record.bytes[0] == 0xef ? "a byte order mark" : "an empty line"
      add(
        .badRow, Defect("RECORD has \(what), which readers of CSV take for a part of its rows"),
        at: place(offset: stray.lowerBound), &result)
      result.correction.removeStray(stray)
    }
    for number in record.rows.indices {
      // Each row may become a finding.
      if number % (1 << 12) == 0 { try Memory.check() }
      guard let claim = RecordClaim(record, row: number), !claim.path.isEmpty else {
        let count = record.rows[number].fields.count
        add(
          .badRow, Defect("row \(number + 1) needs a path and 3 fields, has \(count)"), row: number, &result)
        let path = RecordRow.unquoted(record.bytes[record.rows[number].fields[0]].array())
        if known.contains(path), path != Array(record.name.utf8), broken[path] == nil {
          broken[path] = number
        } else {
          result.correction.remove(number)
        }
        continue
      }
      let path = Array(claim.path.utf8)
      if claim.isOutside {
        let message = "\(claim.path) leads out of the directory"
        if isInstalled {
          outside.append(claim.path)
        } else {
          add(.outsideRow, Defect(message), row: number, isFixable: false, &result)
        }
      } else if claim.path == record.name {
        if hasOwn {
          add(.extraRow, Defect("\(claim.path) has several rows"), row: number, &result)
          result.correction.remove(number)
        } else if !claim.isEmpty {
          add(
            .ownRow, Defect("RECORD has a hash or size of itself, which cannot be true"), row: number, &result
          )
          result.correction.empty(number, path: claim.path)
        }
        hasOwn = true
      } else if isSignature(claim.path) {
        // pip lists what it has installed, and nothing reads the hash.
        if isInstalled { continue }
        add(
          .signatureRow, Defect("\(claim.path) signs RECORD, so RECORD cannot list it"), row: number, &result)
        result.correction.remove(number)
      } else if claims[path] != nil {
        add(.extraRow, Defect("\(claim.path) has several rows"), row: number, &result)
        result.correction.remove(number)
      } else if known.contains(path) {
        claims[path] = claim
      } else {
        add(.extraRow, Defect("\(claim.path) \(whyNotThere(claim.path))"), row: number, &result)
        result.correction.remove(number)
      }
    }
    if let note = RecordClaim.note(onOutside: outside, at: place(row: nil)) { result.notes.append(note) }
    if !hasOwn {
      add(.ownRow, Defect("RECORD has no row for itself"), row: nil, &result)
      result.correction.addOwn(path: record.name)
    }
    for (path, number) in broken where claims[path] != nil {
      result.correction.remove(number)
      broken[path] = nil
    }
    return (claims, broken)
  }

  /// The spec's paths have `/` between names, and end with a file.
  private func whyNotThere(_ path: String) -> String {
    if path.utf8.last == 0x2f { return "names a directory" }
    if path.utf8.contains(0x5c) { return "is not there: needs / between names, has a backslash" }
    let names = path.utf8.split(separator: 0x2f, omittingEmptySubsequences: false)
    if names.contains(where: { $0.isEmpty || $0.elementsEqual([0x2e]) }) {
      return "is not there: needs a path without empty names and ."
    }
    return "is not there"
  }

  fileprivate func describe(_ doubt: RecordClaim.Doubt, _ claim: RecordClaim) -> (Rule, Defect) {
    switch doubt {
    case .noHash:
      let hash = claim.algorithm.isEmpty ? "no hash" : "no hash worth its name"
      return (
        .noHash,
        Defect(
          "\(claim.path) has \(hash)",
          claimed: claim.algorithm.isEmpty ? nil : "\(claim.algorithm)=\(claim.digest)")
      )
    case .weakHash:
      return (
        .weakHash, Defect("\(claim.path) has a hash of \(claim.algorithm), needs one of \(RecordHash.names)")
      )
    case .wrongHash(let claimed, let actual):
      return (.wrongHash, Defect("\(claim.path) has another hash", claimed: claimed, actual: actual))
    case .wrongSize(let claimed, let actual):
      return (
        .wrongSize, Defect("\(claim.path) has another size", claimed: claimed, actual: actual)
      )
    case .hashForm:
      return (
        .hashForm,
        Defect(
          "\(claim.path) has a hash that is not URL-safe base64 without padding",
          claimed: "\(claim.algorithm)=\(claim.digest)")
      )
    case .noSize: return (.noSize, Defect("\(claim.path) has no size"))
    case .badSize:
      return (.badRow, Defect("the size of \(claim.path) is no plain decimal number", claimed: claim.size))
    }
  }

  /// Members that sign RECORD have no hash in it.
  fileprivate func isSignature(_ name: String) -> Bool {
    name == record.name + ".jws" || name == record.name + ".p7s"
  }

  fileprivate func add(
    _ rule: Rule, _ defect: Defect, row: Int?, isFixable: Bool = true, _ result: inout Result
  ) {
    add(rule, defect, at: place(row: row), isFixable: isFixable, &result)
  }

  private func add(
    _ rule: Rule, _ defect: Defect, at place: Place, isFixable: Bool = true, _ result: inout Result
  ) {
    guard selection.contains(rule) else { return }
    let fate: Finding.Fate =
      !isFixable
      ? .left(reason: "it is not followed, and nobody knows what it was to name")
      : corrects ? .corrected : .left(reason: Self.left)
    result.findings.append(Finding(place: place, rule: rule, subject: .defect(defect), fate: fate))
  }

  private func place(row: Int?) -> Place { place(offset: row.map { record.rows[$0].whole.lowerBound }) }

  private func place(offset: Int?) -> Place {
    Place(member: record.name, offset: offset.map { UInt64($0) })
  }
}
