internal import BuildRoots
import Formats

/// Audits the RECORD of a wheel, if there is one that can be compared.
struct WheelRecordAudit: Sendable {
  let options: Options
  let wheel: Wheel
  let memory: WheelMemory

  /// What RECORD's rows say; nil if there is no RECORD to compare with.
  /// - Parameter findings: receives the reason, if it counts.
  func claims(_ findings: inout [Finding]) throws(ScrubError) -> RecordAudit.Claims? {
    let record: Record
    do throws(ScrubError) {
      record = try Record.read(from: wheel)
    } catch {
      try error.rethrowRefusal()
      // The only RECORD, which is not valid CSV; or none, or several.
      let isFound = error.place.member != nil
      let rule = isFound ? Rule.badRow : .noRecord
      guard options.policy.selection.contains(rule) || options.isCanonical else { return nil }
      var place = error.place
      place.path = wheel.path
      findings.append(
        Finding(
          place: place, rule: rule, subject: .defect(Defect(error.message)),
          fate: .left(reason: isFound ? "its rows cannot be told apart" : "wheelscrub writes no new RECORD")))
      return nil
    }
    let audit = RecordAudit(
      record: record,
      selection: options.isCanonical
        ? options.policy.selection.withAll(of: Family.record) : options.policy.selection,
      corrects: options.fixRecord,
      workers: options.workers)
    do throws(ScrubError) { return try audit.claims(on: members.map(\.name)) } catch {
      throw error.inside(path: wheel.path)
    }
  }

  /// The members that must have a row.
  var members: [Wheel.Member] { wheel.members.filter { !$0.isDirectory && !$0.isUnreadable } }

  /// Adds the results of the comparison to the report.
  /// - Returns: the corrected RECORD, if it is to be corrected and is wrong.
  func finish(
    _ result: RecordAudit.Result, of claims: RecordAudit.Claims, _ report: inout FileReport
  ) throws(ScrubError) -> Record? {
    report.findings += result.findings.map { finding in
      var finding = finding
      finding.place.path = wheel.path
      return finding
    }
    guard options.fixRecord, !result.correction.isEmpty else { return nil }
    let record = claims.record
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

  /// Compares all members at once, if RECORD must be right before it is used.
  func run(_ claims: RecordAudit.Claims, _ report: inout FileReport) throws(ScrubError) -> Record? {
    let files = members.map { member in
      RecordAudit.File(name: member.name) { () throws(ScrubError) in
        try memory.whileWorking(on: member) { () throws(ScrubError) in try member.content() }
      }
    }
    let result: RecordAudit.Result
    do throws(ScrubError) { result = try claims.result(of: files) } catch {
      throw error.inside(path: wheel.path)
    }
    return try finish(result, of: claims, &report)
  }
}
