/// All offsets that an image contains into its string tables and line number programs.
package struct SectionReferences {
  package let dwarf: DwarfSections

  package init(
    dwarf: DwarfSections
  ) {
    self.dwarf = dwarf
  }

  /// Debug sections that never hold an offset into a string table.
  private static let silent: Set<String> = [
    ".debug_abbrev", ".debug_addr", ".debug_aranges", ".debug_frame", ".debug_gdb_scripts",
    ".debug_gnu_pubnames", ".debug_gnu_pubtypes", ".debug_line_str", ".debug_loc", ".debug_loclists",
    ".debug_macinfo", ".debug_pubnames", ".debug_pubtypes", ".debug_ranges", ".debug_rnglists", ".debug_str",
    ".debug_sup",
  ]

  /// Calls `body` with every reference: sections in image order, positions ascending in each.
  /// - Throws: `.notUnderstood` if a section, version or form is unknown, so that there may be more references than
  ///   were reported; `.failure` if the DWARF contradicts itself.
  package func visit(
    _ body: (DwarfSections.Section, SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    for section in dwarf.sections {
      try forEach(in: section) { (reference: SectionReference) throws(ScrubError) in
        try body(section, reference)
      }
    }
  }

  /// The references of one section; in a relocatable file with their values after relocation.
  package func forEach(
    in section: DwarfSections.Section, _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    guard let relocations = section.relocations else { return try walk(section, body) }
    try walk(section) { (reference: SectionReference) throws(ScrubError) in
      guard let entry = relocations.entry(at: reference.position) else { return try body(reference) }
      guard
        dwarf.sections.contains(where: { $0.index == entry.section && $0.name == reference.kind.sectionName })
      else {
        throw ScrubError(
          "the relocation does not lead to \(reference.kind.sectionName)", section: section.label,
          offset: UInt64(reference.position), kind: .notUnderstood)
      }
      var resolved = reference
      resolved.target = entry.value(of: reference.target, width: reference.width)
      try body(resolved)
    }
  }

  private func walk(
    _ section: DwarfSections.Section, _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    let order = dwarf.order
    let addressSize = Int(dwarf.addressSize)
    switch section.name {
    case ".debug_info", ".debug_types":
      guard let abbreviations = dwarf[".debug_abbrev"] else {
        throw ScrubError("there is no .debug_abbrev", section: section.label)
      }
      try InfoReferences.forEach(
        in: section, abbreviations: abbreviations.content, order: order, index: try UnitIndex(dwarf), body)
    case ".debug_line":
      try LinePrograms.forEach(
        in: section, addressSize: addressSize, order: order, reference: body,
        program: { (_) throws(ScrubError) in })
    case ".debug_macro":
      try MacroReferences.forEach(in: section, addressSize: addressSize, order: order, body)
    case ".debug_str_offsets":
      try StringOffsetsReferences.forEach(in: section, order: order, hasHeaders: try hasOffsetHeaders(), body)
    case ".debug_names":
      try NameIndexReferences.forEach(in: section, order: order, body)
    case ".gdb_index":
      try GdbIndex.check(section)
    case _ where AcceleratorReferences.sections.contains(section.name):
      try AcceleratorReferences.forEach(in: section, order: order, body)
    case ".debug_cu_index", ".debug_tu_index":
      break  // offsets of whole contributions, none of them in a string table
    default:
      if !Self.silent.contains(section.name) {
        throw ScrubError(
          "the section may refer to string tables in a way not known", section: section.label,
          kind: .notUnderstood)
      }
    }
  }

  /// Whether `.debug_str_offsets` has headers: from DWARF 5 on. In GNU split DWARF of version 4 it has none.
  private func hasOffsetHeaders() throws(ScrubError) -> Bool {
    guard dwarf.isSplit else { return true }
    var versions: Set<Bool> = []
    for section in dwarf.sections where section.name == ".debug_info" || section.name == ".debug_types" {
      var reader = Reader(section.content.span, order: dwarf.order, section: section.label)
      while !reader.isAtEnd, !reader.isPadding {
        let unit = try UnitHeader(&reader, isTypes: section.name == ".debug_types")
        versions.insert(unit.encoding.version >= 5)
        try reader.seek(to: unit.range.upperBound)
      }
    }
    guard versions.count < 2 else {
      throw ScrubError(
        "units of DWARF 4 and 5 share .debug_str_offsets.dwo", section: ".debug_info.dwo",
        kind: .notUnderstood)
    }
    return versions.first ?? true
  }
}
