internal import CElf

/// The symbols of an image as addresses (gABI "Symbol Table").
package struct ElfSymbols {
  private let image: ElfImage
  private let addresses: ElfAddresses

  /// Ranges of the section indices that do not fit into symbols, by the symbol table's index.
  private let extensions: [Int: Range<Int>]

  package init(_ image: ElfImage, _ addresses: ElfAddresses) {
    self.image = image
    var extensions: [Int: Range<Int>] = [:]
    for section in image.sections where section.type == UInt32(SHT_SYMTAB_SHNDX) {
      extensions[Int(section.link)] = section.fileRange
    }
    self.extensions = extensions
    self.addresses = addresses
  }

  package var size: Int { image.header.is64 ? 24 : 16 }

  package struct Symbol {
    package var name: UInt32
    package var kind: UInt8
    package var section: Int
    package var value: UInt64

    package init(
      name: UInt32, kind: UInt8, section: Int, value: UInt64
    ) {
      self.name = name
      self.kind = kind
      self.section = section
      self.value = value
    }
  }

  /// - Parameter offset: in the file; `size` bytes must exist there.
  package func symbol(at offset: Int) -> Symbol {
    let bytes = image.bytes.span
    let order = image.header.order
    func field(_ position: Int, _ width: Int) -> UInt64 {
      bytes.unsigned(at: offset + position, width: width, order: order)
    }
    let is64 = image.header.is64
    return Symbol(
      name: UInt32(field(0, 4)), kind: bytes[offset + (is64 ? 4 : 12)] & 0xf,
      section: Int(field(is64 ? 6 : 14, 2)), value: is64 ? field(8, 8) : field(4, 4))
  }

  /// The address of a defined symbol; nil for one that is undefined or not an address.
  package func address(of symbol: Symbol, extended: Int?) -> UInt64? {
    var section = symbol.section
    if section == Int(SHN_XINDEX) {
      guard let extended else { return nil }
      section = extended
    } else if section == 0 || section >= Int(SHN_LORESERVE) {
      return nil
    }
    guard addresses.isObject else {
      // A section that nothing loads has no address: gcc -flto leaves such symbols in debug sections.
      let isLoaded = !image.sections.indices.contains(section) || image.sections[section].isLoaded
      return isLoaded ? symbol.value : nil
    }
    guard image.sections.indices.contains(section), let base = addresses.base(of: image.sections[section])
    else {
      return nil
    }
    return base &+ symbol.value
  }

  /// The section index of symbol `index` if it does not fit into the symbol.
  package func extended(_ table: ElfImage.Section, _ index: Int) -> Int? {
    guard let range = extensions[table.index], index < range.count / 4 else { return nil }
    return Int(
      image.bytes.span.unsigned(at: range.lowerBound + 4 * index, width: 4, order: image.header.order))
  }

  /// Every symbol that names an address: no sections, files or thread-local offsets.
  package func visit(functionsOnly: Bool = false, _ body: (UInt64, _ name: () -> String) -> Void) {
    for table in image.sections where table.type == UInt32(SHT_SYMTAB) || table.type == UInt32(SHT_DYNSYM) {
      guard let range = table.fileRange else { continue }
      for index in 0..<range.count / size {
        let symbol = symbol(at: range.lowerBound + index * size)
        guard
          functionsOnly ? symbol.kind == UInt8(STT_FUNC) : symbol.kind <= UInt8(STT_FUNC) || symbol.kind == 10
        else { continue }
        let wide = symbol.section == Int(SHN_XINDEX) ? extended(table, index) : nil
        guard let address = address(of: symbol, extended: wide) else { continue }
        body(address) { name(symbol, table) }
      }
    }
  }

  private func name(_ symbol: Symbol, _ table: ElfImage.Section) -> String {
    guard image.sections.indices.contains(Int(table.link)),
      let range = image.sections[Int(table.link)].fileRange, Int(symbol.name) < range.count
    else { return "?" }
    let start = range.lowerBound + Int(symbol.name)
    let end = min(image.bytes.span.firstIndex(of: 0, from: start) ?? range.upperBound, start + 100)
    return String(
      decoding: image.bytes[start..<max(start, min(end, range.upperBound))].array(), as: UTF8.self)
  }
}
