/// One unit index of a DWARF package (`.debug_cu_index`, `.debug_tu_index`; DWARF 5 section 7.3.5, and the GNU form,
/// version 2, on which it is based): a hash table of signatures, and a row of contributions for each unit.
package struct UnitIndexSection: Sendable {
  /// Section identifiers (DWARF 5 table 7.1); 2 is `.debug_types` in version 2.
  package enum Column {
    package static let info: UInt32 = 1
    package static let types: UInt32 = 2
    package static let abbreviations: UInt32 = 3
    package static let line: UInt32 = 4
    package static let stringOffsets: UInt32 = 6
    /// 7 in version 5; 8 in version 2, where 7 is `.debug_macinfo`.
    package static func macros(_ version: UInt16) -> UInt32 { version == 5 ? 7 : 8 }
  }

  package var version: UInt16
  /// One for each column.
  package var identifiers: [UInt32] = []
  /// The hash table: a slot's signature, and its row counted from 1; row 0 marks a free slot.
  package var slots: [(signature: UInt64, row: UInt32)] = []
  /// Where the signatures begin, then the row numbers, in bytes from the section's start.
  package var signaturesPosition: Int
  package var rowsPosition: Int
  /// Where each unit's contribution to each column's section begins and ends, in bytes.
  package var contributions: [[Range<UInt64>]] = []
  /// Where the table of offsets begins; that of sizes follows it and has the same length.
  package var offsetsPosition = 0

  package init(_ section: DwarfSections.Section, _ order: ByteOrder) throws(ScrubError) {
    var reader = Reader(section.content.span, order: order, section: section.label)
    // A 4-byte version 2, or a 2-byte version 5 and padding; in both byte orders the halves distinguish them.
    let first = try reader.u16()
    let second = try reader.u16()
    version = max(first, second)
    guard version == 2 || version == 5 else {
      throw reader.error("unit index version \(version) is not known", kind: .notUnderstood)
    }
    let columns = UInt64(try reader.u32())
    let units = UInt64(try reader.u32())
    let slotCount = UInt64(try reader.u32())
    signaturesPosition = reader.offset
    rowsPosition = 0
    guard slotCount <= UInt64(reader.remaining) / 12 else {
      throw reader.error("\(slotCount) slots do not fit")
    }
    for _ in 0..<slotCount { slots.append((try reader.u64(), 0)) }
    rowsPosition = reader.offset
    for slot in slots.indices { slots[slot].row = try reader.u32() }
    // A search for a signature ends at a free slot; without one, libdwarf would search forever.
    guard slots.isEmpty || slots.count & (slots.count - 1) == 0,
      slots.isEmpty || slots.contains(where: { $0.signature == 0 && $0.row == 0 })
    else { throw reader.error("\(slots.count) slots, none of them free or no power of two") }
    guard columns < 64, columns * units <= UInt64(reader.remaining) / 4 else {
      throw reader.error("\(units) units of \(columns) sections do not fit")
    }
    for _ in 0..<columns { identifiers.append(try reader.u32()) }
    offsetsPosition = reader.offset
    var offsets: [[UInt32]] = []
    for _ in 0..<units {
      var row: [UInt32] = []
      for _ in 0..<columns { row.append(try reader.u32()) }
      offsets.append(row)
    }
    for row in offsets {
      var shares: [Range<UInt64>] = []
      for offset in row {
        // In indexes whose sizes are truncated, the ends are unknown.
        let size = reader.remaining >= 4 ? try reader.u32() : 0
        shares.append(UInt64(offset)..<UInt64(offset) + UInt64(size))
      }
      contributions.append(shares)
    }
  }

  /// The column of the units themselves.
  package var unitColumn: Int? {
    identifiers.firstIndex { $0 == Column.info || (version == 2 && $0 == Column.types) }
  }
}

/// Where each unit's contributions to the other sections of a DWARF package begin.
package struct UnitIndex: Sendable {
  /// Contributions by column, by the unit's section and its position there.
  private var shares: [String: [UInt64: [UInt32: Range<UInt64>]]] = [:]
  /// For each macro contribution, the same unit's contribution to `.debug_str_offsets`.
  package private(set) var stringOffsetsOfMacros: [(macros: Range<UInt64>, strings: Range<UInt64>)] = []

  /// Empty for anything but a package.
  package init(_ dwarf: DwarfSections) throws(ScrubError) {
    for section in dwarf.sections where section.isUnitIndex {
      try read(try UnitIndexSection(section, dwarf.order))
    }
  }

  package var isEmpty: Bool { shares.isEmpty }

  package func abbreviations(ofUnitAt offset: Int, in section: String) -> UInt64 {
    share(UnitIndexSection.Column.abbreviations, ofUnitAt: offset, in: section)?.lowerBound ?? 0
  }

  /// The unit's contribution to `.debug_str_offsets`, in bytes from that section's start.
  package func stringOffsets(ofUnitAt offset: Int, in section: String) -> Range<UInt64>? {
    share(UnitIndexSection.Column.stringOffsets, ofUnitAt: offset, in: section)
  }

  private func share(_ column: UInt32, ofUnitAt offset: Int, in section: String) -> Range<UInt64>? {
    shares.isEmpty ? nil : shares[section]?[UInt64(offset)]?[column]
  }

  private mutating func read(_ index: UnitIndexSection) throws(ScrubError) {
    guard let unitColumn = index.unitColumn else { return }
    let name =
      index.identifiers[unitColumn] == UnitIndexSection.Column.info ? ".debug_info" : ".debug_types"
    for row in index.contributions {
      var named: [UInt32: Range<UInt64>] = [:]
      for (identifier, share) in zip(index.identifiers, row) { named[identifier] = share }
      shares[name, default: [:]][row[unitColumn].lowerBound] = named
      if let macros = named[UnitIndexSection.Column.macros(index.version)],
        let strings = named[UnitIndexSection.Column.stringOffsets]
      {
        stringOffsetsOfMacros.append((macros, strings))
      }
    }
  }
}

extension DwarfSections.Section {
  package var isUnitIndex: Bool { name == ".debug_cu_index" || name == ".debug_tu_index" }
}
