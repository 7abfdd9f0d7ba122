/// Collects the contents of one image's load commands. Every offset is checked against the file's size here, so that
/// nothing else has to check it again.
package struct MachOTables {
  package let bytes: Bytes
  package let header: MachOImage.Header
  package private(set) var segments: [MachOImage.Segment] = []
  package private(set) var sections: [MachOImage.Section] = []
  package private(set) var symbolTable: MachOImage.SymbolTable?
  package private(set) var dynamicSymbols: Int?
  package private(set) var parts: [MachOImage.Part] = []
  package private(set) var uuids: [Range<Int>] = []
  package private(set) var signature: (range: Range<Int>, commandPosition: Int)?
  package private(set) var isEncrypted = false

  package init(_ bytes: Bytes, _ header: MachOImage.Header) {
    self.bytes = bytes
    self.header = header
  }

  package mutating func read(_ command: MachOImage.Command) throws(ScrubError) {
    let content = bytes[command.range]
    var reader = Reader(
      content.span, order: header.order, section: command.name, at: 8,
      origin: UInt64(command.range.lowerBound))
    switch command.kind {
    case LoadCommandKind.segment, LoadCommandKind.segment64:
      try readSegment(&reader, command)
    case LoadCommandKind.symbolTable: try readSymbols(&reader, command)
    case LoadCommandKind.dynamicSymbolTable: try readDynamicSymbols(&reader, command)
    case LoadCommandKind.uuid:
      try reader.skip(16)
      uuids.append(command.range.lowerBound + 8..<command.range.lowerBound + 24)
    case LoadCommandKind.dyldInfo, LoadCommandKind.dyldInfoOnly:
      let tables: [LinkEditTable] = [.rebaseInfo, .bindInfo, .weakBindInfo, .lazyBindInfo, .exportInfo]
      for table in tables { try readPart(table, &reader) }
    case LoadCommandKind.twoLevelHints:
      let offset = UInt64(try reader.u32())
      try add(.twoLevelHints, offset, UInt64(try reader.u32()) * 4, reader)
    case LoadCommandKind.note:
      try reader.skip(16)
      let offset = try reader.u64()
      try add(.note, offset, try reader.u64(), reader)
    case LoadCommandKind.encryption, LoadCommandKind.encryption64:
      try reader.skip(8)
      if try reader.u32() != 0 { isEncrypted = true }
    default:
      guard let table = LoadCommandKind.linkeditData[command.kind] else { return }
      try readPart(table, &reader)
      guard table == .codeSignature, let part = parts.last, part.table == table else { return }
      if signature != nil { throw reader.error("there are two code signatures") }
      signature = (part.range, command.range.lowerBound)
    }
  }

  private func fits(_ offset: UInt64, _ size: UInt64, _ error: ScrubError) throws(ScrubError) -> Range<Int> {
    guard offset <= UInt64(bytes.count), size <= UInt64(bytes.count) - offset else {
      var error = error
      error.message =
        "needs \(size) bytes at 0x\(String(offset, radix: 16)), the file has \(bytes.count)"
      throw error
    }
    return Int(offset)..<Int(offset + size)
  }

  private mutating func add(
    _ table: LinkEditTable, _ offset: UInt64, _ size: UInt64, _ reader: borrowing Reader
  ) throws(ScrubError) {
    guard size > 0 else { return }
    parts.append(MachOImage.Part(table, try fits(offset, size, reader.error(""))))
  }

  /// An offset and a size.
  private mutating func readPart(_ table: LinkEditTable, _ reader: inout Reader) throws(ScrubError) {
    let offset = UInt64(try reader.u32())
    try add(table, offset, UInt64(try reader.u32()), reader)
  }

  private mutating func readSegment(
    _ reader: inout Reader, _ command: MachOImage.Command
  ) throws(ScrubError) {
    let is64 = command.kind == LoadCommandKind.segment64
    guard is64 == header.is64 else { throw reader.error("the segment is of the other word size") }
    let width = is64 ? 8 : 4
    let name = try reader.name()
    let address = try reader.unsigned(width)
    let memorySize = try reader.unsigned(width)
    let offset = try reader.unsigned(width)
    let fileSize = try reader.unsigned(width)
    try reader.skip(8)  // protections
    let count = Int(try reader.u32())
    try reader.skip(4)  // flags
    guard count * (is64 ? 80 : 68) <= reader.remaining else {
      throw reader.error("\(count) sections do not fit")
    }
    // A dSYM has the headers of the original image, but only the bytes of its own two segments.
    let isForeign = header.fileType == FileType.dSYM && name != "__DWARF" && name != "__LINKEDIT"
    let range = isForeign ? 0..<0 : try fits(offset, fileSize, reader.error(""))
    let first = sections.count
    for _ in 0..<count { try readSection(&reader, command, hasBytes: !range.isEmpty) }
    segments.append(
      MachOImage.Segment(
        name: name, address: address, memorySize: memorySize, offset: offset, fileSize: fileSize,
        commandPosition: command.range.lowerBound, sections: first..<sections.count, fileRange: range))
  }

  private mutating func readSection(
    _ reader: inout Reader, _ command: MachOImage.Command, hasBytes: Bool
  ) throws(ScrubError) {
    let position = command.range.lowerBound + reader.offset
    let width = header.is64 ? 8 : 4
    let name = try reader.name()
    let segmentName = try reader.name()
    let address = try reader.unsigned(width)
    let size = try reader.unsigned(width)
    let offset = UInt64(try reader.u32())
    let alignment = try reader.u32()
    let relocationOffset = UInt64(try reader.u32())
    let relocationCount = UInt64(try reader.u32())
    let flags = try reader.u32()
    try reader.skip(header.is64 ? 12 : 8)  // reserved
    var section = MachOImage.Section(
      index: sections.count, segmentName: segmentName, name: name, address: address, size: size,
      offset: offset, alignment: alignment, relocationOffset: relocationOffset,
      relocationCount: relocationCount, flags: flags, headerPosition: position)
    if hasBytes, !section.isZeroFill, offset > 0, size > 0 {
      section.fileRange = try fits(offset, size, reader.error(""))
    }
    if hasBytes, relocationCount > 0 {
      try add(.relocations(of: section.label), relocationOffset, relocationCount * 8, reader)
    }
    sections.append(section)
  }

  private mutating func readSymbols(
    _ reader: inout Reader, _ command: MachOImage.Command
  ) throws(ScrubError) {
    guard symbolTable == nil else { throw reader.error("there are two symbol tables") }
    let offset = UInt64(try reader.u32())
    let count = UInt64(try reader.u32())
    let stringOffset = UInt64(try reader.u32())
    let stringSize = UInt64(try reader.u32())
    let size: UInt64 = header.is64 ? 16 : 12
    try add(.symbolTable, offset, count * size, reader)
    try add(.stringTable, stringOffset, stringSize, reader)
    symbolTable = MachOImage.SymbolTable(
      count: Int(count), symbols: try fits(offset, count * size, reader.error("")),
      strings: try fits(stringOffset, stringSize, reader.error("")), commandPosition: command.range.lowerBound
    )
  }

  /// `struct dysymtab_command`: three ranges of the symbol table, then six tables with their counts.
  private mutating func readDynamicSymbols(
    _ reader: inout Reader, _ command: MachOImage.Command
  ) throws(ScrubError) {
    guard dynamicSymbols == nil else { throw reader.error("there are two dynamic symbol tables") }
    dynamicSymbols = command.range.lowerBound + 8
    try reader.skip(24)
    let tables: [(LinkEditTable, entrySize: UInt64)] = [
      (.tableOfContents, 8), (.moduleTable, header.is64 ? 56 : 52), (.externalReferences, 4),
      (.indirectSymbols, 4), (.externalRelocations, 8), (.localRelocations, 8),
    ]
    for (table, entrySize) in tables {
      let offset = UInt64(try reader.u32())
      try add(table, offset, UInt64(try reader.u32()) * entrySize, reader)
    }
  }
}

extension Reader {
  /// A name of at most 16 bytes, padded with NULs. Bytes that are not UTF-8 are replaced.
  @_lifetime(self: copy self)
  fileprivate mutating func name() throws(ScrubError) -> String {
    try need(16)
    var name: [UInt8] = []
    for index in 0..<16 {
      let byte = bytes[offset + index]
      if byte == 0 { break }
      name.append(byte)
    }
    try skip(16)
    return String(decoding: name, as: UTF8.self)
  }
}
