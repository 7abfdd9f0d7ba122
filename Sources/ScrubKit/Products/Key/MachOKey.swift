import Formats

/// What the kernel, dyld or the program itself can read of one linked Mach-O image (<mach-o/loader.h>): headers and
/// load commands, the segments that are mapped for the program, the tables of `__LINKEDIT` that dyld reads, and bytes
/// outside tables.
///
/// Stabs and `__DWARF` are for debuggers; the UUID and the signature's hashes cover all bytes; offsets and sizes locate
/// tables that are written here separately.
struct MachOKey {
  private let image: MachOImage
  private let symbols: [MachOSymbol]
  private let signature: MachOSignatureKey

  /// - Throws: `notUnderstood` if dyld might see something other than what is written here; an error if the signature
  ///   does not match: the kernel does not run such an image, or not all of it.
  init(_ image: MachOImage) throws(ScrubError) {
    self.image = image
    guard !image.isEncrypted else { throw ObjectKey.refuse("is encrypted", "Mach header") }
    for part in image.parts where Self.numbered.contains(part.table) {
      throw ObjectKey.refuse("refers to symbols by their number", part.name)
    }
    guard image.uuids.count < 2 else { throw ObjectKey.refuse("there are two", "LC_UUID") }
    try image.checkLinkEdit()
    signature = try MachOSignatureKey(image)
    symbols = try image.symbols()
  }

  private static let numbered: [LinkEditTable] = [
    .tableOfContents, .moduleTable, .externalReferences, .externalRelocations,
  ]

  func digest() throws(ScrubError) -> [UInt8] {
    var writer = KeyWriter("loaded mach-o", .runtime)
    let ranges = FileRanges(image.placedRanges)
    let masks = image.uuids + image.fieldsOfTables
    writer.list(ranges.all.count)
    for range in ranges.all {
      writer.number(UInt64(range.lowerBound))
      writer.stretch(image.bytes, range, masking: masks)
    }
    let numbers = try write(symbols: &writer)
    try write(ranges: &writer, numbers)
    try write(tables: &writer, numbers)
    try signature.write(to: &writer)
    image.strayBytes.write(to: &writer)
    return writer.finish()
  }

  /// - Returns: for each symbol that is not a stab, its position among these, by its index.
  private func write(symbols writer: inout KeyWriter) throws(ScrubError) -> [Int: Int] {
    var numbers: [Int: Int] = [:]
    // In a damaged file, each of many symbols may claim the longest name.
    var budget = 4 * image.bytes.count
    let counted = symbols.indices.filter { !symbols[$0].isStab }
    writer.list(counted.count)
    for index in counted {
      numbers[index] = numbers.count
      let symbol = symbols[index]
      let name = symbol.name == 0 ? Bytes([]) : image.name(of: symbol)
      budget -= name?.count ?? 0
      guard let name, budget >= 0, !symbol.isIndirect else {
        throw ObjectKey.refuse("names cannot be written one by one", "symbol table")
      }
      writer.bytes(name)
      for value in [UInt64(symbol.type), UInt64(symbol.section), UInt64(symbol.description), symbol.value] {
        writer.number(value)
      }
    }
    return numbers
  }

  /// How many symbols that are not stabs each of the three ranges of `LC_DYSYMTAB` has.
  private func write(ranges writer: inout KeyWriter, _ numbers: [Int: Int]) throws(ScrubError) {
    guard let fields = image.dynamicSymbols else { return writer.list(0) }
    writer.list(3)
    var next = 0
    for number in 0..<3 {
      func word(_ place: Int) -> Int {
        Int(image.bytes.span.unsigned(at: fields + 8 * number + place, width: 4, order: image.header.order))
      }
      let (start, count) = (word(0), word(4))
      // Local, defined and undefined ones: dyld assumes that they are all symbols, one range after another.
      guard start == next, count <= symbols.count - start else {
        throw ObjectKey.refuse("ranges of symbols do not follow each other", "LC_DYSYMTAB")
      }
      next = start + count
      writer.number(UInt64((start..<next).count { numbers[$0] != nil }))
    }
    guard next == symbols.count else {
      throw ObjectKey.refuse("ranges are not all of the symbols", "LC_DYSYMTAB")
    }
  }

  private func write(tables writer: inout KeyWriter, _ numbers: [Int: Int]) throws(ScrubError) {
    let tables = image.parts.filter { ![.symbolTable, .stringTable, .codeSignature].contains($0.table) }
    writer.list(tables.count)
    for table in tables {
      let content = image.bytes[table.range]
      writer.text(table.name)
      guard table.table == .indirectSymbols else {
        writer.bytes(content)
        continue
      }
      var reader = Reader(content.span, order: image.header.order, section: table.name)
      writer.list(content.count / 4)
      while !reader.isAtEnd {
        let number = try reader.u32()
        // INDIRECT_SYMBOL_LOCAL and INDIRECT_SYMBOL_ABS do not stand for a symbol.
        let isNone = number & 0xc000_0000 != 0
        guard isNone || numbers[Int(number)] != nil else { throw reader.error("entry is no symbol") }
        writer.flag(isNone)
        writer.number(isNone ? UInt64(number) : UInt64(numbers[Int(number)] ?? 0))
      }
    }
  }
}
