internal import BuildRoots
import Formats

/// What will be done to one group of debug sections.
struct DebugPlan: Sendable {
  /// A string table that is rebuilt, and where its strings went.
  struct Table: Sendable {
    var kind: ReferenceTarget
    var section: DwarfSections.Section
    var referenced: OffsetSet
    var content: CanonicalTable
    /// The table's bytes.
    var bytes: Bytes

    /// Where the string at an old offset stands in the new table.
    func newOffset(_ old: UInt64) -> UInt64? {
      guard let old = Int(exactly: old), let rank = referenced.rank(old) else { return nil }
      return UInt64(content.offsets[rank])
    }
  }

  /// The sections as they are.
  var dwarf: DwarfSections
  var tables: [Table] = []
  var line: RebuiltLineSection?
  /// In a package: where the units' shares of the new line section are, edited in its indexes.
  var shares: [InPlaceEdit] = []
  /// What roots become that stand in a file's name without their directory, by their place.
  var split: [Place: [UInt8]] = [:]
  /// What made the plan more careful than usual; places hold section and offset.
  var notes: [Note] = []

  /// Whether references into debug sections change.
  var redirects: Bool { !tables.isEmpty || line != nil }

  /// Where a reference will lead; what it refers to now if that is not rebuilt, nil if it was not planned for.
  func newTarget(_ kind: ReferenceTarget, _ target: UInt64) -> UInt64? {
    if kind == .line { return line.map { $0.newOffset(target) } ?? target }
    // By index: a table that is copied for each of a million references is a million counts of its owners.
    for index in tables.indices where tables[index].kind == kind { return tables[index].newOffset(target) }
    return target
  }

  /// What the symbol of a reference's relocation will be.
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

  /// Where a symbol inside a section will lie, in bytes from the section's start.
  private func newLabel(_ kind: ReferenceTarget, _ offset: UInt64) -> UInt64? {
    if kind == .line { return line.map { $0.newEnd(offset) } ?? offset }
    guard let table = tables.first(where: { $0.kind == kind }) else { return offset }
    return offset == UInt64(table.section.content.count) ? UInt64(table.bytes.count) : table.newOffset(offset)
  }

  /// Hands out every symbol inside a section that is rebuilt, with how far it moves, modulo 2^64.
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

  /// Hands out every reference that changes, with what has to stand there or in its relocation's addend.
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
  /// Says of roots in split paths what they become there.
  func relabel(_ findings: inout [Finding]) {
    guard contains(where: { !$0.split.isEmpty }) else { return }
    for index in findings.indices where findings[index].fate == .rebuilt {
      for plan in self {
        guard let path = plan.split[findings[index].place] else { continue }
        findings[index].replacement = String(decoding: path, as: UTF8.self)
      }
    }
  }

  /// What happens to each hit in a table that is rebuilt; nil for hits elsewhere.
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
