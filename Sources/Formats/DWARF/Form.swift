/// How an attribute's value is encoded (DWARF 5 section 7.5.6, and the GNU extensions in use).
package struct Form: Hashable, Sendable {
  package var code: UInt64
  package init(_ code: UInt64) { self.code = code }

  /// What a walker has to do with a value of a form, once the unit's address and offset sizes are known.
  package enum Handling: Equatable {
    case fixed(Int)
    case leb
    case string
    case block(lengthWidth: Int)
    case lebBlock
    case reference(ReferenceTarget)
    case indirect
    case unknown
  }

  package func handling(_ unit: UnitEncoding) -> Handling {
    switch code {
    case 0x01: .fixed(unit.addressSize)  // addr
    case 0x03: .block(lengthWidth: 2)  // block2
    case 0x04: .block(lengthWidth: 4)  // block4
    case 0x05: .fixed(2)  // data2
    case 0x06: .fixed(4)  // data4
    case 0x07: .fixed(8)  // data8
    case 0x08: .string
    case 0x09: .lebBlock  // block
    case 0x0a: .block(lengthWidth: 1)  // block1
    case 0x0b, 0x0c: .fixed(1)  // data1, flag
    case 0x0d, 0x0f: .leb  // sdata, udata
    case 0x0e: .reference(.str)  // strp
    // DWARF 2 section 7.5.4 gave ref_addr the size of an address; later versions that of an offset.
    case 0x10: .fixed(unit.version <= 2 ? unit.addressSize : unit.offsetSize)
    case 0x11: .fixed(1)  // ref1
    case 0x12: .fixed(2)  // ref2
    case 0x13: .fixed(4)  // ref4
    case 0x14: .fixed(8)  // ref8
    case 0x15: .leb  // ref_udata
    case 0x16: .indirect
    case 0x17: .fixed(unit.offsetSize)  // sec_offset
    case 0x18: .lebBlock  // exprloc
    case 0x19: .fixed(0)  // flag_present
    case 0x1a, 0x1b: .leb  // strx, addrx
    case 0x1c: .fixed(4)  // ref_sup4
    case 0x1d: .fixed(unit.offsetSize)  // strp_sup: the supplementary file's own table
    case 0x1e: .fixed(16)  // data16
    case 0x1f: .reference(.lineStr)  // line_strp
    case 0x20: .fixed(8)  // ref_sig8
    case 0x21: .fixed(0)  // implicit_const: the value is in the abbreviation
    case 0x22, 0x23: .leb  // loclistx, rnglistx
    case 0x24: .fixed(8)  // ref_sup8
    case 0x25, 0x29: .fixed(1)  // strx1, addrx1
    case 0x26, 0x2a: .fixed(2)  // strx2, addrx2
    case 0x27, 0x2b: .fixed(3)  // strx3, addrx3
    case 0x28, 0x2c: .fixed(4)  // strx4, addrx4
    case 0x1f01, 0x1f02: .leb  // GNU_addr_index, GNU_str_index
    case 0x1f20, 0x1f21: .fixed(unit.offsetSize)  // GNU_ref_alt, GNU_strp_alt
    default: .unknown
    }
  }
}

/// What the size of a value depends on: the unit's version, address size and 32- or 64-bit format, in bytes.
package struct UnitEncoding: Hashable, Sendable {
  package var version: UInt16
  package var addressSize: Int
  package var offsetSize: Int
}

extension Reader {
  /// Passes over one value and hands out the string reference that it may be. Not for `DW_FORM_indirect`,
  /// which only DIEs use.
  @_lifetime(self: copy self)
  package mutating func value(
    _ form: Form, _ encoding: UnitEncoding, _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    switch form.handling(encoding) {
    case .fixed(let size): try skip(size)
    case .leb: try skipLEB()
    case .string: _ = try cString()
    case .block(let width): try skip(claimed: try unsigned(width))
    case .lebBlock: try skip(claimed: try uleb())
    case .reference(let target): try body(try reference(target, width: encoding.offsetSize))
    case .indirect, .unknown:
      throw error("form 0x\(String(form.code, radix: 16)) is not known here", kind: .notUnderstood)
    }
  }

  /// Reads one offset into another section.
  @_lifetime(self: copy self)
  @inline(__always)
  package mutating func reference(_ kind: ReferenceTarget, width: Int) throws(ScrubError) -> SectionReference
  {
    let position = offset
    let target = try unsigned(width)
    return SectionReference(kind: kind, width: width, position: position, target: target)
  }
}
