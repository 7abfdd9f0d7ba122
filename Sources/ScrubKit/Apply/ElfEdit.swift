/// Carries out a plan on a copy of the image.
enum ElfEdit {
  /// The edited image; its seals are still those of the input.
  static func apply(_ plan: ElfPlan, to image: ElfImage, _ dwarf: DwarfSections) throws(ScrubError)
    -> EditBuffer
  {
    let output = EditBuffer(copying: image.bytes)
    for edit in plan.inPlace { output.replace(at: edit.range.lowerBound, with: edit.replacement) }
    if !plan.tables.isEmpty { try redirect(plan, image, dwarf, output) }
    for table in plan.tables { place(table, image, output) }
    for gap in plan.gaps { output.zero(gap) }
    return output
  }

  /// Makes every reference point to where its string will be.
  private static func redirect(
    _ plan: ElfPlan, _ image: ElfImage, _ dwarf: DwarfSections, _ output: borrowing EditBuffer
  ) throws(ScrubError) {
    let str = plan.tables.first { $0.kind == .str }
    let lineStr = plan.tables.first { $0.kind == .lineStr }
    try StringReferences(dwarf: dwarf).forEach { section, reference throws(ScrubError) in
      let table = reference.table == .str ? str : lineStr
      guard let table else { return }
      guard let new = table.newOffset(reference.target) else {
        throw ScrubError(
          "reference was not planned for", section: section.name, offset: UInt64(reference.position))
      }
      let position = Int(image.sections[section.index].offset) + reference.position
      output.store(new, at: position, width: reference.width, order: dwarf.order)
    }
  }

  /// Writes the new table into the old one's slot. The rest of the slot belongs to nobody and is zero.
  private static func place(_ table: ElfPlan.Table, _ image: ElfImage, _ output: borrowing EditBuffer) {
    let slot = Int(table.section.offset)..<Int(table.section.offset + table.section.size)
    output.zero(slot)
    output.replace(at: slot.lowerBound, with: table.content.bytes)
    // sh_size stands at 0x20 in Elf64_Shdr and at 0x14 in Elf32_Shdr (gABI "Section Header").
    let field = image.sectionHeaderOffset(of: table.section) + (image.header.is64 ? 0x20 : 0x14)
    output.store(
      UInt64(table.content.bytes.count), at: field, width: image.header.is64 ? 8 : 4,
      order: image.header.order)
  }
}
