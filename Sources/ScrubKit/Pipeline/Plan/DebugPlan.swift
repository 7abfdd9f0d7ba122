internal import BuildRoots
import Formats

/// What will be done to one group of debug sections.
struct DebugPlan: Sendable {
  /// A string table that is rebuilt, and the new offsets of its strings.
  struct Table: Sendable {
    var kind: ReferenceTarget
    var section: DwarfSections.Section
    var referenced: OffsetSet
    var content: CanonicalTable
    /// The table's bytes.
    var bytes: Bytes

    /// The new offset of the string at an old offset.
    func newOffset(_ old: UInt64) -> UInt64? {
      guard let old = Int(exactly: old), let rank = referenced.rank(old) else { return nil }
      return UInt64(content.offsets[rank])
    }
  }

  /// The sections before the edit.
  var dwarf: DwarfSections
  var tables: [Table] = []
  var line: RebuiltLineSection?
  /// In a package: the new offsets and sizes of the units' contributions to the line section, to be edited in its
  /// indexes.
  var shares: [InPlaceEdit] = []
  /// Replacements, by place, of roots that are in a file's name without their directory.
  var split: [Place: [UInt8]] = [:]
  /// Reasons for a more conservative plan than usual; places hold section and offset.
  var notes: [Note] = []

  /// Whether references into debug sections change.
  var redirects: Bool { !tables.isEmpty || line != nil }

  /// The new target of a reference; the old one if its section is not rebuilt; nil if it was not planned for.
  func newTarget(_ kind: ReferenceTarget, _ target: UInt64) -> UInt64? {
    if kind == .line { return line.map { $0.newOffset(target) } ?? target }
    // By index: copying the table for each of a million references would change its reference counts a million times.
    for index in tables.indices where tables[index].kind == kind { return tables[index].newOffset(target) }
    return target
  }

  /// The new value of the symbol of a reference's relocation.
  private func newValue(
    of entry: Relocations.Entry, _ reference: SectionReference
  ) throws(ScrubError) -> UInt64 {
    if entry.isSectionSymbol { return entry.symbolValue }
    guard let value = newLabel(reference.kind, entry.symbolValue) else {
      throw ScrubError(
        "symbol was not planned for", section: reference.kind.sectionName, offset: entry.symbolValue)
    }
    return value
  }

  /// The new offset of a symbol inside a section, in bytes from the section's start.
  private func newLabel(_ kind: ReferenceTarget, _ offset: UInt64) -> UInt64? {
    if kind == .line { return line.map { $0.newEnd(offset) } ?? offset }
    guard let table = tables.first(where: { $0.kind == kind }) else { return offset }
    return offset == UInt64(table.section.content.count) ? UInt64(table.bytes.count) : table.newOffset(offset)
  }

  /// Visits every symbol inside a section that is rebuilt, with its displacement modulo 2^64.
  func forEachMovedLabel(_ body: (DwarfSections.Label, UInt64) -> Void) throws(ScrubError) {
    for kind in ReferenceTarget.allCases {
      for label in dwarf[kind.sectionName]?.labels ?? [] {
        guard let new = newLabel(kind, label.offset) else {
          throw ScrubError("symbol was not planned for", section: kind.sectionName, offset: label.offset)
        }
        if new != label.offset { body(label, new &- label.offset) }
      }
    }
  }

  /// Visits every reference that changes, with the value to store there or in its relocation's addend.
  func forEachRedirection(
    in section: DwarfSections.Section, _ body: (SectionReference, UInt64) -> Void
  ) throws(ScrubError) {
    try SectionReferences(dwarf: dwarf).forEach(in: section) { reference throws(ScrubError) in
      guard let new = newTarget(reference.kind, reference.target) else {
        throw ScrubError(
          "reference was not planned for", section: section.label, offset: UInt64(reference.position))
      }
      let entry = section.relocations?.entry(at: reference.position)
      let symbol = try entry.map { (entry) throws(ScrubError) in try newValue(of: entry, reference) } ?? 0
      guard new &- symbol != reference.target &- (entry?.symbolValue ?? 0) else { return }
      body(reference, new &- symbol)
    }
  }
}

extension [DebugPlan] {
  /// Adds to findings of roots in split paths what they become.
  func relabel(_ findings: inout [Finding]) {
    guard contains(where: { !$0.split.isEmpty }) else { return }
    for index in findings.indices where findings[index].fate == .rebuilt {
      for plan in self {
        guard let path = plan.split[findings[index].place] else { continue }
        findings[index].replacement = String(decoding: path, as: UTF8.self)
      }
    }
  }

  /// The fate of each hit in a table that is rebuilt; nil for hits elsewhere.
  func fates(of hits: [Hit], in regions: [Region]) -> [Finding.Fate?] {
    let rebuilt = Set(flatMap(\.tables).map(\.section.index))
    let lines = compactMap(\.line)
    return hits.map { hit in
      let region = regions[hit.region]
      guard let section = region.section else { return nil }
      if hit.isPart {
        let place = Place(section: region.name, offset: UInt64(hit.root.range.lowerBound))
        return contains { $0.split[place] != nil } ? .rebuilt : .left(reason: JoinedHits.reason)
      }
      if rebuilt.contains(section) { return .rebuilt }
      return lines.first { $0.section.index == section }
        .map { $0.isClean(hit.root.range) ? .rebuilt : .inPlace }
    }
  }
}
