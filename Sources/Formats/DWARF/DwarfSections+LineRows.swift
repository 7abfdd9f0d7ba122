extension DwarfSections {
  /// The same sections, except that the line number programs of `.debug_line` create no rows; headers, with directories
  /// and files, are unchanged. libdwarf runs a program whenever it is asked for a file's name, and allocates each row:
  /// that takes most of the time for naming a hit in a large file.
  /// - Throws: if `.debug_line` contradicts itself.
  package func withoutLineRows() throws(ScrubError) -> DwarfSections {
    var result = self
    for (index, section) in sections.enumerated() where section.name == ".debug_line" {
      let copy = EditBuffer(copying: section.content)
      for program in try Self.programs(in: section, order) {
        copy.replace(at: program.lowerBound, with: [UInt8](repeating: negateStatement, count: program.count))
      }
      result.sections[index].content = copy.bytes
    }
    return result
  }

  /// The ranges of each program's opcodes (DWARF 5 section 6.2.4).
  private static func programs(in section: Section, _ order: ByteOrder) throws(ScrubError) -> [Range<Int>] {
    var programs: [Range<Int>] = []
    var reader = Reader(section.content.span, order: order, section: section.name)
    while !reader.isAtEnd, !reader.isPadding {
      let (length, offsetSize) = try reader.unitLength()
      let end = reader.offset + length
      // From DWARF 5 on, address and segment selector sizes follow the version.
      if try reader.u16() >= 5 { try reader.skip(2) }
      let headerLength = try reader.unsigned(offsetSize)
      guard reader.offset <= end, headerLength <= UInt64(end - reader.offset) else {
        throw reader.error("header_length \(headerLength) exceeds the program")
      }
      programs.append(reader.offset + Int(headerLength)..<end)
      try reader.seek(to: end)
    }
    return programs
  }
}

/// DW_LNS_negate_stmt (section 6.2.5.2): no operands, no row. One long unknown opcode would work as well, but libdwarf
/// 20210528 rejects it.
private let negateStatement: UInt8 = 6
