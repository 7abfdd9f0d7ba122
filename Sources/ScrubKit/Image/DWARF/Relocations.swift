/// The relocations that apply to one debug section of a relocatable file: the true value of an offset is not
/// in the section but in its relocation's symbol and addend (gABI "Relocation").
struct Relocations: Sendable {
  struct Entry: Sendable {
    /// Where the value goes, in bytes from the debug section's start.
    var position: Int
    /// The section that the symbol is defined in.
    var section: Int
    var symbolValue: UInt64
    /// Whether the symbol stands for the whole section (`STT_SECTION`, at its start). A linker that merges strings looks up the
    /// string at a section's symbol plus the addend; of any other symbol it looks up the string at the symbol alone,
    /// and adds the addend to where that string went.
    var isSectionSymbol: Bool
    /// The explicit addend (`SHT_RELA`); nil where it stands in the section itself (`SHT_REL`).
    var addend: UInt64?
    /// Where the explicit addend stands: relocation section, and bytes from its start.
    var field: (section: Int, offset: Int)
  }

  /// Ascending by position.
  let entries: [Entry]
  /// Bytes of an explicit addend.
  let addendWidth: Int

  init(_ entries: [Entry], addendWidth: Int) {
    self.entries = entries.sorted { $0.position < $1.position }
    self.addendWidth = addendWidth
  }

  /// Where the position of an entry stands (`r_offset`): relocation section, and bytes from its start. It is as wide
  /// as an addend.
  func positionField(of entry: Entry) -> (section: Int, offset: Int) {
    // r_offset and r_info come before the addend, and are as wide.
    (entry.field.section, entry.field.offset - 2 * addendWidth)
  }

  /// The relocation at `position`, by binary search.
  func entry(at position: Int) -> Entry? {
    let index = entries.partition { $0.position < position }
    guard index < entries.count, entries[index].position == position else { return nil }
    return entries[index]
  }

  /// What `raw`, read at `position`, is after relocation.
  /// - Parameter width: of the place, in bytes; an addend that stands there may be negative.
  func value(of raw: UInt64, at position: Int, width: Int) -> UInt64 {
    guard let entry = entry(at: position) else { return raw }
    return entry.value(of: raw, width: width)
  }
}

extension Relocations.Entry {
  /// What a place of `width` bytes that holds `raw` is after relocation.
  func value(of raw: UInt64, width: Int) -> UInt64 {
    let value = symbolValue &+ (addend ?? raw)
    return width < 8 ? value & (1 &<< UInt64(8 &* width) &- 1) : value
  }
}
