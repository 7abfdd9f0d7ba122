import Formats

/// Carries out a plan on a copy of the image.
struct ElfEdit {
  let image: ElfImage
  let plan: ElfPlan

  /// The edited image; its seals are still those of the input.
  func apply() throws(ScrubError) -> EditBuffer {
    // Contents that are known before the layout: rebuilt tables, and sections to recompress.
    let contents = try newContents()

    // Layout: where everything goes.
    let layout = try layout(of: contents)

    // Copy: every section to its new place, everything else to its old place.
    let output = EditBuffer(count: layout.fileSize)
    copy(contents, layout, to: output)

    // Headers: update what the layout changed.
    writeHeaders(layout, to: output)

    // Edits: strings in place, references to their targets' new places.
    for edit in plan.inPlace { replace(edit, contents, layout, in: output) }
    if let strings = plan.symbolStrings { rename(strings, layout, in: output) }
    for debug in plan.debug where debug.redirects {
      try redirect(debug, contents, layout, in: output)
      moveRelocations(debug, layout, in: output)
      try moveLabels(debug, layout, in: output)
    }
    return output
  }

  private func newContents() throws(ScrubError) -> [Int: Bytes] {
    var contents: [Int: Bytes] = [:]
    if let strings = plan.symbolStrings { contents[strings.strings] = strings.bytes }
    for debug in plan.debug {
      for table in debug.tables {
        contents[table.section.index] = try stored(table.bytes, image.sections[table.section.index])
      }
      if let line = debug.line {
        contents[line.section.index] = try stored(line.bytes, image.sections[line.section.index])
      }
      for section in debug.dwarf.sections where contents[section.index] == nil {
        if let content = try recompressed(section, debug) { contents[section.index] = content }
      }
    }
    return contents
  }

  /// A compressed section with its edits and redirections; nil if it is not compressed or not affected.
  private func recompressed(
    _ section: DwarfSections.Section, _ debug: DebugPlan
  ) throws(ScrubError) -> Bytes? {
    let header = image.sections[section.index]
    let edits = plan.inPlace.filter { $0.section == section.index }
    // All sections that hold references, changed or not: in another build they may have changed, and the bytes must
    // come from the same encoder.
    guard header.isCompressed, debug.redirects || !edits.isEmpty else { return nil }
    let buffer = EditBuffer(copying: section.content)
    for edit in edits { buffer.replace(at: edit.offset, with: edit.replacement) }
    if debug.redirects {
      try debug.forEachRedirection(in: section) { reference, value in
        // The field under an explicit addend has no meaning, and is left as the compiler wrote it.
        if section.relocations?.entry(at: reference.position)?.addend != nil { return }
        buffer.store(value, at: reference.position, width: reference.width, order: debug.dwarf.order)
      }
    }
    return try stored(buffer.bytes, header)
  }

  /// A section's content as stored in the file.
  private func stored(_ content: Bytes, _ section: ElfImage.Section) throws(ScrubError) -> Bytes {
    guard section.isCompressed, let range = section.fileRange else { return content }
    return try CompressedSection.deflate(content, like: image.bytes[range], section, image.header)
  }

  private func layout(of contents: [Int: Bytes]) throws(ScrubError) -> ElfLayout {
    let sizes = contents.mapValues(\.count)
    if plan.layout == .compact, let layout = ElfLayout(compact: image, sizes: sizes) { return layout }
    return try ElfLayout(slot: image, sizes: sizes)
  }

  private func copy(_ contents: [Int: Bytes], _ layout: ElfLayout, to output: borrowing EditBuffer) {
    output.replace(at: 0, with: image.bytes[0..<layout.fixedEnd])
    for gap in image.gaps where gap.lowerBound < layout.fixedEnd {
      output.zero(gap.clamped(to: 0..<layout.fixedEnd))
    }
    for index in layout.movable {
      guard let range = image.sections[index].fileRange, contents[index] == nil else { continue }
      output.replace(at: layout.offset(of: index), with: image.bytes[range])
    }
    for (index, content) in contents {
      if !layout.movable.contains(index), let slot = image.sections[index].fileRange { output.zero(slot) }
      output.replace(at: layout.offset(of: index), with: content)
    }
    output.replace(at: layout.sectionHeaderOffset, with: image.bytes[image.sectionHeaderRange])
  }

  /// `e_shoff`, `sh_offset` and `sh_size` (gABI "ELF Header" and "Section Header").
  private func writeHeaders(_ layout: ElfLayout, to output: borrowing EditBuffer) {
    let is64 = image.header.is64
    let width = is64 ? 8 : 4
    if !image.sections.isEmpty {
      output.store(
        UInt64(layout.sectionHeaderOffset), at: is64 ? 0x28 : 0x20, width: width, order: image.header.order)
    }
    for section in image.sections where section.index > 0 {
      guard let place = layout.places[section.index] else { continue }
      let header = layout.sectionHeaderOffset + section.index * image.header.sectionHeaderEntrySize
      output.store(
        UInt64(place.offset), at: header + (is64 ? 0x18 : 0x10), width: width, order: image.header.order)
      // A section without bytes in the file keeps its size in memory.
      guard section.fileRange != nil else { continue }
      output.store(
        UInt64(place.size), at: header + (is64 ? 0x20 : 0x14), width: width, order: image.header.order)
    }
  }

  private func replace(
    _ edit: InPlaceEdit, _ contents: [Int: Bytes], _ layout: ElfLayout,
    in output: borrowing EditBuffer
  ) {
    guard let section = edit.section else {
      // A gap between sections that moved together is gone.
      if edit.offset < layout.fixedEnd { output.replace(at: edit.offset, with: edit.replacement) }
      return
    }
    if contents[section] == nil {
      output.replace(at: layout.offset(of: section) + edit.offset, with: edit.replacement)
    }
  }

  /// Makes every reference point to its target's new place.
  private func redirect(
    _ debug: DebugPlan, _ contents: [Int: Bytes], _ layout: ElfLayout, in output: borrowing EditBuffer
  ) throws(ScrubError) {
    for section in debug.dwarf.sections {
      if section.index == debug.line?.section.index { continue }
      let isWritten = contents[section.index] != nil
      let base = layout.offset(of: section.index)
      try debug.forEachRedirection(in: section) { reference, value in
        guard let entry = section.relocations?.entry(at: reference.position), entry.addend != nil else {
          // A relocation without explicit addend adds its symbol to the stored value.
          if !isWritten {
            output.store(
              value, at: base + reference.position, width: reference.width, order: image.header.order)
          }
          return
        }
        output.store(
          value, at: layout.offset(of: entry.field.section) + entry.field.offset,
          width: section.relocations?.addendWidth ?? 8, order: image.header.order)
      }
    }
  }

  /// Updates the names of symbols (`st_name`, gABI "Symbol Table").
  private func rename(_ plan: SymbolStringPlan, _ layout: ElfLayout, in output: borrowing EditBuffer) {
    let table = image.sections[plan.symbols]
    let start = layout.offset(of: table.index)
    for (index, name) in image.symbolNames(in: table).enumerated() {
      output.store(
        UInt64(plan.newName(name)), at: start + index * Int(table.entrySize), width: 4,
        order: image.header.order)
    }
  }

  /// Updates symbols inside rebuilt sections, so that they name the same things (`st_value`, gABI "Symbol Table").
  private func moveLabels(
    _ debug: DebugPlan, _ layout: ElfLayout, in output: borrowing EditBuffer
  ) throws(ScrubError) {
    let width = image.header.is64 ? 8 : 4
    try debug.forEachMovedLabel { label, distance in
      guard let table = image.sections[label.field.section].fileRange else { return }
      let value = image.bytes.span.unsigned(
        at: table.lowerBound + label.field.offset, width: width, order: image.header.order)
      output.store(
        value &+ distance, at: layout.offset(of: label.field.section) + label.field.offset, width: width,
        order: image.header.order)
    }
  }

  /// Moves relocations in a rebuilt line section with their bytes (`r_offset`, gABI "Relocation").
  private func moveRelocations(_ debug: DebugPlan, _ layout: ElfLayout, in output: borrowing EditBuffer) {
    guard let line = debug.line,
      let relocations = debug.dwarf.sections.first(where: { $0.index == line.section.index })?.relocations
    else { return }
    for entry in relocations.entries {
      guard let position = line.newPosition(entry.position), position != entry.position else { continue }
      let field = relocations.positionField(of: entry)
      output.store(
        UInt64(position), at: layout.offset(of: field.section) + field.offset,
        width: relocations.addendWidth, order: image.header.order)
    }
  }
}
