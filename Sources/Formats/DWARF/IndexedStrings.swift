extension Form {
  /// Whether the value is an index into `.debug_str_offsets` (DWARF 5 section 7.26): strx, GNU_str_index, strx1
  /// to strx4.
  package var isStringIndex: Bool {
    switch DwarfForm(rawValue: code) {
    case .strx, .strx1, .strx2, .strx3, .strx4, .gnuStrIndex: true
    default: false
    }
  }

  /// Whether it is such an index, encoded as ULEB128.
  package var isVariableStringIndex: Bool { isOne(.strx) || isOne(.gnuStrIndex) }

  /// Whether the value refers to another DIE of the unit, relative to the unit's start: ref1 to ref8, ref_udata.
  package var isUnitReference: Bool {
    switch DwarfForm(rawValue: code) {
    case .ref1, .ref2, .ref4, .ref8, .refUdata: true
    default: false
    }
  }
}

/// Reads the strings that split units refer to, in any form.
package struct IndexedStrings {
  package let dwarf: DwarfSections
  package let index: UnitIndex

  package init(
    dwarf: DwarfSections, index: UnitIndex
  ) {
    self.dwarf = dwarf
    self.index = index
  }

  /// A unit's own contribution to `.debug_str_offsets`: where its entries begin and end, and their width in bytes.
  package struct Table: Hashable {
    package var entries: Range<Int>
    package var width: Int

    package init(
      entries: Range<Int>, width: Int
    ) {
      self.entries = entries
      self.width = width
    }

    package var count: Int { entries.count / width }
  }

  /// - Throws: if the section is missing or does not contain the table.
  package func table(of unit: UnitHeader, in section: DwarfSections.Section) throws(ScrubError) -> Table {
    let share = index.stringOffsets(ofUnitAt: unit.range.lowerBound, in: section.name)
    return try table(share, version: unit.encoding.version)
  }

  /// - Parameter share: in a package, the unit's part of the section; nil for all of it.
  package func table(_ share: Range<UInt64>?, version: UInt16) throws(ScrubError) -> Table {
    guard let offsets = dwarf[".debug_str_offsets"] else {
      throw ScrubError("there is no .debug_str_offsets", section: ".debug_info")
    }
    let whole = share ?? 0..<UInt64(offsets.content.count)
    guard whole.upperBound <= UInt64(offsets.content.count) else {
      throw ScrubError("the unit's share lies outside", section: offsets.label, offset: whole.lowerBound)
    }
    let start = Int(whole.lowerBound)
    // GNU split DWARF of version 4 has no header, and 32-bit offsets.
    guard version >= 5 else {
      return Table(entries: start..<start + (Int(whole.upperBound) - start) / 4 * 4, width: 4)
    }
    var reader = Reader(
      offsets.content.span, order: dwarf.order, section: offsets.label, at: start)
    let (length, width) = try reader.unitLength()
    let end = reader.offset + length
    try reader.skip(4)  // version and padding
    guard reader.offset <= end else { throw reader.error("table of \(length) bytes has no header") }
    return Table(entries: reader.offset..<reader.offset + (end - reader.offset) / width * width, width: width)
  }

  /// The string for an index; nil if there is none.
  package func string(at number: UInt64, in table: Table) -> Bytes? {
    guard number < UInt64(table.count), let offsets = dwarf[".debug_str_offsets"] else { return nil }
    let position = table.entries.lowerBound + Int(number) * table.width
    let raw = offsets.content.span.unsigned(at: position, width: table.width, order: dwarf.order)
    let target = offsets.relocations?.value(of: raw, at: position, width: table.width) ?? raw
    return dwarf[".debug_str"]?.content.string(at: target)
  }

  /// The string of a value; nil for any other value, and if it leads nowhere.
  package func string(
    of value: DebugEntries.Value, in section: DwarfSections.Section, _ table: Table?
  ) -> Bytes? {
    switch DwarfForm(rawValue: value.form.code) {
    case .string: section.content[value.range.lowerBound..<value.range.upperBound - 1]
    case .strp: dwarf[".debug_str"]?.content.string(at: value.number)
    case .lineStrp: dwarf[".debug_line_str"]?.content.string(at: value.number)
    case _ where value.form.isStringIndex: table.flatMap { string(at: value.number, in: $0) }
    default: nil
    }
  }
}
