internal import CElf
import Formats

/// The symbol table of an object file (gABI "Symbol Table"), for keys that must not depend on symbol indices.
struct ObjectSymbols {
  private struct Symbol {
    var name: UInt32
    var info: UInt8
    var other: UInt8
    /// With extended numbering resolved.
    var section: Int
    var isSpecial: Bool
    var value: UInt64
    var size: UInt64
  }

  /// Symbols already written to a key, by index; a second use is written as the position of the first.
  struct Written {
    fileprivate var places: [Int: Int] = [:]
    /// The total size that names may have: in a damaged file, each of many symbols may claim the longest one.
    fileprivate var budget: Int

    init(budget: Int) { self.budget = budget }
  }

  private let symbols: [Symbol]
  private let names: Bytes
  private let label: String

  init(_ image: ElfImage, _ table: ElfImage.Section) throws(ScrubError) {
    label = table.name
    guard image.sections.indices.contains(Int(table.link)),
      let strings = image.sections[Int(table.link)].fileRange
    else { throw ObjectKey.refuse("has no names", table.name) }
    names = image.bytes[strings]
    let extended = image.sections.first {
      $0.type == UInt32(SHT_SYMTAB_SHNDX) && $0.link == UInt32(table.index)
    }
    let numbers = extended?.fileRange.map { image.bytes[$0] } ?? Bytes([])
    let content = table.fileRange.map { image.bytes[$0] } ?? Bytes([])
    var reader = Reader(content.span, order: image.header.order, section: table.name)
    var symbols: [Symbol] = []
    while !reader.isAtEnd {
      var symbol = Symbol(
        name: try reader.u32(), info: 0, other: 0, section: 0, isSpecial: false, value: 0, size: 0)
      if !image.header.is64 {
        symbol.value = try reader.unsigned(4)
        symbol.size = try reader.unsigned(4)
      }
      symbol.info = try reader.u8()
      symbol.other = try reader.u8()
      symbol.section = Int(try reader.u16())
      if image.header.is64 {
        symbol.value = try reader.unsigned(8)
        symbol.size = try reader.unsigned(8)
      }
      if symbol.section == Int(SHN_XINDEX) {
        guard 4 * symbols.count + 4 <= numbers.count else {
          throw reader.error("symbol has no section number")
        }
        symbol.section = Int(
          numbers.span.unsigned(at: 4 * symbols.count, width: 4, order: image.header.order))
      } else {
        symbol.isSpecial = symbol.section >= Int(SHN_LORESERVE) || symbol.section == Int(SHN_UNDEF)
      }
      symbols.append(symbol)
    }
    self.symbols = symbols
  }

  /// Indices of symbols that other files may know, defined in sections that count or in none.
  func globals(_ counts: (Int) -> Bool) -> [Int] {
    symbols.indices.filter { index in
      let symbol = symbols[index]
      return symbol.info >> 4 != UInt8(STB_LOCAL) && (symbol.isSpecial || counts(symbol.section))
    }
  }

  /// - Parameter number: the index of a section among those that count.
  func write(
    _ index: Int, _ writer: inout KeyWriter, _ written: inout Written, number: (Int) -> Int?
  ) throws(ScrubError) {
    guard symbols.indices.contains(index) else {
      throw ScrubError("there is no symbol \(index)", section: label)
    }
    if let place = written.places[index] {
      writer.list(0)
      writer.number(UInt64(place))
      return
    }
    written.places[index] = written.places.count
    let symbol = symbols[index]
    guard let name = names.string(at: UInt64(symbol.name)) else {
      throw ScrubError("name of symbol \(index) lies outside", section: label)
    }
    written.budget -= name.count
    guard written.budget >= 0 else { throw ObjectKey.refuse("names are too long", label) }
    writer.list(1)
    writer.bytes(name)
    writer.number(UInt64(symbol.info))
    writer.number(UInt64(symbol.other))
    writer.flag(symbol.isSpecial)
    // A section that does not count has no number.
    let section = symbol.isSpecial ? symbol.section : number(symbol.section).map { $0 + 1 } ?? 0
    writer.number(UInt64(section))
    writer.number(symbol.value)
    writer.number(symbol.size)
  }
}
