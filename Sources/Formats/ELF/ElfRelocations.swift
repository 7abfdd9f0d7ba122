internal import CElf

/// What relocations and symbols say about the debug sections of an image.
package struct ElfDebugReferences: Sendable {
  /// The relocations of each debug section of a relocatable file, by the index of the section they apply to.
  package private(set) var relocations: [Int: Relocations] = [:]
  /// The symbols inside each debug section, by its index.
  package private(set) var labels: [Int: [DwarfSections.Label]] = [:]
  /// Why these symbols, and references to them, cannot follow strings that move, by section.
  package private(set) var fixtures: [Int: String] = [:]

  /// `EM_LOONGARCH`, which older headers lack.
  private static let loongArch: UInt16 = 258

  /// - Throws: if symbols or relocations cannot be read.
  package init(_ image: ElfImage) throws(ScrubError) {
    guard image.sections.contains(where: { $0.debugName != nil }) else { return }
    let isRelocatable = image.header.type == ElfImage.relocatable
    var tables: [Int: ElfSymbolTable] = [:]
    for section in image.sections
    where section.type == UInt32(SHT_SYMTAB) || section.type == UInt32(SHT_DYNSYM) {
      do throws(ScrubError) {
        tables[section.index] = try ElfSymbolTable(image, section)
      } catch {
        // Only relocations require the table to be understood.
        if isRelocatable { throw error }
      }
    }
    (labels, fixtures) = image.debugLabels(tables)
    guard isRelocatable else { return }
    var found: [Int: [Relocations.Entry]] = [:]
    for table in image.sections where table.type == UInt32(SHT_RELA) || table.type == UInt32(SHT_REL) {
      guard let target = image.sections.indices.contains(Int(table.info)) ? Int(table.info) : nil,
        table.fileRange != nil
      else { continue }
      let isDebug = image.sections[target].debugName != nil
      // Relaxing linkers use relocations even for lengths; such files cannot be walked before linking.
      if image.header.machine == UInt16(EM_RISCV) || image.header.machine == Self.loongArch {
        if !isDebug { continue }
        throw ScrubError(
          "lengths are subject to relocation on this machine", section: table.name, kind: .notUnderstood)
      }
      if table.isCompressed {
        throw ScrubError("relocations are compressed", section: table.name, kind: .notUnderstood)
      }
      let symbols = tables[Int(table.link)]
      if isDebug {
        try Self.forEach(in: table, image, symbols) { found[target, default: []].append($0) }
      } else {
        // Other sections may also refer to strings: their addends are not ours to change.
        try Self.forEach(in: table, image, symbols) { entry in
          guard image.sections.indices.contains(entry.section), fixtures[entry.section] == nil,
            image.sections[entry.section].debugName != nil
          else { return }
          fixtures[entry.section] = "\(table.name) leads into it"
        }
      }
    }
    relocations = found.mapValues { Relocations($0, addendWidth: image.header.is64 ? 8 : 4) }
  }

  /// The entries of one relocation section (gABI "Relocation"), with their symbols.
  private static func forEach(
    in table: ElfImage.Section, _ image: ElfImage, _ symbols: ElfSymbolTable?,
    _ body: (Relocations.Entry) -> Void
  ) throws(ScrubError) {
    let (is64, isRela) = (image.header.is64, table.type == UInt32(SHT_RELA))
    // Elf64_Rela is 24 bytes with the addend at 16, Elf32_Rela 12 with the addend at 8.
    let width = is64 ? 8 : 4
    let size = isRela ? 3 * width : 2 * width
    let content = table.fileRange.map { image.bytes[$0] } ?? Bytes([])
    guard table.entrySize == UInt64(size), let symbols = symbols?.symbols else {
      throw ScrubError(
        "relocations are not of \(size) bytes, or have no symbols", section: table.name, offset: 0)
    }
    // The 64-bit ABI of MIPS has a 32-bit number and four bytes instead of one r_info.
    let isSplit = is64 && image.header.machine == UInt16(EM_MIPS) && image.header.order == .little
    var reader = Reader(content.span, order: image.header.order, section: table.name)
    while reader.remaining >= size {
      let start = reader.offset
      let offset = try reader.unsigned(width)
      let info = try reader.unsigned(width)
      let number = isSplit ? info & 0xffff_ffff : is64 ? info >> 32 : info >> 8
      var addend: UInt64?
      if isRela {
        let raw = try reader.unsigned(width)
        addend = is64 ? raw : UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: raw)))
      }
      guard number < UInt64(symbols.count), let position = Int(exactly: offset) else {
        throw ScrubError("relocation of no symbol", section: table.name, offset: UInt64(start))
      }
      let symbol = symbols[Int(number)]
      body(
        Relocations.Entry(
          position: position, section: symbol.section, symbolValue: symbol.value,
          isSectionSymbol: symbol.isSection, addend: addend, field: (table.index, start + 2 * width)))
    }
  }
}
