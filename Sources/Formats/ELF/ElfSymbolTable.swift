internal import CElf

/// The entries of one symbol table (gABI "Symbol Table"), limited to locations in sections.
package struct ElfSymbolTable: Sendable {
  package struct Symbol: Sendable {
    /// The symbol's section, extended numbering resolved; 0 if it is not defined in one.
    package var section: Int
    package var value: UInt64
    package var size: UInt64
    /// Whether it stands for the section that the header describes (`STT_SECTION`). Texas Instruments' linkers leave
    /// symbols of this type at the start of every input section.
    package var isSection: Bool

    package init(
      section: Int, value: UInt64, size: UInt64, isSection: Bool
    ) {
      self.section = section
      self.value = value
      self.size = size
      self.isSection = isSection
    }
  }

  /// By index; the first is the null symbol.
  package let symbols: [Symbol]
  package let is64: Bool

  /// - Throws: if an entry has no section number, or the table's size is not a multiple of an entry's.
  package init(_ image: ElfImage, _ table: ElfImage.Section) throws(ScrubError) {
    is64 = image.header.is64
    let size = is64 ? 24 : 16
    let content = table.fileRange.map { image.bytes[$0] } ?? Bytes([])
    guard table.entrySize == UInt64(size), content.count % size == 0 else {
      throw ScrubError("symbols are not of \(size) bytes", section: table.name, offset: 0)
    }
    let extended = image.sections.first {
      $0.type == UInt32(SHT_SYMTAB_SHNDX) && $0.link == UInt32(table.index)
    }
    let numbers = extended?.fileRange.map { image.bytes[$0] } ?? Bytes([])
    var reader = Reader(content.span, order: image.header.order, section: table.name)
    var symbols: [Symbol] = []
    symbols.reserveCapacity(content.count / size)
    while !reader.isAtEnd {
      try reader.skip(4)  // st_name
      var (value, size): (UInt64, UInt64) = (0, 0)
      if !is64 { (value, size) = (try reader.unsigned(4), try reader.unsigned(4)) }
      let info = try reader.u8()
      try reader.skip(1)  // st_other
      var section = Int(try reader.u16())
      if is64 { (value, size) = (try reader.unsigned(8), try reader.unsigned(8)) }
      if section == Int(SHN_XINDEX) {
        let position = 4 * symbols.count
        guard position + 4 <= numbers.count else { throw reader.error("symbol has no section number") }
        section = Int(numbers.span.unsigned(at: position, width: 4, order: image.header.order))
      } else if section >= Int(SHN_LORESERVE) {
        section = 0
      }
      let isAtStart =
        value == 0 || image.sections.indices.contains(section) && value == image.sections[section].address
      symbols.append(
        Symbol(
          section: section, value: value, size: size,
          isSection: info & 0xf == UInt8(STT_SECTION) && isAtStart))
    }
    self.symbols = symbols
  }

  /// The position of `st_value` of a symbol, in bytes from the table's start.
  package func valueOffset(of symbol: Int) -> Int { is64 ? 24 * symbol + 8 : 16 * symbol + 4 }
}

extension ElfImage {
  /// Every symbol inside a debug section, by the section's index, with its reason for not being able to follow when
  /// strings move.
  ///
  /// Linkers and assemblers usually drop such symbols. If they remain, relocations refer to them, here or in the file
  /// that this one is linked with.
  package func debugLabels(
    _ tables: [Int: ElfSymbolTable]
  ) -> (labels: [Int: [DwarfSections.Label]], fixtures: [Int: String]) {
    var labels: [Int: [DwarfSections.Label]] = [:]
    var fixtures: [Int: String] = [:]
    for (index, table) in tables.sorted(by: { $0.key < $1.key }) {
      for (number, symbol) in table.symbols.enumerated() where !symbol.isSection && symbol.section > 0 {
        guard sections.indices.contains(symbol.section), sections[symbol.section].debugName != nil else {
          continue
        }
        // In a linked file the value is relative to address 0, in a relocatable one to its section.
        let base = header.type == Self.relocatable ? 0 : sections[symbol.section].address
        labels[symbol.section, default: []].append(
          DwarfSections.Label(
            offset: symbol.value &- base, field: (index, table.valueOffset(of: number))))
        if symbol.size > 0 { fixtures[symbol.section] = "a symbol inside of it has a size" }
        if sections[index].type != UInt32(SHT_SYMTAB) || sections[index].isCompressed {
          fixtures[symbol.section] = "\(sections[index].name) has a symbol inside of it"
        }
      }
    }
    return (labels, fixtures)
  }
}
