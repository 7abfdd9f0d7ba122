internal import BuildRoots
import Formats

/// Compares the debug sections of an image before and after: first our own reader, reference by reference, then
/// libdwarf.
struct DebugVerifier {
  let plans: [DebugPlan]
  /// The new debug sections, group by group as in the plan.
  let after: [DwarfSections]
  /// All in-place edits of the image.
  let edits: [InPlaceEdit]
  let roots: RootMap

  /// - Throws: the first difference that was not planned.
  func verify(everyDIE: Bool) throws(ScrubError) {
    guard plans.count == after.count else {
      throw ScrubError("verify: debug sections are missing", section: "file")
    }
    for (debug, new) in zip(plans, after) {
      if debug.redirects { try compareReferences(debug, new) }
      // libdwarf only gets data that our own reader found to be sound.
      if debug.dwarf.isForLibdwarf, !debug.dwarf.isEmpty, debug.notes.isEmpty {
        try DwarfComparison(before: debug.dwarf, after: new, roots: roots).compare(everyDIE: everyDIE)
      }
    }
  }

  /// Debug info: the same bytes except for offsets into rebuilt sections, which lead to the same strings and programs.
  private func compareReferences(_ debug: DebugPlan, _ after: DwarfSections) throws(ScrubError) {
    let rebuilt = Set(debug.tables.map(\.section.index))
    var comparison = try ReferenceComparison(plan: debug, after: after, roots: roots)
    for (old, new) in zip(debug.dwarf.sections, after.sections) {
      if rebuilt.contains(old.index) {
        try comparison.compareLabels(old, new)
        continue
      }
      if debug.line?.section.index == old.index {
        try comparison.compareLabels(old, new)
        let comparison = LineComparison(before: debug.dwarf, after: after, roots: roots)
        try comparison.compare(old, new)
        try comparison.compareShares(old, new)
      } else {
        try comparison.compare(old, new, expected: planned(old))
      }
    }
  }

  /// The old section's content with the edits planned in it.
  private func planned(_ section: DwarfSections.Section) -> Bytes {
    let edits = edits.filter { $0.section == section.index }
    if edits.isEmpty { return section.content }
    let copy = EditBuffer(copying: section.content)
    for edit in edits { copy.replace(at: edit.offset, with: edit.replacement) }
    return copy.bytes
  }
}
