/// One entry of the symbol table (`struct nlist` and `nlist_64`).
package struct MachOSymbol: Sendable {
  /// Offset into the string table.
  package var name: UInt32
  package var type: UInt8
  package var section: UInt8
  package var description: UInt16
  package var value: UInt64

  package var isStab: Bool { type & SymbolType.stabMask != 0 }
  /// Whether `value` is the modification time of the file given by the name.
  package var hasTime: Bool { type == SymbolType.objectFile || type == SymbolType.swiftModule }
  package var isIndirect: Bool { !isStab && type & SymbolType.typeMask == SymbolType.indirect }
}

extension MachOImage {
  /// All symbols, in table order.
  package func symbols() throws(ScrubError) -> [MachOSymbol] {
    guard let table = symbolTable else { return [] }
    var symbols: [MachOSymbol] = []
    symbols.reserveCapacity(table.count)
    let content = bytes[table.symbols]
    var reader = Reader(content.span, order: header.order, section: "symbol table")
    for _ in 0..<table.count {
      symbols.append(
        MachOSymbol(
          name: try reader.u32(), type: try reader.u8(), section: try reader.u8(),
          description: try reader.u16(), value: try reader.unsigned(header.is64 ? 8 : 4)))
    }
    return symbols
  }

  /// The symbol's name; nil if it has none. Offset 0 means no name.
  package func name(of symbol: MachOSymbol) -> Bytes? {
    guard let table = symbolTable, symbol.name > 0 else { return nil }
    return bytes[table.strings].string(at: UInt64(symbol.name))
  }
}
