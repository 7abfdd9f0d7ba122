internal import BuildRoots
import Formats

/// Reads an edited and sealed image again and compares it with its original; nothing is written unless this passes. It
/// shares the walkers with the editor, but neither its tables nor its offsets: the text of a string is read from both
/// images.
struct ElfVerifier {
  let before: ElfImage
  let after: ElfImage
  /// The new debug sections, group by group as in the plan.
  let debugAfter: [DwarfSections]
  let plan: ElfPlan
  let policy: Policy

  private func failure(_ message: String, _ section: String, _ offset: Int? = nil) -> ScrubError {
    ScrubError("verify: \(message)", section: section, offset: offset.map { UInt64($0) })
  }

  /// - Parameter resealed: file ranges of the new image that the seals were allowed to change.
  /// - Throws: the first difference that was not planned.
  func verify(resealed: [Range<Int>], everyDIE: Bool) throws(ScrubError) {
    try compareHeaders()
    try after.searchAgain(plan.fates, policy)
    try compareBytes(resealed: resealed)
    try DebugVerifier(plans: plan.debug, after: debugAfter, edits: plan.inPlace, roots: policy.roots)
      .verify(everyDIE: everyDIE)
  }

  /// Sections whose content is compared as debug info: reference by reference, string by string.
  private var debugSections: Set<Int> {
    Set(plan.debug.filter(\.redirects).flatMap(\.dwarf.sections).map(\.index))
  }

  /// The same sections and segments; only what nothing loads may have moved or changed its size.
  private func compareHeaders() throws(ScrubError) {
    guard before.sections.count == after.sections.count, before.segments.count == after.segments.count else {
      throw failure("the number of headers changed", "section headers")
    }
    for (old, new) in zip(before.segments, after.segments)
    where old.type != new.type || old.fileRange != new.fileRange || old.address != new.address {
      throw failure("the program header changed", "program header \(old.index)")
    }
    let (debugSections, pinned) = (debugSections, before.pinnedRanges())
    for (old, new) in zip(before.sections, after.sections) {
      let mayChange =
        debugSections.contains(old.index) || old.isCompressed || old.index == plan.symbolStrings?.strings
      let mayMove = old.fileRange.map { !pinned.overlaps($0) } ?? true
      guard old.name == new.name, old.type == new.type, old.flags == new.flags, old.address == new.address,
        old.link == new.link, old.info == new.info, old.alignment == new.alignment,
        old.entrySize == new.entrySize, new.size == old.size || mayChange, new.offset == old.offset || mayMove
      else { throw failure("the section header changed", old.name) }
    }
  }

  /// Every byte outside debug info is unchanged or as planned: section by section, then the bytes outside sections.
  private func compareBytes(resealed: [Range<Int>]) throws(ScrubError) {
    let (addends, debugSections) = (redirectedAddends, debugSections)
    let symbols = try plan.symbolStrings.map { (plan) throws(ScrubError) in
      try SymbolStringComparison(before: before, after: after, plan: plan, roots: policy.roots).verify()
    }
    for (old, new) in zip(before.sections, after.sections) {
      guard let range = old.fileRange, let newRange = new.fileRange else { continue }
      if debugSections.contains(old.index) || old.index == plan.symbolStrings?.strings { continue }
      if old.isCompressed {
        try compare(
          try before.content(of: old), try after.content(of: new), edits(in: old.index), [], old.name)
      } else {
        let free =
          resealed.filter(newRange.overlaps).map { $0.clamped(to: newRange) }
          .map { $0.lowerBound - newRange.lowerBound..<$0.upperBound - newRange.lowerBound }
          + addends[old.index, default: []]
        let content = old.index == plan.symbolStrings?.symbols ? symbols : nil
        try compare(
          before.bytes[range], content ?? after.bytes[newRange], edits(in: old.index), free, old.name)
      }
    }
    try compareOutside(resealed: resealed)
    for gap in after.gaps where !after.bytes[gap].isZero {
      throw failure("bytes of no section are not zero", "file", gap.lowerBound)
    }
  }

  /// The addends and symbols that lead into rebuilt sections, and the positions of relocations in them, by the section
  /// that holds them: the comparison of references reads them.
  private var redirectedAddends: [Int: [Range<Int>]] {
    let lines = Set(plan.debug.compactMap(\.line).map(\.section.index))
    let rebuilt = Set(plan.debug.flatMap(\.tables).map(\.section.index)).union(lines)
    var ranges: [Int: [Range<Int>]] = [:]
    for section in plan.debug.flatMap(\.dwarf.sections) {
      for label in section.labels where rebuilt.contains(section.index) {
        let width = before.header.is64 ? 8 : 4
        ranges[label.field.section, default: []].append(label.field.offset..<label.field.offset + width)
      }
      guard let relocations = section.relocations else { continue }
      for entry in relocations.entries where lines.contains(section.index) {
        let field = relocations.positionField(of: entry)
        ranges[field.section, default: []].append(field.offset..<field.offset + relocations.addendWidth)
      }
      for entry in relocations.entries where entry.addend != nil && rebuilt.contains(entry.section) {
        ranges[entry.field.section, default: []]
          .append(entry.field.offset..<entry.field.offset + relocations.addendWidth)
      }
    }
    return ranges
  }

  /// Headers, and segment bytes outside sections. Both keep their place, except for the section headers, whose values
  /// have already been compared.
  private func compareOutside(resealed: [Range<Int>]) throws(ScrubError) {
    let owned = (before.sections.compactMap(\.fileRange) + before.gaps + [before.sectionHeaderRange])
      .sorted { $0.lowerBound < $1.lowerBound }
    var free = resealed
    let shoff = before.header.is64 ? 0x28..<0x30 : 0x20..<0x24
    free.append(shoff)
    var position = 0
    for range in owned + [before.bytes.count..<before.bytes.count] {
      if range.lowerBound > position {
        let own = position..<range.lowerBound
        guard own.upperBound <= after.bytes.count else {
          throw failure("bytes are missing", "file", position)
        }
        let local = free.filter(own.overlaps).map { $0.clamped(to: own) }
          .map { $0.lowerBound - position..<$0.upperBound - position }
        let edits = plan.inPlace.filter { $0.section == nil && own.contains($0.offset) }
          .map { (offset: $0.offset - position, replacement: $0.replacement) }
        try compare(before.bytes[own], after.bytes[own], edits, local, "file")
      }
      position = max(position, range.upperBound)
    }
  }

  private typealias Edit = (offset: Int, replacement: [UInt8])

  private func edits(in section: Int) -> [Edit] {
    plan.inPlace.filter { $0.section == section }.map { ($0.offset, $0.replacement) }
  }

  /// Checks that `new` is `old` with the edits applied, except for the free ranges.
  private func compare(
    _ old: Bytes, _ new: Bytes, _ edits: [Edit], _ free: [Range<Int>], _ name: String
  ) throws(ScrubError) {
    guard old.count == new.count else { throw failure("the size changed", name) }
    var position = 0
    func same(upTo end: Int) throws(ScrubError) {
      if end > position, old[position..<end] != new[position..<end] {
        throw failure("bytes differ that were not to change", name, position)
      }
    }
    let marks =
      edits.map {
        (range: $0.offset..<$0.offset + $0.replacement.count, replacement: Optional($0.replacement))
      }
      + free.map { (range: $0, replacement: nil) }
    for mark in marks.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      try same(upTo: mark.range.lowerBound)
      if let replacement = mark.replacement, new[mark.range] != Bytes(replacement) {
        throw failure("an edit is not as planned", name, mark.range.lowerBound)
      }
      position = max(position, mark.range.upperBound)
    }
    try same(upTo: old.count)
  }
}
