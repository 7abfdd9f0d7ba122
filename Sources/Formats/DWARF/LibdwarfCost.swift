/// The cost of a libdwarf call, charged before the call: libdwarf cannot be stopped while it works, and it repeats for
/// each unit, entry or file some things that our own readers do once.
package struct LibdwarfCost {
  private let dwarf: DwarfSections
  /// Nil if there is none that can be read.
  private let index: UnitIndex?
  /// Size of the declarations of a unit, by their offset.
  private var tables: [UInt64: Int] = [:]
  private var programs: [UInt64: Program] = [:]

  private struct Program {
    var length: Int
    /// For a small program used by one unit, the maximum that it could have.
    var rows: Int
    var files: Int
    var isCounted = true
  }

  /// Programs with fewer bytes of opcodes are not worth counting rows in, unless several units run them.
  private static let smallProgram = 256 << 10

  package init(_ dwarf: DwarfSections) {
    self.dwarf = dwarf
    index = try? UnitIndex(dwarf)
  }

  /// libdwarf reads the abbreviations again for each unit, as far as its entries need them.
  /// - Parameters:
  ///   - abbreviations: the offset in the unit's header.
  ///   - section: `.debug_info` or `.debug_types`.
  package mutating func chargeUnit(at offset: UInt64, in section: String, abbreviations: UInt64)
    throws(ScrubError)
  {
    let start = abbreviations &+ (index?.abbreviations(ofUnitAt: Int(clamping: offset), in: section) ?? 0)
    let size: Int
    if let known = tables[start] {
      size = known
    } else {
      size = try Self.tableSize(dwarf[".debug_abbrev"], at: start, dwarf.order)
      tables[start] = size
    }
    // It keeps what it has read for each unit, about 25 bytes for each byte of the table.
    try Effort.charge(64 + 48 * size, at: Place(section: section, offset: offset))
  }

  /// An entry and its list of attributes are allocated one by one.
  package func chargeEntry(attributes: Int, at offset: UInt64) throws(ScrubError) {
    try Effort.charge(32 + 16 * attributes, at: Place(section: ".debug_info", offset: offset))
  }

  /// libdwarf finds the sibling of an entry by walking over all entries below it.
  package func chargeSibling(below count: Int) throws(ScrubError) {
    try Effort.charge(8 * count, at: Place(section: ".debug_info"))
  }

  /// libdwarf runs the line number program, and finds each file by counting from the first.
  /// - Parameter offset: in bytes from the start of `.debug_line`; nil if only the unit's index tells: then the most
  ///   expensive program is assumed.
  package mutating func chargeLineTable(at offset: UInt64?) throws(ScrubError) {
    guard let section = dwarf[".debug_line"] else { return }
    let program: Program
    if let offset {
      program = try known(offset, section)
    } else {
      program = try dearest(section)
    }
    let place = Place(section: section.label, offset: offset)
    try Effort.charge(
      4 * program.length + 32 * program.rows + 64 * program.files + program.files * program.files / 2,
      at: place)
    // A row takes 112 bytes, and all rows exist at once.
    do throws(ScrubError) { try Memory.check(adding: 112 * program.rows) } catch {
      throw ScrubError(error.message, at: place, kind: error.kind)
    }
  }

  private mutating func known(_ offset: UInt64, _ section: DwarfSections.Section) throws(ScrubError)
    -> Program
  {
    let content = section.content
    let isNew = programs[offset] == nil
    if let known = programs[offset], known.isCounted { return known }
    guard offset < UInt64(content.count) else { return Program(length: 0, rows: 0, files: 0) }
    var reader = Reader(content.span, order: dwarf.order, section: section.label, at: Int(offset))
    var found = Program(length: content.count - Int(offset), rows: 0, files: 0)
    // libdwarf reports its own error for what our reader cannot read.
    let program = try? LineProgram(&reader, addressSize: Int(dwarf.addressSize)) { _ throws(ScrubError) in }
    if let program {
      // Every byte could create one.
      let isCounted = !isNew || program.opcodes.count > Self.smallProgram
      found = Program(
        length: program.range.count,
        rows: isCounted ? program.rows(in: content.span) : program.opcodes.count,
        files: program.paths.files.count, isCounted: isCounted)
    }
    try Effort.settle()
    programs[offset] = found
    return found
  }

  private mutating func dearest(_ section: DwarfSections.Section) throws(ScrubError) -> Program {
    // No program begins there.
    let all = UInt64.max
    if let known = programs[all] { return known }
    var dearest = Program(length: 0, rows: 0, files: 0)
    try LinePrograms.forEach(
      in: section, addressSize: Int(dwarf.addressSize), order: dwarf.order,
      reference: { _ throws(ScrubError) in },
      program: { program throws(ScrubError) in
        dearest.length = max(dearest.length, program.range.count)
        dearest.rows = max(dearest.rows, program.rows(in: section.content.span))
        dearest.files = max(dearest.files, program.paths.files.count)
      })
    programs[all] = dearest
    return dearest
  }

  private static func tableSize(
    _ section: DwarfSections.Section?, at offset: UInt64, _ order: ByteOrder
  ) throws(ScrubError) -> Int {
    guard let section, offset < UInt64(section.content.count) else { return 0 }
    var reader = Reader(section.content.span, order: order, section: section.label, at: Int(offset))
    while try reader.uleb() != 0 {
      _ = try reader.uleb()  // tag
      try reader.skip(1)  // has children
      while true {
        let (attribute, form) = (try reader.uleb(), Form(try reader.uleb()))
        if form.isOne(.implicitConst) { try reader.skipLEB() }
        if attribute == 0, form.code == 0 { break }
      }
    }
    let size = reader.offset - Int(offset)
    try Effort.charge(4 * size, at: Place(section: section.label, offset: offset))
    return size
  }
}

extension LineProgram {
  /// How many rows the program makes (DWARF 5 section 6.2.5), however its operands end.
  package func rows(in bytes: Span<UInt8>) -> Int {
    let base = fields.lowerBound + (version >= 4 ? 5 : 4)
    guard base < fields.upperBound else { return opcodes.count }
    let opcodeBase = bytes[base]
    var rows = 0
    var position = opcodes.lowerBound
    func skipLEB() {
      while position < opcodes.upperBound, bytes[position] >= 0x80 { position += 1 }
      position += 1
    }
    while position < opcodes.upperBound {
      let opcode = bytes[position]
      position += 1
      switch opcode {
      case DwarfLineOpcode.extended:
        var reader = Reader(bytes, order: .little, section: "", at: position)
        guard let length = try? reader.uleb(), length <= UInt64(max(opcodes.upperBound - reader.offset, 0))
        else {
          return rows
        }
        position = reader.offset + Int(length)
        if length > 0, bytes[reader.offset] == DwarfLineOpcode.endSequence { rows += 1 }
      case opcodeBase...: rows += 1
      case DwarfLineOpcode.copy: rows += 1
      case DwarfLineOpcode.fixedAdvancePC: position += 2
      default: for _ in 0..<bytes[base + Int(opcode)] { skipLEB() }
      }
    }
    return rows
  }
}
