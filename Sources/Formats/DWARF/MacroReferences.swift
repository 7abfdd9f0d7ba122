/// An index into `.debug_str_offsets`, as stored in ULEB128.
package struct StringIndex: Sendable {
  /// Bytes from the section's start.
  package var range: Range<Int>
  package var number: UInt64
  /// Version of the unit that contains it.
  package var version: UInt16
}

/// The macro units of `.debug_macro` (DWARF 5 section 6.3; version 4 is the GNU extension it came from).
package struct MacroReferences {
  package static func forEach(
    in section: DwarfSections.Section, addressSize: Int, order: ByteOrder,
    _ body: (SectionReference) throws(ScrubError) -> Void,
    index: (StringIndex) throws(ScrubError) -> Void = { _ throws(ScrubError) in }
  ) throws(ScrubError) {
    var reader = Reader(section.content.span, order: order, section: section.label)
    while !reader.isAtEnd, !reader.isPadding {
      let version = try reader.u16()
      guard version == 4 || version == 5 else {
        throw reader.error("macro unit version \(version) is not known", kind: .notUnderstood)
      }
      let flags = try reader.u8()
      let offsetSize = flags & 1 != 0 ? 8 : 4
      if flags & 2 != 0 { try body(try reader.reference(.line, width: offsetSize)) }  // debug_line_offset
      let operands = flags & 4 != 0 ? try operandTable(&reader) : [:]
      let encoding = UnitEncoding(version: version, addressSize: addressSize, offsetSize: offsetSize)
      try entries(&reader, encoding, operands, body, index)
    }
  }

  /// opcode_operands_table: how to skip vendor opcodes.
  private static func operandTable(_ reader: inout Reader) throws(ScrubError) -> [UInt8: [Form]] {
    var table: [UInt8: [Form]] = [:]
    for _ in 0..<(try reader.u8()) {
      let opcode = try reader.u8()
      let count = try reader.uleb()
      guard count <= UInt64(reader.remaining) else { throw reader.error("\(count) operands do not fit") }
      var forms: [Form] = []
      for _ in 0..<count { forms.append(Form(UInt64(try reader.u8()))) }
      table[opcode] = forms
    }
    return table
  }

  private static func entries(
    _ reader: inout Reader, _ encoding: UnitEncoding, _ operands: [UInt8: [Form]],
    _ body: (SectionReference) throws(ScrubError) -> Void,
    _ index: (StringIndex) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    while true {
      let opcode = try reader.u8()
      if opcode == 0 { return }
      switch DwarfMacro(rawValue: opcode) {
      case .define, .undef:  // line and inline text
        try reader.skipLEB()
        _ = try reader.cString()
      case .startFile:  // line and file
        try reader.skipLEB()
        try reader.skipLEB()
      case .endFile: break
      case .defineStrp, .undefStrp:
        try reader.skipLEB()
        try body(try reader.reference(.str, width: encoding.offsetSize))
      case .import, .importSup: try reader.skip(encoding.offsetSize)
      case .defineSup, .undefSup:  // the supplementary file's own table
        try reader.skipLEB()
        try reader.skip(encoding.offsetSize)
      case .defineStrx, .undefStrx:  // through .debug_str_offsets
        try reader.skipLEB()
        let start = reader.offset
        let number = try reader.uleb()
        try index(StringIndex(range: start..<reader.offset, number: number, version: encoding.version))
      case nil:
        guard let forms = operands[opcode] else {
          throw reader.error("macro opcode 0x\(String(opcode, radix: 16)) is not known", kind: .notUnderstood)
        }
        for form in forms { try reader.value(form, encoding, body) }
      }
    }
  }
}
