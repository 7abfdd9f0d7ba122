/// The unit indexes of a DWARF package (`.debug_cu_index`, `.debug_tu_index`; DWARF 5 section 7.3.5, and the
/// GNU form, version 2, that it came from): where each unit's share of the other sections begins.
struct UnitIndex {
  /// Where a unit's abbreviations begin, by its section and its place there.
  private var bases: [String: [UInt64: UInt64]] = [:]

  /// Section identifiers (DWARF 5 table 7.1); 2 is `.debug_types` in version 2.
  private enum Column {
    static let info: UInt32 = 1
    static let types: UInt32 = 2
    static let abbreviations: UInt32 = 3
  }

  /// Empty for anything but a package.
  init(_ dwarf: DwarfSections) throws(ScrubError) {
    for section in dwarf.sections where section.name == ".debug_cu_index" || section.name == ".debug_tu_index"
    {
      try read(section, dwarf.order)
    }
  }

  func abbreviations(ofUnitAt offset: Int, in section: String) -> UInt64 {
    bases.isEmpty ? 0 : bases[section]?[UInt64(offset)] ?? 0
  }

  private mutating func read(_ section: DwarfSections.Section, _ order: ByteOrder) throws(ScrubError) {
    var reader = Reader(section.content.span, order: order, section: section.label)
    // A 4-byte version 2, or a 2-byte version 5 and padding; in both byte orders the halves tell them apart.
    let first = try reader.u16()
    let second = try reader.u16()
    let version = max(first, second)
    guard version == 2 || version == 5 else {
      throw reader.error("unit index version \(version) is not known", kind: .notUnderstood)
    }
    let columns = UInt64(try reader.u32())
    let units = UInt64(try reader.u32())
    let slots = UInt64(try reader.u32())
    try reader.skip(claimed: slots * 12)  // signatures and row numbers
    guard columns < 64, columns * units <= UInt64(max(reader.remaining, 0)) / 4 else {
      throw reader.error("\(units) units of \(columns) sections do not fit")
    }
    var identifiers: [UInt32] = []
    for _ in 0..<columns { identifiers.append(try reader.u32()) }
    let unitColumn = identifiers.firstIndex { $0 == Column.info || (version == 2 && $0 == Column.types) }
    guard let unitColumn, let abbreviations = identifiers.firstIndex(of: Column.abbreviations) else { return }
    let name = identifiers[unitColumn] == Column.info ? ".debug_info" : ".debug_types"
    for _ in 0..<units {
      var row: [UInt32] = []
      for _ in 0..<columns { row.append(try reader.u32()) }
      bases[name, default: [:]][UInt64(row[unitColumn])] = UInt64(row[abbreviations])
    }
  }
}
