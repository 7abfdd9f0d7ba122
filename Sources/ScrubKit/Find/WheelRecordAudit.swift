internal import BuildRoots

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
