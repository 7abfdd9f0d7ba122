/// The headers of the line number programs of `.debug_line` (DWARF 5 section 6.2.4).
struct LineReferences {
  /// Hands out the string references of every DWARF 5 header. DWARF 2 to 4 hold their names inline and have
  /// none, but are checked as far.
  static func forEach(
    in section: DwarfSections.Section, addressSize: Int, order: ByteOrder,
    _ body: (StringReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var reader = Reader(section.content.span, order: order, section: section.name)
    while !reader.isAtEnd, !reader.isPadding {
      let (length, offsetSize) = try reader.unitLength()
      let end = reader.offset + length
      let version = try reader.u16()
      var encoding = UnitEncoding(version: version, addressSize: addressSize, offsetSize: offsetSize)
      guard (2...5).contains(version) else {
        throw reader.error("line number program version \(version) is not known", kind: .notUnderstood)
      }
      if version == 5 {
        encoding.addressSize = Int(try reader.u8())
        try reader.skip(1)  // segment_selector_size
      }
      let headerLength = try reader.unsigned(offsetSize)
      guard headerLength <= UInt64(max(end - reader.offset, 0)) else {
        throw reader.error(
          "header_length \(headerLength) exceeds the program's end 0x\(String(end, radix: 16))")
      }
      let programStart = reader.offset + Int(headerLength)
      // minimum_instruction_length, maximum_operations_per_instruction (from version 4), default_is_stmt,
      // line_base, line_range
      try reader.skip(version >= 4 ? 5 : 4)
      let opcodeBase = try reader.u8()
      if opcodeBase > 0 { try reader.skip(Int(opcodeBase) - 1) }

      if version == 5 {
        try entries(&reader, encoding, body)
        try entries(&reader, encoding, body)
      } else {
        try inlineTables(&reader)
      }
      guard reader.offset <= programStart else {
        throw reader.error("file names end behind the header's end 0x\(String(programStart, radix: 16))")
      }
      try reader.seek(to: end)
    }
  }

  /// One of the two entry tables of a DWARF 5 header: formats, then as many entries.
  private static func entries(
    _ reader: inout Reader, _ encoding: UnitEncoding, _ body: (StringReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var forms: [Form] = []
    for _ in 0..<(try reader.u8()) {
      try reader.skipLEB()  // content type code
      forms.append(Form(try reader.uleb()))
    }
    let count = try reader.uleb()
    // A table of entries without content would let a short file claim any number of them.
    guard count == 0 || (!forms.isEmpty && count <= UInt64(reader.bytes.count)) else {
      throw reader.error("\(count) entries of \(forms.count) forms do not fit")
    }
    for _ in 0..<count {
      for form in forms { try reader.value(form, encoding, body) }
    }
  }

  /// include_directories and file_names of DWARF 2 to 4: strings up to an empty one.
  private static func inlineTables(_ reader: inout Reader) throws(ScrubError) {
    while !(try reader.cString().isEmpty) {}
    while !(try reader.cString().isEmpty) {
      try reader.skipLEB()  // directory index
      try reader.skipLEB()  // modification time
      try reader.skipLEB()  // length
    }
  }
}
