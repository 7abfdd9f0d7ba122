internal import BuildRoots
import Formats

extension MachOImage {
  func name(_ hits: [Hit], in regions: [Region], _ contexts: inout [String?]) {
    guard let symbols = try? symbols(), !symbols.isEmpty else { return }
    nameStrings(hits, in: regions, symbols, &contexts)
    nameSections(hits, in: regions, symbols, &contexts)
  }

  /// Strings of the symbol table, described by their stab and its object file.
  private func nameStrings(
    _ hits: [Hit], in regions: [Region], _ symbols: [MachOSymbol], _ contexts: inout [String?]
  ) {
    guard let table = symbolTable else { return }
    let wanted = hits.indices.filter { regions[hits[$0].region].kind == .table(.stringTable) }
    guard !wanted.isEmpty else { return }
    let objects = objectNames(symbols)
    // Sorted by where the name begins; among several symbols with one name, the first.
    let order = symbols.indices.filter { symbols[$0].name > 0 }
      .sorted { (symbols[$0].name, $0) < (symbols[$1].name, $1) }
    for index in wanted {
      let region = regions[hits[index].region]
      let root = hits[index].root.range
      guard let file = region.fileRange else { continue }
      let start = file.lowerBound + root.lowerBound - table.strings.lowerBound
      // The last name that begins at or before the root with no NUL in between; or, where names share their endings,
      // the first that begins inside it.
      let next = order.partition { Int(symbols[$0].name) <= start }
      let names = bytes[table.strings]
      var owner: Int?
      if next > 0 {
        let name = symbols[order[next - 1]].name
        let first = order.partition { symbols[$0].name < name }
        if let end = names.span.firstIndex(of: 0, from: Int(name)), end > start { owner = order[first] }
      }
      if owner == nil, next < order.count, Int(symbols[order[next]].name) < start + root.count {
        owner = order[next]
      }
      guard let owner else { continue }
      let object = objects[owner].map { " of \($0)" } ?? ""
      contexts[index] = SymbolType.name(symbols[owner].type) + object
    }
  }

  /// For each symbol the last component of the `N_OSO` between the same two `N_SO`.
  private func objectNames(_ symbols: [MachOSymbol]) -> [String?] {
    var names = [String?](repeating: nil, count: symbols.count)
    var start = 0
    var current: String?
    for (index, symbol) in symbols.enumerated() {
      if symbol.type == SymbolType.sourceFile, current != nil {
        for member in start...index { names[member] = current }
        start = index
        // The empty name ends the unit; ld writes directory and file as two names at its beginning.
        if name(of: symbol)?.isEmpty ?? true { start = index + 1 }
        current = nil
      }
      if symbol.type == SymbolType.objectFile, let path = name(of: symbol) {
        current = path.array().split(separator: UInt8(ascii: "/")).last
          .map { String(decoding: $0, as: UTF8.self) }
      }
    }
    return names
  }

  /// Places in sections, described by the symbol before them.
  private func nameSections(
    _ hits: [Hit], in regions: [Region], _ symbols: [MachOSymbol], _ contexts: inout [String?]
  ) {
    let wanted = hits.indices.filter { index in
      guard contexts[index] == nil, let section = regions[hits[index].region].section else { return false }
      return sections[section].segmentName != "__DWARF"
    }
    guard !wanted.isEmpty else { return }
    let defined = symbols.filter {
      !$0.isStab && $0.type & SymbolType.typeMask == SymbolType.section && $0.section > 0
    }.sorted { ($0.value, $0.name) < ($1.value, $1.name) }
    for index in wanted {
      let region = regions[hits[index].region]
      guard let section = region.section else { continue }
      let base = sections[section].address
      let address = base &+ UInt64(offset(of: hits[index].root.range.lowerBound, in: region))
      let next = defined.partition { $0.value <= address }
      guard next > 0, defined[next - 1].value >= base, Int(defined[next - 1].section) == section + 1,
        let name = name(of: defined[next - 1])
      else { continue }
      let distance = String(address - defined[next - 1].value, radix: 16)
      contexts[index] = "symbol \(String(decoding: name.array(), as: UTF8.self))+0x\(distance)"
    }
  }
}
