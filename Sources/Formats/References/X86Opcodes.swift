/// What an x86-64 instruction does with the operand that its ModRM byte names, limited to which bytes it refers to
/// (Intel SDM volume 2, appendix A).
package struct X86Operand: Hashable, Sendable {
  /// Length in bytes of the immediate after the displacement.
  package var immediate: Int
  /// How many bytes are certainly read; 0 for an instruction that only takes the address.
  package var size: Int
}

package enum X86Opcodes {
  /// Which of the 256 opcodes have a ModRM byte.
  private struct Map: Sendable {
    private var bits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(_ ranges: [ClosedRange<Int>], but excluded: [ClosedRange<Int>] = []) {
      for opcode in 0..<256 where ranges.contains(where: { $0.contains(opcode) }) {
        guard !excluded.contains(where: { $0.contains(opcode) }) else { continue }
        switch opcode >> 6 {
        case 0: bits.0 |= 1 << UInt64(opcode & 63)
        case 1: bits.1 |= 1 << UInt64(opcode & 63)
        case 2: bits.2 |= 1 << UInt64(opcode & 63)
        default: bits.3 |= 1 << UInt64(opcode & 63)
        }
      }
    }

    func contains(_ opcode: UInt8) -> Bool {
      let word =
        switch opcode >> 6 {
        case 0: bits.0
        case 1: bits.1
        case 2: bits.2
        default: bits.3
        }
      return word &>> UInt64(opcode & 63) & 1 != 0
    }
  }

  private static let one = Map([
    0x00...0x03, 0x08...0x0b, 0x10...0x13, 0x18...0x1b, 0x20...0x23, 0x28...0x2b, 0x30...0x33, 0x38...0x3b,
    0x63...0x63, 0x69...0x69, 0x6b...0x6b, 0x80...0x81, 0x83...0x8f, 0xc0...0xc1, 0xc6...0xc7, 0xd0...0xd3,
    0xd8...0xdf, 0xf6...0xf7, 0xfe...0xff,
  ])
  /// Without opcodes that have no memory operand.
  private static let two = Map(
    [
      0x00...0x03, 0x0d...0x0d, 0x10...0x1f, 0x28...0x2f, 0x40...0x76, 0x78...0x7f, 0x90...0x9f, 0xa3...0xa5,
      0xab...0xc7, 0xd0...0xfe,
    ], but: [0x50...0x50, 0x71...0x73, 0xc5...0xc5, 0xd7...0xd7, 0xf7...0xf7])

  /// One-byte opcodes.
  package static func oneByte(
    _ opcode: UInt8, _ modRM: UInt8, isShort: Bool, isWide: Bool, _ body: (X86Operand) -> Void
  ) {
    guard one.contains(opcode) else { return }
    let field = modRM >> 3 & 7
    let word = isWide ? 8 : isShort ? 2 : 4
    let size = opcode & 1 == 0 ? 1 : word
    func fullImmediate() {
      body(X86Operand(immediate: 4, size: size))
      if isShort { body(X86Operand(immediate: 2, size: 2)) }
    }
    switch opcode {
    case 0x8d: body(X86Operand(immediate: 0, size: 0))
    case 0x63: body(X86Operand(immediate: 0, size: 4))
    case 0x69, 0x81: fullImmediate()
    case 0xc7: if field == 0 { fullImmediate() }
    case 0x6b, 0x83, 0xc1: body(X86Operand(immediate: 1, size: word))
    case 0x80, 0xc0: body(X86Operand(immediate: 1, size: 1))
    case 0xc6: if field == 0 { body(X86Operand(immediate: 1, size: 1)) }
    case 0xf6: body(X86Operand(immediate: field < 2 ? 1 : 0, size: 1))
    case 0xf7: if field < 2 { fullImmediate() } else { body(X86Operand(immediate: 0, size: word)) }
    case 0x8c, 0x8e: if field < 6 { body(X86Operand(immediate: 0, size: 2)) }
    case 0x8f: if field == 0 { body(X86Operand(immediate: 0, size: 8)) }
    case 0xfe: if field < 2 { body(X86Operand(immediate: 0, size: 1)) }
    case 0xff: if field < 7 { body(X86Operand(immediate: 0, size: field < 2 ? word : 8)) }
    case 0xd8...0xdf: body(X86Operand(immediate: 0, size: 2))
    default: body(X86Operand(immediate: 0, size: size))
    }
  }

  /// After `0F`, or what VEX and EVEX call map 1.
  /// - Parameters:
  ///   - prefix: `66`, `F3`, `F2` or 0.
  ///   - vector: size in bytes of a full vector.
  package static func twoByte(
    _ opcode: UInt8, _ modRM: UInt8, prefix: UInt8, isWide: Bool, vector: Int
  ) -> X86Operand? {
    guard two.contains(opcode) else { return nil }
    let field = modRM >> 3 & 7
    switch opcode {
    case 0x70, 0xa4, 0xac, 0xc2, 0xc4, 0xc6:
      return X86Operand(immediate: 1, size: opcode == 0xc4 ? 2 : 1)
    case 0xba: return field < 4 ? nil : X86Operand(immediate: 1, size: 4)
    case 0x10, 0x28, 0x6f:
      // movss, movsd, MMX movq; otherwise a whole vector.
      if opcode == 0x10, prefix == 0xf3 { return X86Operand(immediate: 0, size: 4) }
      if opcode == 0x10, prefix == 0xf2 { return X86Operand(immediate: 0, size: 8) }
      if opcode == 0x6f, prefix == 0 { return X86Operand(immediate: 0, size: 8) }
      return X86Operand(immediate: 0, size: vector)
    case 0x12, 0x16: return X86Operand(immediate: 0, size: 8)
    case 0x6e: return X86Operand(immediate: 0, size: isWide ? 8 : 4)
    case 0x7e: return X86Operand(immediate: 0, size: prefix == 0xf3 ? 8 : 4)
    case 0xf0: return X86Operand(immediate: 0, size: vector)
    case 0x74...0x76, 0xdb, 0xdf, 0xeb, 0xef, 0x54...0x57, 0x60...0x62, 0x68...0x6d:
      return X86Operand(immediate: 0, size: prefix == 0 && vector == 16 ? 8 : vector)
    case 0xb7, 0xbf: return X86Operand(immediate: 0, size: 2)
    case 0x40...0x4f: return X86Operand(immediate: 0, size: isWide ? 8 : 2)
    default: return X86Operand(immediate: 0, size: 1)
    }
  }
}
