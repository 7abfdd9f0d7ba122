import Formats

/// Describes what an edit did, for `--diff` and the reports.
enum Changes {
  /// The change to each string that changed, as found.
  static func ofStrings(_ findings: [Finding]) -> [Change] {
    findings.filter { $0.isFixable && $0.fate != .removed }.map { Change($0) }
  }

  /// Tables that were rebuilt; sizes are those of the contents, inflated.
  static func ofTables(_ plans: [DebugPlan]) -> [Change] {
    let tables = plans.flatMap(\.tables).map { table in
      Change(
        place: Place(section: table.section.label),
        kind: .table(
          strings: table.content.ownerCount, oldSize: UInt64(table.section.content.count),
          newSize: UInt64(table.content.bytes.count)))
    }
    let lines = plans.compactMap(\.line).map { line in
      Change(
        place: Place(section: line.section.label),
        kind: .table(
          strings: line.names.count, oldSize: UInt64(line.section.content.count),
          newSize: UInt64(line.bytes.count)))
    }
    return tables + lines
  }

  /// The change to the symbols' string table.
  static func ofSymbolStrings(_ plan: SymbolStringPlan?, in image: ElfImage) -> [Change] {
    guard let plan else { return [] }
    let section = image.sections[plan.strings]
    return [
      Change(
        place: Place(section: section.name),
        kind: .table(
          strings: plan.content.ownerCount, oldSize: section.size, newSize: UInt64(plan.bytes.count)))
    ]
  }

  /// The changes to the build-ids among the seals.
  static func buildIDs(before: ElfImage, after: ElfImage, _ seals: [Range<Int>]) -> [Change] {
    zip(before.buildIDs, after.buildIDs).filter { seals.contains($0.1) }.map { old, new in
      Change(
        place: Place(section: "build-id", offset: UInt64(old.lowerBound)),
        kind: .buildID(before: before.bytes[old].hex, after: after.bytes[new].hex))
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
}
