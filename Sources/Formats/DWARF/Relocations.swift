/// The relocations that apply to one debug section of a relocatable file: the true value of an offset is not
/// in the section but in its relocation's symbol and addend (gABI "Relocation").
package struct Relocations: Sendable {
  package struct Entry: Sendable {
    /// Where the value goes, in bytes from the debug section's start.
    package var position: Int
    /// The section that the symbol is defined in.
    package var section: Int
    package var symbolValue: UInt64
    /// Whether the symbol stands for the whole section (`STT_SECTION`, at its start). A linker that merges strings looks up the
    /// string at a section's symbol plus the addend; of any other symbol it looks up the string at the symbol alone,
    /// and adds the addend to where that string went.
    package var isSectionSymbol: Bool
    /// The explicit addend (`SHT_RELA`); nil where it stands in the section itself (`SHT_REL`).
    package var addend: UInt64?
    /// Where the explicit addend stands: relocation section, and bytes from its start.
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
  /// Bytes of an explicit addend.
  package let addendWidth: Int

  package init(_ entries: [Entry], addendWidth: Int) {
    self.entries = entries.sorted { $0.position < $1.position }
    self.addendWidth = addendWidth
  }

  /// Where the position of an entry stands (`r_offset`): relocation section, and bytes from its start. It is as wide
  /// as an addend.
  package func positionField(of entry: Entry) -> (section: Int, offset: Int) {
    // r_offset and r_info come before the addend, and are as wide.
    (entry.field.section, entry.field.offset - 2 * addendWidth)
  }

  /// The relocation at `position`, by binary search.
  package func entry(at position: Int) -> Entry? {
    let index = entries.partition { $0.position < position }
    guard index < entries.count, entries[index].position == position else { return nil }
    return entries[index]
  }

  /// What `raw`, read at `position`, is after relocation.
  /// - Parameter width: of the place, in bytes; an addend that stands there may be negative.
  package func value(of raw: UInt64, at position: Int, width: Int) -> UInt64 {
    guard let entry = entry(at: position) else { return raw }
    return entry.value(of: raw, width: width)
  }
}

extension Relocations.Entry {
  /// What a place of `width` bytes that holds `raw` is after relocation.
  package func value(of raw: UInt64, width: Int) -> UInt64 {
    if let addend { return symbolValue &+ addend }
    // Only what stands in the place itself may be a negative number of its width.
    let value = symbolValue &+ raw
    return width < 8 ? value & (1 &<< UInt64(8 &* width) &- 1) : value
  }
}
