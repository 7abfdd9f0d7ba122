internal import CElf

/// What relocations refer to (gABI "Relocation"): symbol plus addend, where the addend is explicit, in the relocated
/// bytes, or packed (`SHT_RELR`).
package struct ElfRelocationTargets {
  private let image: ElfImage
  private let addresses: ElfAddresses
  private let symbols: ElfSymbols
  package private(set) var obstacle: String?

  package init(_ image: ElfImage, _ addresses: ElfAddresses) {
    self.image = image
    self.addresses = addresses
    symbols = ElfSymbols(image, addresses)
  }

  private enum Kind { case rel, rela, relr }

  private struct Table {
    var name: String
    var kind: Kind
    var range: Range<Int>
    /// The file offset of symbol 0; nil if no symbols are referenced.
    var symbols: Int?
    var symbolTable: ElfImage.Section?
    /// For an object file: the section whose bytes are relocated.
    var target: ElfImage.Section?
  }

  package mutating func visit(_ references: inout References) {
    for table in addresses.isObject ? objectTables() : linkedTables() {
      if table.kind == .relr { packed(table, &references) } else { plain(table, &references) }
    }
  }

  // MARK: Tables

  private func objectTables() -> [Table] {
    image.sections.compactMap { section in
      guard section.type == UInt32(SHT_RELA) || section.type == UInt32(SHT_REL),
        let range = section.fileRange,
        image.sections.indices.contains(Int(section.info)), image.sections.indices.contains(Int(section.link))
      else { return nil }
      let target = image.sections[Int(section.info)]
      let symbols = image.sections[Int(section.link)]
      guard target.isLoaded else { return nil }
      return Table(
        name: section.name, kind: section.type == UInt32(SHT_RELA) ? .rela : .rel, range: range,
        symbols: symbols.fileRange?.lowerBound, symbolTable: symbols, target: target)
    }
  }

  private mutating func linkedTables() -> [Table] {
    var tables: [Table] = []
    for section in image.sections where section.isLoaded {
      guard let range = section.fileRange else { continue }
      let symbols =
        image.sections.indices.contains(Int(section.link)) && section.link != 0
        ? image.sections[Int(section.link)] : nil
      let kind: Kind
      switch section.type {
      case UInt32(SHT_RELA): kind = .rela
      case UInt32(SHT_REL): kind = .rel
      // SHT_RELR and its number on Android before it was standard.
      case 19, 0x6fff_ff00: kind = .relr
      case 0x6000_0001, 0x6000_0002:
        obstacle = "its relocations are packed for Android"
        continue
      default: continue
      }
      tables.append(
        Table(
          name: section.name, kind: kind, range: range, symbols: symbols?.fileRange?.lowerBound,
          symbolTable: symbols))
    }
    if image.sections.isEmpty {
      tables = dynamicTables()
      // DT_ANDROID_REL and DT_ANDROID_RELA.
      if DynamicSection(image)?.entries.contains(where: { [0x6000_000f, 0x6000_0011].contains($0.tag) })
        ?? false
      {
        obstacle = "its relocations are packed for Android"
      }
    }
    return tables
  }

  /// For an image without section headers.
  private func dynamicTables() -> [Table] {
    guard let dynamic = DynamicSection(image) else { return [] }
    func value(_ tag: UInt64) -> UInt64? { dynamic.entries.first { $0.tag == tag }?.value }
    func table(_ kind: Kind, _ start: UInt64, _ size: UInt64) -> Table? {
      guard let address = value(start), let count = value(size),
        let offset = addresses.offset(of: address, count: count)
      else { return nil }
      let symbols = value(UInt64(DT_SYMTAB)).flatMap { addresses.offset(of: $0, count: 0) }
      return Table(
        name: "dynamic relocations", kind: kind, range: offset..<offset + Int(count), symbols: symbols)
    }
    return [
      table(.rela, UInt64(DT_RELA), UInt64(DT_RELASZ)), table(.rel, UInt64(DT_REL), UInt64(DT_RELSZ)),
      // DT_RELR and DT_RELRSZ.
      table(.relr, 36, 35),
    ].compactMap { $0 }
  }

  // MARK: Entries

  private mutating func plain(_ table: Table, _ references: inout References) {
    // A span of the property's own bytes would prevent changes to the other properties.
    let image = image
    let is64 = image.header.is64
    let width = is64 ? 8 : 4
    let size = width * (table.kind == .rela ? 3 : 2)
    let bytes = image.bytes.span
    let order = image.header.order
    for index in 0..<table.range.count / size {
      let position = table.range.lowerBound + index * size
      let place = bytes.unsigned(at: position, width: width, order: order)
      let info = bytes.unsigned(at: position + width, width: width, order: order)
      let type = UInt32(truncatingIfNeeded: is64 ? info & 0xffff_ffff : info & 0xff)
      let number = Int(is64 ? info >> 32 : info >> 8)
      var base: UInt64 = 0
      if number != 0 {
        guard let address = address(of: number, table) else { continue }
        base = address
      }
      let addend: UInt64
      if table.kind == .rela {
        let raw = bytes.unsigned(at: position + 2 * width, width: width, order: order)
        addend = is64 ? raw : UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: raw)))
      } else {
        guard isReadable(type, table) else {
          obstacle = "relocations of this machine keep their addends in code that is not read"
          continue
        }
        guard let stored = stored(at: place, table) else { continue }
        addend = stored
      }
      // A symbol's own address is sufficient if it needs no addend, as in most cases.
      refer(base &+ addend, type, place, table, &references)
    }
  }

  private func address(of number: Int, _ table: Table) -> UInt64? {
    guard let start = table.symbols, number < image.bytes.count / symbols.size,
      start + (number + 1) * symbols.size <= image.bytes.count
    else { return nil }
    let symbol = symbols.symbol(at: start + number * symbols.size)
    let wide =
      symbol.section == Int(SHN_XINDEX) ? table.symbolTable.flatMap { symbols.extended($0, number) } : nil
    return symbols.address(of: symbol, extended: wide)
  }

  /// Whether the relocated bytes hold the addend as a word: true for everything that a loader relocates, for
  /// `R_ARM_ABS32`, and for i386.
  private func isReadable(_ type: UInt32, _ table: Table) -> Bool {
    table.target == nil || image.header.machine == UInt16(EM_386)
      || image.header.machine == UInt16(EM_ARM) && type == 2
  }

  /// The addend stored in the relocated bytes.
  private func stored(at place: UInt64, _ table: Table) -> UInt64? {
    let width = image.header.is64 ? 8 : 4
    let offset: Int
    if let target = table.target {
      guard let range = target.fileRange, place <= UInt64(range.count), range.count - Int(place) >= width
      else {
        return nil
      }
      offset = range.lowerBound + Int(place)
    } else {
      guard let found = addresses.offset(of: place, count: UInt64(width)) else { return nil }
      offset = found
    }
    let raw = image.bytes.span.unsigned(at: offset, width: width, order: image.header.order)
    return image.header.is64 ? raw : UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: raw)))
  }

  private func refer(
    _ value: UInt64, _ type: UInt32, _ place: UInt64, _ table: Table, _ references: inout References
  ) {
    func origin() -> References.Origin { .init(name: table.target?.name ?? table.name, place: place) }
    // The 32 bits of a negative addend, in 32-bit images.
    let value =
      image.header.is64 ? value : value & 0xffff_ffff | (addresses.isObject ? value & ~0xffff_ffff : 0)
    guard let target = table.target, let base = addresses.base(of: target) else {
      return references.point(to: value, origin())
    }
    switch (Int32(image.header.machine), type) {
    // R_X86_64_PC32 and PLT32: relative to the end of the instruction.
    case (EM_X86_64, 2), (EM_X86_64, 4):
      guard target.flags & UInt64(SHF_EXECINSTR) != 0, let range = target.fileRange,
        place < UInt64(range.count)
      else { return references.point(to: value, origin()) }
      let code = image.bytes[range].span
      let operands = X86Code.operands(code, at: Int(place))
      for operand in operands {
        let address = value &+ 4 &+ UInt64(operand.immediate)
        if operand.size == 0 {
          references.point(to: address, origin())
        } else {
          references.load(address, size: UInt64(operand.size), place: base &+ place)
        }
      }
      if operands.isEmpty { references.point(to: value &+ 4, origin()) }
    case (EM_386, 2): references.point(to: value &+ 4, origin())
    // R_390_PC16DBL to PLT32DBL: the instruction begins two bytes earlier.
    case (EM_S390, 16...21): references.point(to: value &- 2, origin())
    // R_AARCH64_ADR_PREL_PG_HI21: the rest of the address has its own relocation.
    case (EM_AARCH64, 275), (EM_AARCH64, 276): break
    // R_AARCH64_LDST8_ABS_LO12_NC and wider.
    case (EM_AARCH64, 278): references.load(value, size: 1, place: base &+ place)
    case (EM_AARCH64, 284...286): references.load(value, size: 2 << UInt64(type - 284), place: base &+ place)
    case (EM_AARCH64, 299): references.load(value, size: 16, place: base &+ place)
    default: references.point(to: value, origin())
    }
  }

  /// `SHT_RELR`: addresses of words, and bitmaps for the words that follow; the words contain their targets.
  private func packed(_ table: Table, _ references: inout References) {
    let width = image.header.is64 ? 8 : 4
    let bytes = image.bytes.span
    let order = image.header.order
    func word(at address: UInt64) {
      guard let offset = addresses.offset(of: address, count: UInt64(width)) else { return }
      references.point(
        to: bytes.unsigned(at: offset, width: width, order: order), .init(name: table.name, place: address))
    }
    var next: UInt64 = 0
    for index in 0..<table.range.count / width {
      let entry = bytes.unsigned(at: table.range.lowerBound + index * width, width: width, order: order)
      if entry & 1 == 0 {
        word(at: entry)
        next = entry &+ UInt64(width)
      } else {
        for bit in 1..<UInt64(8 * width) where entry >> bit & 1 == 1 {
          word(at: next &+ (bit - 1) * UInt64(width))
        }
        next = next &+ UInt64((8 * width - 1) * width)
      }
    }
  }
}
