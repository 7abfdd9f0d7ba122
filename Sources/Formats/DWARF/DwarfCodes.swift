/// The standard's constants, under their names without prefixes.

/// `DW_FORM_…` (DWARF 5 section 7.5.6, table 7.6), and the GNU extensions in use.
package enum DwarfForm: UInt64 {
  case addr = 0x01
  case block2 = 0x03
  case block4 = 0x04
  case data2 = 0x05
  case data4 = 0x06
  case data8 = 0x07
  case string = 0x08
  case block = 0x09
  case block1 = 0x0a
  case data1 = 0x0b
  case flag = 0x0c
  case sdata = 0x0d
  case strp = 0x0e
  case udata = 0x0f
  case refAddr = 0x10
  case ref1 = 0x11
  case ref2 = 0x12
  case ref4 = 0x13
  case ref8 = 0x14
  case refUdata = 0x15
  case indirect = 0x16
  case secOffset = 0x17
  case exprloc = 0x18
  case flagPresent = 0x19
  case strx = 0x1a
  case addrx = 0x1b
  case refSup4 = 0x1c
  case strpSup = 0x1d
  case data16 = 0x1e
  case lineStrp = 0x1f
  case refSig8 = 0x20
  case implicitConst = 0x21
  case loclistx = 0x22
  case rnglistx = 0x23
  case refSup8 = 0x24
  case strx1 = 0x25
  case strx2 = 0x26
  case strx3 = 0x27
  case strx4 = 0x28
  case addrx1 = 0x29
  case addrx2 = 0x2a
  case addrx3 = 0x2b
  case addrx4 = 0x2c
  case gnuAddrIndex = 0x1f01
  case gnuStrIndex = 0x1f02
  case gnuRefAlt = 0x1f20
  case gnuStrpAlt = 0x1f21
}

/// `DW_AT_…` (DWARF 5 section 7.5.4, table 7.5), those that are used here.
package enum DwarfAttribute {
  package static let stmtList: UInt64 = 0x10
  package static let producer: UInt64 = 0x25
  package static let strOffsetsBase: UInt64 = 0x72
}

/// `DW_MACRO_…` (DWARF 5 section 7.23, table 7.28), identical to those of the GNU extension to version 4.
package enum DwarfMacro: UInt8 {
  case define = 0x01
  case undef = 0x02
  case startFile = 0x03
  case endFile = 0x04
  case defineStrp = 0x05
  case undefStrp = 0x06
  case `import` = 0x07
  case defineSup = 0x08
  case undefSup = 0x09
  case importSup = 0x0a
  case defineStrx = 0x0b
  case undefStrx = 0x0c
}

/// Opcodes of line number programs (DWARF 5 section 7.22, tables 7.25 and 7.26) that create rows or have operands of
/// another kind.
package enum DwarfLineOpcode {
  /// A length and an extended opcode follow.
  package static let extended: UInt8 = 0
  /// `DW_LNS_copy`
  package static let copy: UInt8 = 0x01
  /// `DW_LNS_fixed_advance_pc`: its operand is a uhalf.
  package static let fixedAdvancePC: UInt8 = 0x09
  /// `DW_LNE_end_sequence`
  package static let endSequence: UInt8 = 0x01
}
