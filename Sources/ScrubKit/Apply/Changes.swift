/// Says what an edit did, for `--diff` and the reports.
enum Changes {
  /// In the order: strings as found, rebuilt tables.
  static func describe(_ findings: [Finding], _ plan: ElfPlan) -> [Change] {
    var changes: [Change] = []
    for finding in findings where finding.isFixable && finding.fate != .removed {
      changes.append(
        Change(place: finding.place, kind: .string(before: finding.text, after: replaced(finding))))
    }
    for table in plan.debug.flatMap(\.tables) {
      changes.append(
        Change(
          place: Place(section: table.section.name),
          kind: .table(
            strings: table.content.ownerCount, oldSize: table.section.size,
            newSize: UInt64(table.content.bytes.count))))
    }
    for line in plan.debug.compactMap(\.line) {
      changes.append(
        Change(
          place: Place(section: line.section.name),
          kind: .table(
            strings: line.names.count, oldSize: line.section.size, newSize: UInt64(line.bytes.count))))
    }
    return changes
  }

  /// What became of the build-ids among the seals.
  static func buildIDs(before: ElfImage, after: ElfImage, _ seals: [Range<Int>]) -> [Change] {
    zip(before.buildIDs, after.buildIDs).filter { seals.contains($0.1) }.map { old, new in
      Change(
        place: Place(section: "build-id", offset: UInt64(old.lowerBound)),
        kind: .buildID(before: hex(before.bytes[old]), after: hex(after.bytes[new])))
    }
  }

  static func replaced(_ finding: Finding) -> String {
    let text = Array(finding.text.utf8)
    let end = finding.rootOffset + finding.root.utf8.count
    var replacement = Array(finding.replacement.utf8)
    if finding.fate == .inPlace {
      replacement += [UInt8](
        repeating: UInt8(ascii: "/"), count: max(finding.root.utf8.count - replacement.count, 0))
    }
    return String(decoding: text[..<finding.rootOffset] + replacement + text[end...], as: UTF8.self)
  }

  private static func hex(_ bytes: Bytes) -> String {
    bytes.array().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
