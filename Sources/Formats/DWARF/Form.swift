/// How an attribute's value is encoded (DWARF 5 section 7.5.6, and the GNU extensions in use).
package struct Form: Hashable, Sendable {
  package var code: UInt64
  package init(_ code: UInt64) { self.code = code }

  package func isOne(_ form: DwarfForm) -> Bool { code == form.rawValue }

  /// How a walker handles a value of a form, once the unit's address and offset sizes are known.
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
    switch DwarfForm(rawValue: code) {
    case .addr: .fixed(unit.addressSize)
    case .flagPresent: .fixed(0)
    // The value is in the abbreviation.
    case .implicitConst: .fixed(0)
    case .data1, .flag, .ref1, .strx1, .addrx1: .fixed(1)
    case .data2, .ref2, .strx2, .addrx2: .fixed(2)
    case .strx3, .addrx3: .fixed(3)
    case .data4, .ref4, .strx4, .addrx4, .refSup4: .fixed(4)
    case .data8, .ref8, .refSig8, .refSup8: .fixed(8)
    case .data16: .fixed(16)
    // DWARF 2 section 7.5.4 gave it the size of an address; later versions that of an offset.
    case .refAddr: .fixed(unit.version <= 2 ? unit.addressSize : unit.offsetSize)
    // The last three are offsets into the supplementary file.
    case .secOffset, .strpSup, .gnuRefAlt, .gnuStrpAlt: .fixed(unit.offsetSize)
    case .sdata, .udata, .refUdata, .strx, .addrx, .loclistx, .rnglistx, .gnuAddrIndex, .gnuStrIndex: .leb
    case .string: .string
    case .strp: .reference(.str)
    case .lineStrp: .reference(.lineStr)
    case .block1: .block(lengthWidth: 1)
    case .block2: .block(lengthWidth: 2)
    case .block4: .block(lengthWidth: 4)
    case .block, .exprloc: .lebBlock
    case .indirect: .indirect
    case nil: .unknown
    }
  }
}

/// The properties of a unit that determine the size of a value: version, and address size and offset size (32- or
/// 64-bit format) in bytes.
package struct UnitEncoding: Hashable, Sendable {
  package var version: UInt16
  package var addressSize: Int
  package var offsetSize: Int
}

extension Reader {
  /// Skips one value and reports the string reference that it may be. Not for `DW_FORM_indirect`, which only DIEs use.
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
