/// What counts of one Mach-O image (<mach-o/loader.h>).
struct MachOKey {
  private let image: MachOImage
  private let symbols: [MachOSymbol]
  private let signature: CodeSignature?

  init(_ image: MachOImage) throws(ScrubError) {
    self.image = image
    symbols = try image.symbols()
    signature = try image.readSignature()
  }

  /// All bytes, but for times of object files in the debug map and, where there are some, the seals that were made
  /// over them. A signature made with a key is no seal that anybody could make again.
  func full() -> [UInt8] {
    let width = image.header.is64 ? 8 : 4
    var masks: [Range<Int>] = []
    if let table = image.symbolTable {
      for (index, symbol) in symbols.enumerated() where symbol.hasTime && symbol.value != 0 {
        let value = table.symbols.lowerBound + index * image.symbolSize + 8
        masks.append(value..<value + width)
      }
    }
    if !masks.isEmpty {
      masks += image.uuids
      if let place = image.signature, image.signatureObstacle == nil, signature?.hasIdentity == false {
        masks.append(place.range)
      }
    }
    var writer = KeyWriter("mach-o", .full)
    writer.stretch(image.bytes, 0..<image.bytes.count, masking: masks)
    return writer.finish()
  }

  /// What dyld takes from it: the load commands, the segments that are mapped for the program, and of `__LINKEDIT` the
  /// tables that dyld reads. Stabs are for debuggers; UUID and signature are made of all bytes; offsets and sizes
  /// say where tables are that are written here by themselves.
  /// - Throws: `notUnderstood` where tables refer to symbols by number, or the signature says more than hashes.
  func runtime() throws(ScrubError) -> [UInt8] {
    guard !image.isEncrypted else { throw ObjectKey.refuse("is encrypted", "Mach header") }
    for part in image.parts where Self.numbered.contains(part.name) {
      throw ObjectKey.refuse("refers to symbols by their number", part.name)
    }
    var writer = KeyWriter("loaded mach-o", .runtime)
    let mapped = image.segments.filter { !Self.isUnloaded($0) }.map(\.fileRange)
    let ranges = FileRanges([0..<image.header.commands.upperBound] + mapped)
    let masks = try self.masks()
    writer.list(ranges.all.count)
    for range in ranges.all {
      writer.number(UInt64(range.lowerBound))
      writer.stretch(image.bytes, range, masking: masks)
    }
    let numbers = try write(symbols: &writer)
    try write(tables: &writer, numbers)
    try write(signature: &writer)
    return writer.finish()
  }

  private static func isUnloaded(_ segment: MachOImage.Segment) -> Bool {
    segment.name == "__DWARF" || segment.name == "__LINKEDIT"
  }

  private static let numbered: Set<String> = [
    "table of contents", "module table", "external references", "external relocations",
  ]

  /// Fields of load commands, in file offsets, that depend on what is not loaded.
  private func masks() throws(ScrubError) -> [Range<Int>] {
    var masks = image.uuids
    for segment in image.segments where Self.isUnloaded(segment) {
      // Of `__LINKEDIT` where it lies and how large it is; of `__DWARF` everything behind the name.
      let size = image.header.is64 ? 32 : 16
      let start = segment.commandPosition + 24
      let command = image.commands.first { $0.range.lowerBound == segment.commandPosition }
      let end = segment.name == "__DWARF" ? command?.range.upperBound : nil
      masks.append(start..<(end ?? start + size))
    }
    for command in image.commands {
      let fields = command.range.lowerBound + 8
      /// A word by its number behind the command's header.
      func word(_ number: Int) -> Range<Int> { fields + 4 * number..<fields + 4 * number + 4 }
      let words: [Int] =
        switch command.kind {
        case LoadCommandKind.symbolTable: [0, 1, 2, 3]
        // Three ranges of symbols, then the offsets of six tables.
        case LoadCommandKind.dynamicSymbolTable: [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16]
        case LoadCommandKind.codeSignature: [0, 1]
        case LoadCommandKind.dyldInfo, LoadCommandKind.dyldInfoOnly: [0, 2, 4, 6, 8]
        default: LoadCommandKind.linkeditData[command.kind] == nil ? [] : [0]
        }
      masks += words.map(word).filter { $0.upperBound <= command.range.upperBound }
    }
    return masks
  }

  /// - Returns: the place of each symbol that is no stab among these, by its number.
  private func write(symbols writer: inout KeyWriter) throws(ScrubError) -> [Int: Int] {
    var numbers: [Int: Int] = [:]
    // Each of many symbols of a damaged file may claim the longest name.
    var budget = 4 * image.bytes.count
    let counted = symbols.indices.filter { !symbols[$0].isStab }
    writer.list(counted.count)
    for index in counted {
      numbers[index] = numbers.count
      let symbol = symbols[index]
      let name = image.name(of: symbol) ?? Bytes([])
      budget -= name.count
      guard budget >= 0, !symbol.isIndirect else {
        throw ObjectKey.refuse("names cannot be written one by one", "symbol table")
      }
      writer.bytes(name)
      for value in [UInt64(symbol.type), UInt64(symbol.section), UInt64(symbol.description), symbol.value] {
        writer.number(value)
      }
    }
    return numbers
  }

  private func write(tables writer: inout KeyWriter, _ numbers: [Int: Int]) throws(ScrubError) {
    let tables = image.parts.filter { !["symbol table", "string table", "code signature"].contains($0.name) }
    writer.list(tables.count)
    for table in tables {
      let content = image.bytes[table.range]
      writer.text(table.name)
      guard table.name == "indirect symbols" else {
        writer.bytes(content)
        continue
      }
      var reader = Reader(content.span, order: image.header.order, section: table.name)
      writer.list(content.count / 4)
      while !reader.isAtEnd {
        let number = try reader.u32()
        // INDIRECT_SYMBOL_LOCAL and INDIRECT_SYMBOL_ABS stand for no symbol.
        let isNone = number & 0xc000_0000 != 0
        guard isNone || numbers[Int(number)] != nil else { throw reader.error("entry is no symbol") }
        writer.flag(isNone)
        writer.number(isNone ? UInt64(number) : UInt64(numbers[Int(number)] ?? 0))
      }
    }
  }

  /// Of an ad hoc signature what is not a hash of pages: flags, entitlements, requirements.
  private func write(signature writer: inout KeyWriter) throws(ScrubError) {
    guard let signature else { return writer.list(0) }
    guard image.signatureObstacle == nil, !signature.hasIdentity else {
      throw ObjectKey.refuse("is signed with a key", "code signature")
    }
    writer.list(signature.blobs.count)
    for blob in signature.blobs {
      writer.number(UInt64(blob.slot))
      // The directory's flags; its other fields follow from the image.
      let isDirectory = signature.directories.contains { $0.range == blob.range }
      let flags = blob.range.lowerBound + 12..<blob.range.lowerBound + 16
      writer.bytes(signature.bytes[isDirectory ? flags : blob.range])
    }
  }
}
