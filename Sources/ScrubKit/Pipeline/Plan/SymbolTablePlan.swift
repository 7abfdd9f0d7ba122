internal import BuildRoots
import Formats

/// A symbol table without some of its symbols, or with other strings.
struct SymbolTablePlan: Sendable {
  /// The new string table, padded; nil if it is left unchanged.
  var strings: Bytes?
  /// How many strings own their bytes.
  var stringCount = 0
  /// Where each symbol's name begins in `strings`, by the symbol's old index.
  var names: [UInt32] = []
  /// Where the names of indirect symbols' targets begin, by the symbol's old index.
  var targets: [Int: UInt32] = [:]
  /// Symbols to remove, ascending by old index.
  var dropped: [Int] = []

  func isDropped(_ index: Int) -> Bool {
    let position = dropped.partition { $0 < index }
    return position < dropped.count && dropped[position] == index
  }

  /// The new index of a symbol: the number of remaining symbols before it.
  func newIndex(_ old: Int) -> Int { old - dropped.partition { $0 < old } }
}

/// Decides whether symbols and strings may move, and lays the strings out.
struct SymbolTablePlanner {
  let image: MachOImage
  let symbols: [MachOSymbol]
  let signature: CodeSignature?
  let roots: RootMap

  private func refuse(_ message: String) -> ScrubError {
    ScrubError(message, section: "string table", kind: .notUnderstood)
  }

  /// - Throws: `.notUnderstood` if something else depends on offsets in `__LINKEDIT`.
  func plan(dropStabs: Bool, rebuild: Bool) throws(ScrubError) -> SymbolTablePlan? {
    guard let table = image.symbolTable, rebuild || dropStabs else { return nil }
    try checkMovable(table)
    var plan = SymbolTablePlan()
    if dropStabs {
      plan.dropped = symbols.indices.filter { symbols[$0].isStab }
      if plan.dropped.isEmpty, !rebuild { return nil }
      if !plan.dropped.isEmpty { try checkDroppable(table, plan) }
    }
    try layOut(table, &plan)
    return plan
  }

  /// The string table must be the last part of the file except for the signature, whose length must be changeable.
  private func checkMovable(_ table: MachOImage.SymbolTable) throws(ScrubError) {
    guard let linkedit = image.segments.last(where: { $0.name == "__LINKEDIT" }),
      linkedit.fileRange.upperBound == image.bytes.count,
      table.symbols.lowerBound >= linkedit.fileRange.lowerBound,
      table.strings.lowerBound >= linkedit.fileRange.lowerBound
    else { throw refuse("__LINKEDIT does not end the file") }
    let others = image.segments.filter {
      !$0.fileRange.isEmpty && $0.commandPosition != linkedit.commandPosition
    }
    guard others.allSatisfy({ $0.fileRange.upperBound <= linkedit.fileRange.lowerBound }) else {
      throw refuse("another segment overlaps __LINKEDIT")
    }
    for part in image.parts where part.table != .stringTable && part.range != image.signature?.range {
      guard part.range.upperBound <= table.strings.lowerBound else {
        throw refuse("\(part.name) follows the string table")
      }
    }
    let end = image.signature?.range.lowerBound ?? image.bytes.count
    guard table.strings.upperBound <= end, end - table.strings.upperBound < 16,
      image.bytes[table.strings.upperBound..<end].isZero
    else { throw refuse("something follows the string table") }
    if let place = image.signature, let signature {
      guard place.range.upperBound == image.bytes.count else {
        throw refuse("something follows the code signature")
      }
      guard signature.isPacked, signature.directories.allSatisfy({ $0.codeLimit == UInt64(end) }) else {
        throw refuse("the code signature has a layout that is not known")
      }
    }
    // `module_name` of <mach-o/loader.h> is an offset into the string table.
    if image.part(.moduleTable) != nil {
      throw refuse("the module table refers to it")
    }
  }

  /// Only known users may refer to symbols by index.
  private func checkDroppable(
    _ table: MachOImage.SymbolTable, _ plan: SymbolTablePlan
  ) throws(ScrubError) {
    for part in image.parts where part.range.lowerBound >= table.symbols.upperBound {
      guard [.indirectSymbols, .stringTable, .codeSignature].contains(part.table) else {
        throw refuse("\(part.name) follows the symbol table")
      }
    }
    for part in image.parts where part.table.numbersSymbols {
      throw refuse("\(part.name) refers to symbols by number")
    }
    for symbol in image.indirectSymbols where symbol < symbols.count && plan.isDropped(symbol) {
      throw refuse("a stub refers to a stab")
    }
  }

  /// The canonical table of all remaining names, with their roots replaced.
  private func layOut(
    _ table: MachOImage.SymbolTable, _ plan: inout SymbolTablePlan
  ) throws(ScrubError) {
    let old = image.bytes[table.strings]
    // ld begins its tables with a space, so that no name begins at 0, which means no name.
    let head: [UInt8] = old.count >= 2 && old[0] == 0x20 && old[1] == 0 ? [0x20, 0] : [0]
    var referenced = OffsetSet(size: old.count)
    func insert(_ offset: UInt64) throws(ScrubError) {
      guard offset > 0 else { return }
      guard offset < UInt64(old.count) else {
        throw ScrubError(
          "name offset 0x\(String(offset, radix: 16)) lies outside of the string table",
          section: "symbol table")
      }
      referenced.insert(Int(offset))
    }
    for (index, symbol) in symbols.enumerated() where !plan.isDropped(index) {
      try insert(UInt64(symbol.name))
      if symbol.isIndirect { try insert(symbol.value) }
    }
    referenced.seal()

    let strings = try DebugStrings.rewritten(old, referenced, roots, section: "string table")
    // An empty name is the head's NUL.
    var kept: [Range<Int>] = []
    var ranks = [Int?](repeating: nil, count: strings.ranges.count)
    for (rank, range) in strings.ranges.enumerated() where !range.isEmpty {
      ranks[rank] = kept.count
      kept.append(range)
    }
    let content = try CanonicalTable(
      table: old, arena: strings.arena, strings: kept, sharesEnds: MachOImage.sharesStringEnds)
    var bytes = head + content.bytes
    let width = image.header.is64 ? 8 : 4
    bytes += [UInt8](repeating: 0, count: (width - bytes.count % width) % width)
    func newOffset(_ offset: UInt64) throws(ScrubError) -> UInt32 {
      guard offset > 0 else { return 0 }
      guard let rank = referenced.rank(Int(offset)), let index = ranks[rank] else {
        return UInt32(head.count - 1)
      }
      return UInt32(head.count) + content.offsets[index]
    }
    plan.names = [UInt32](repeating: 0, count: symbols.count)
    for (index, symbol) in symbols.enumerated() where !plan.isDropped(index) {
      plan.names[index] = try newOffset(UInt64(symbol.name))
      if symbol.isIndirect { plan.targets[index] = try newOffset(symbol.value) }
    }
    plan.stringCount = content.ownerCount
    plan.strings = Bytes(bytes)
  }
}

extension MachOImage {
  /// `INDIRECT_SYMBOL_LOCAL` and `INDIRECT_SYMBOL_ABS`: the entry is not a symbol index.
  static let noSymbol: UInt64 = 0xc000_0000

  /// The indices of symbols that stubs and pointers stand for.
  var indirectSymbols: [Int] {
    guard let part = part(.indirectSymbols) else { return [] }
    let content = bytes[part.range]
    return stride(from: 0, to: content.count, by: 4).compactMap { offset in
      let entry = content.span.unsigned(at: offset, width: 4, order: header.order)
      return entry & Self.noSymbol == 0 ? Int(entry) : nil
    }
  }
}
