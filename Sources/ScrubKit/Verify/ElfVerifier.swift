internal import BuildRoots

/// Reads an edited and sealed image again and compares it with its original; nothing is written unless this
/// passes. It shares the walkers with the editor, but neither its plan's tables nor its offsets: what a
/// string says is read from both images.
struct ElfVerifier {
  let before: ElfImage
  let after: ElfImage
  let dwarfBefore: DwarfSections
  let dwarfAfter: DwarfSections
  let plan: ElfPlan
  let prefix: StablePrefix

  private func failure(_ message: String, _ section: String, _ offset: Int? = nil) -> ScrubError {
    ScrubError("verify: \(message)", section: section, offset: offset.map { UInt64($0) })
  }

  /// - Parameter resealed: file ranges that the seals were allowed to change.
  /// - Throws: the first difference that was not planned.
  func verify(resealed: [Range<Int>], everyDIE: Bool) throws(ScrubError) {
    try compareHeaders()
    try searchAgain()
    try compareBytes(resealed: resealed)
    if !plan.tables.isEmpty { try compareStrings() }
    if before.header.type != ElfImage.relocatable, !dwarfBefore.isEmpty, plan.notes.isEmpty {
      try DwarfComparison(before: dwarfBefore, after: dwarfAfter, prefix: prefix).compare(everyDIE: everyDIE)
    }
  }

  /// The same sections at the same places; only a rebuilt table may have become smaller.
  private func compareHeaders() throws(ScrubError) {
    guard before.sections.count == after.sections.count, before.segments.count == after.segments.count else {
      throw failure("the number of headers changed", "section headers")
    }
    let rebuilt = Set(plan.tables.map(\.section.index))
    for (old, new) in zip(before.sections, after.sections) {
      let sizeIsRight = rebuilt.contains(old.index) ? new.size <= old.size : new.size == old.size
      guard old.name == new.name, old.offset == new.offset, sizeIsRight else {
        throw failure("the section header changed", old.name)
      }
    }
  }

  /// No root is left but those that the plan left, with a reason.
  private func searchAgain() throws(ScrubError) {
    let regions = try after.regions()
    let left = plan.fates.count { if case .left = $0 { true } else { false } }
    let hits = Hits.all(in: regions)
    guard hits.count == left else {
      let region = hits.first.map { regions[$0.region].name } ?? ""
      throw failure(
        "\(hits.count) build roots are left, \(left) were to be", region, hits.first?.root.range.lowerBound)
    }
  }

  /// Every byte outside the rebuilt tables and the string references is as before or as planned.
  private func compareBytes(resealed: [Range<Int>]) throws(ScrubError) {
    let expected = PlannedBytes(before.bytes, edits: plan.inPlace, zeros: plan.gaps)
    var free = resealed
    for table in plan.tables {
      free.append(Int(table.section.offset)..<Int(table.section.offset + table.section.size))
      let header = before.sectionHeaderOffset(of: table.section)
      free.append(header..<header + before.header.sectionHeaderEntrySize)
    }
    // Sections with references are compared reference by reference.
    if !plan.tables.isEmpty {
      free += dwarfBefore.sections.compactMap { before.sections[$0.index].fileRange }
    }
    var position = 0
    for range in free.sorted(by: { $0.lowerBound < $1.lowerBound }) + [after.bytes.count..<after.bytes.count]
    {
      guard range.lowerBound > position else {
        position = max(position, range.upperBound)
        continue
      }
      if !expected.match(after.bytes, in: position..<range.lowerBound) {
        throw failure("bytes differ that were not to change", "file", position)
      }
      position = range.upperBound
    }
    guard after.bytes.count == before.bytes.count else { throw failure("the size changed", "file") }
  }

  /// Walks the new references, and reads each string in both images.
  private func compareStrings() throws(ScrubError) {
    var seen: [StringTableKind: [UInt64: UInt64]] = [:]
    let rebuilt = Set(plan.tables.map(\.kind))
    for (old, new) in zip(dwarfBefore.sections, dwarfAfter.sections) {
      if plan.tables.contains(where: { $0.section.index == new.index }) { continue }
      let expected = planned(old)
      var position = 0
      try StringReferences(dwarf: dwarfAfter).forEach(in: new) { reference throws(ScrubError) in
        guard rebuilt.contains(reference.table) else { return }
        guard reference.position + reference.width <= expected.count,
          new.content[position..<reference.position] == expected[position..<reference.position]
        else { throw failure("bytes between references differ", new.name, position) }
        position = reference.position + reference.width
        let target = expected.span.unsigned(
          at: reference.position, width: reference.width, order: dwarfBefore.order)
        if let known = seen[reference.table]?[target] {
          guard known == reference.target else {
            throw failure("two references to one string part", new.name, reference.position)
          }
          return
        }
        try compareString(reference, target, new)
        seen[reference.table, default: [:]][target] = reference.target
      }
      guard new.content.count == expected.count,
        new.content[position..<new.content.count] == expected[position..<expected.count]
      else { throw failure("bytes behind the last reference differ", new.name, position) }
    }
  }

  /// The old section's content with the edits that were planned in it.
  private func planned(_ section: DwarfSections.Section) -> Bytes {
    guard let range = before.sections[section.index].fileRange else { return section.content }
    let edits = plan.inPlace.filter { range.contains($0.range.lowerBound) }
    if edits.isEmpty { return section.content }
    let copy = EditBuffer(copying: section.content)
    for edit in edits { copy.replace(at: edit.range.lowerBound - range.lowerBound, with: edit.replacement) }
    return copy.bytes
  }

  private func compareString(
    _ reference: StringReference, _ target: UInt64, _ section: DwarfSections.Section
  ) throws(ScrubError) {
    let name = reference.table.sectionName
    guard let old = dwarfBefore[name]?.content.string(at: target),
      let new = dwarfAfter[name]?.content.string(at: reference.target)
    else { throw failure("string offset lies outside of \(name)", section.name, reference.position) }
    if old == new { return }
    guard let clean = prefix.clean(old.span), Bytes(clean) == new else {
      throw failure("the string does not say the same", section.name, reference.position)
    }
  }
}

extension Bytes {
  /// The NUL-terminated string at `offset`, without its NUL.
  func string(at offset: UInt64) -> Bytes? {
    guard let start = Int(exactly: offset), start <= count, let end = span.firstIndex(of: 0, from: start)
    else {
      return nil
    }
    return self[start..<end]
  }
}
