internal import BuildRoots

/// Compares RECORD with the files that it is about, in a wheel or installed.
struct RecordAudit: Sendable {
  /// One file that RECORD should be true about.
  struct File: Sendable {
    /// As RECORD names it.
    var name: String
    var content: @Sendable () throws(ScrubError) -> Bytes
  }

  /// What was found, and what RECORD would have to become.
  struct Result: Sendable {
    /// Places have no path.
    var findings: [Finding] = []
    var notes: [Note] = []
    var correction = RecordCorrection()
  }

  let record: Record
  let selection: RuleSelection
  /// Whether rows that are wrong are written anew.
  let corrects: Bool
  /// Installed: scripts lie outside, and bytecode has neither hash nor size.
  var isInstalled = false
  let workers: Workers

  static let left =
    "a hash that does not fit may be the only trace of a change; --select RC or wheelscrub record update writes it anew"

  /// - Parameter files: all that must have a row.
  /// - Throws: where a file cannot be read.
  func run(_ files: [File]) throws(ScrubError) -> Result {
    var result = Result()
    let claims = readRows(known: Set(files.map { Array($0.name.utf8) }), &result)
    let own = Array(record.name.utf8)
    let checked = files.filter { Array($0.name.utf8) != own && !isSignature($0.name) }
    // Each file is read once, side by side.
    let doubts = workers.map(checked) { file in
      Swift.Result { () throws(ScrubError) in
        guard let claim = claims[Array(file.name.utf8)] else {
          return Verdict(doubts: [], replacement: corrects ? try file.content() : nil)
        }
        if isInstalled, claim.isEmpty, file.name.hasSuffix(".pyc") { return Verdict(doubts: []) }
        let content = try file.content()
        let doubts = claim.doubts(about: content)
        return Verdict(doubts: doubts, replacement: doubts.isEmpty ? nil : content)
      }
    }
    for (file, verdict) in zip(checked, doubts) {
      let verdict = try verdict.get()
      guard let claim = claims[Array(file.name.utf8)] else {
        add(.missingRow, Defect("\(file.name) has no row"), row: nil, &result)
        if let content = verdict.replacement { result.correction.add(path: file.name, content: content) }
        continue
      }
      for doubt in verdict.doubts {
        let (rule, defect) = describe(doubt, claim)
        add(rule, defect, row: claim.row, &result)
      }
      if let content = verdict.replacement {
        result.correction.replace(claim.row, path: file.name, content: content)
      }
    }
    return result
  }

  private struct Verdict: Sendable {
    var doubts: [RecordClaim.Doubt]
    /// What the row is to be made of.
    var replacement: Bytes?
  }

  /// Rows that are wrong whatever the files hold; returns the others by path.
  private func readRows(known: Set<[UInt8]>, _ result: inout Result) -> [[UInt8]: RecordClaim] {
    var claims: [[UInt8]: RecordClaim] = [:]
    var hasOwn = false
    var outside: [String] = []
    for number in record.rows.indices {
      guard let claim = RecordClaim(record, row: number), !claim.path.isEmpty else {
        let count = record.rows[number].fields.count
        add(
          .badRow, Defect("row \(number + 1) needs a path and 3 fields, has \(count)"), row: number, &result)
        result.correction.remove(number)
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
      } else if claims[path] != nil {
        add(.extraRow, Defect("\(claim.path) has several rows"), row: number, &result)
        result.correction.remove(number)
      } else if known.contains(path) {
        claims[path] = claim
      } else if !isSignature(claim.path) {
        add(.extraRow, Defect("\(claim.path) is not there"), row: number, &result)
        result.correction.remove(number)
      }
    }
    if let note = RecordClaim.note(onOutside: outside, at: place(row: nil)) { result.notes.append(note) }
    if !hasOwn {
      add(.ownRow, Defect("RECORD has no row for itself"), row: nil, &result)
      result.correction.addOwn(path: record.name)
    }
    return claims
  }

  private func describe(_ doubt: RecordClaim.Doubt, _ claim: RecordClaim) -> (Rule, Defect) {
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
    case .badSize: return (.badRow, Defect("the size of \(claim.path) is no number", claimed: claim.size))
    }
  }

  /// Members that sign RECORD have no hash in it.
  private func isSignature(_ name: String) -> Bool {
    name == record.name + ".jws" || name == record.name + ".p7s"
  }

  private func add(
    _ rule: Rule, _ defect: Defect, row: Int?, isFixable: Bool = true, _ result: inout Result
  ) {
    guard selection.contains(rule) else { return }
    let fate: Finding.Fate =
      !isFixable
      ? .left(reason: "it is not followed, and nobody knows what it was to name")
      : corrects ? .corrected : .left(reason: Self.left)
    result.findings.append(Finding(place: place(row: row), rule: rule, subject: .defect(defect), fate: fate))
  }

  private func place(row: Int?) -> Place {
    Place(member: record.name, offset: row.map { UInt64(record.rows[$0].whole.lowerBound) })
  }
}

/// The RECORD of a wheel, as far as there is one that can be compared.
struct WheelRecordAudit: Sendable {
  let options: Options
  let wheel: Wheel
  let memory: WheelMemory

  /// The findings, and RECORD as it should be where it is to be corrected and is not right.
  func run(_ report: inout FileReport) throws(ScrubError) -> Record? {
    let selection = options.policy.selection
    let record: Record
    do throws(ScrubError) {
      record = try Record.read(from: wheel)
    } catch {
      // The only RECORD that is no CSV, or none or several.
      let isFound = error.place.member != nil
      let rule = isFound ? Rule.badRow : .noRecord
      guard selection.contains(rule) else { return nil }
      var place = error.place
      place.path = wheel.path
      report.findings.append(
        Finding(
          place: place, rule: rule, subject: .defect(Defect(error.message)),
          fate: .left(reason: isFound ? "its rows cannot be told apart" : "wheelscrub writes no new RECORD")))
      return nil
    }
    let files = wheel.members.filter { !$0.isDirectory && !$0.isUnreadable }.map { member in
      RecordAudit.File(name: member.name) { () throws(ScrubError) in
        try memory.whileWorking(on: member) { () throws(ScrubError) in try member.content() }
      }
    }
    let audit = RecordAudit(
      record: record, selection: selection, corrects: options.fixRecord, workers: options.workers)
    let result: RecordAudit.Result
    do throws(ScrubError) { result = try audit.run(files) } catch { throw error.inside(path: wheel.path) }
    report.findings += result.findings.map { finding in
      var finding = finding
      finding.place.path = wheel.path
      return finding
    }
    guard options.fixRecord, !result.correction.isEmpty else { return nil }
    for change in result.correction.changes(in: record) {
      report.changes.append(
        Change(
          place: Place(path: wheel.path, member: record.name),
          kind: .recordRow(before: change.before ?? "", after: change.after)))
    }
    do throws(ScrubError) {
      return try Record(result.correction.applied(to: record), name: record.name)
    } catch { throw error.inside(path: wheel.path) }
  }
}
