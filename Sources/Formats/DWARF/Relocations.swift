/// The relocations that apply to one debug section of a relocatable file: the true value of an offset is not in the
/// section but is given by its relocation's symbol and addend (gABI "Relocation").
package struct Relocations: Sendable {
  package struct Entry: Sendable {
    /// Where the value is stored, in bytes from the debug section's start.
    package var position: Int
    /// The section in which the symbol is defined.
    package var section: Int
    package var symbolValue: UInt64
    /// Whether the symbol stands for the whole section (`STT_SECTION`, at its start). For a section symbol, a linker
    /// that merges strings looks up the string at the symbol plus the addend; for any other symbol, it looks up the
    /// string at the symbol alone, and adds the addend to that string's new position.
    package var isSectionSymbol: Bool
    /// The explicit addend (`SHT_RELA`); nil if it is stored in the section itself (`SHT_REL`).
    package var addend: UInt64?
    /// The location of the explicit addend: relocation section, and bytes from its start.
    package var field: (section: Int, offset: Int)

    package init(
      position: Int, section: Int, symbolValue: UInt64, isSectionSymbol: Bool, addend: UInt64? = nil,
      field: (section: Int, offset: Int)
    ) {
      self.position = position
      self.section = section
      self.symbolValue = symbolValue
      self.isSectionSymbol = isSectionSymbol
      self.addend = addend
      self.field = field
    }
  }

  /// Ascending by position.
  package let entries: [Entry]
  /// Width of an explicit addend in bytes.
  package let addendWidth: Int

  package init(_ entries: [Entry], addendWidth: Int) {
    self.entries = entries.sorted { $0.position < $1.position }
    self.addendWidth = addendWidth
  }

  /// The location of an entry's position (`r_offset`): relocation section, and bytes from its start. It is as wide as
  /// an addend.
  package func positionField(of entry: Entry) -> (section: Int, offset: Int) {
    // r_offset and r_info precede the addend, and are as wide.
    (entry.field.section, entry.field.offset - 2 * addendWidth)
  }

  /// The relocation at `position`, by binary search.
  package func entry(at position: Int) -> Entry? {
    let index = entries.partition { $0.position < position }
    guard index < entries.count, entries[index].position == position else { return nil }
    return entries[index]
  }

  /// The value of `raw`, read at `position`, after relocation.
  /// - Parameter width: of the field, in bytes; an addend stored there may be negative.
  package func value(of raw: UInt64, at position: Int, width: Int) -> UInt64 {
    guard let entry = entry(at: position) else { return raw }
    return entry.value(of: raw, width: width)
  }
}

extension Relocations.Entry {
  /// The value after relocation of a field of `width` bytes that holds `raw`.
  package func value(of raw: UInt64, width: Int) -> UInt64 {
    if let addend { return symbolValue &+ addend }
    // Only an addend stored in the field itself may be a negative number of its width.
    let value = symbolValue &+ raw
    return width < 8 ? value & (1 &<< UInt64(8 &* width) &- 1) : value
  }
}
