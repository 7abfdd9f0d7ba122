/// One A64 instruction, limited to how it creates, moves or uses addresses (Arm ARM, C4 "A64 Instruction Set
/// Encoding").
package enum ArmInstruction: Hashable, Sendable {
  /// `ADRP` and `ADR`: `distance` is relative to the page or to the instruction.
  case page(UInt8, distance: Int64)
  case address(UInt8, distance: Int64)
  /// `ADD` and `SUB` of a constant.
  case add(UInt8, UInt8, Int64)
  case move(UInt8, UInt8)
  /// `CSEL`; with `increment`, `CSINC`: one of the two, or the second plus one.
  case select(UInt8, UInt8, UInt8, increment: Bool)
  /// A load or a store with a constant distance. Written registers as a mask, including the base if it is updated.
  case access(base: UInt8, distance: Int64, size: Int, isLoad: Bool, writes: UInt32)
  /// A base and an index register: the base is the address of a table.
  case indexed(base: UInt8, writes: UInt32)
  /// Relative to the program counter.
  case literal(distance: Int64, size: Int, writes: UInt32)
  case branch(Int64, isConditional: Bool)
  case call
  /// Control flow does not continue after it.
  case end
  case other(writes: UInt32)

  package init(_ word: UInt32) {
    switch word >> 25 & 0xf {
    case 0b1000, 0b1001: self = Self.immediate(word)
    case 0b1010, 0b1011: self = Self.control(word)
    case 0b0100, 0b0110, 0b1100, 0b1110: self = Self.memory(word)
    case 0b0101, 0b1101: self = Self.register(word)
    case 0b0111, 0b1111: self = .other(writes: 0)
    default: self = word >> 16 == 0 ? .end : .other(writes: 0)
    }
  }

  private static func signed(_ word: UInt32, _ low: UInt32, _ width: UInt32) -> Int64 {
    Int64(Int32(bitPattern: word << (32 - low - width)) >> Int32(32 - width))
  }

  /// Register 31 is the stack pointer or zero: it never holds a tracked address.
  private static func mask(_ register: UInt8) -> UInt32 { register == 31 ? 0 : 1 << UInt32(register) }
  private static func low(_ word: UInt32) -> UInt8 { UInt8(word & 31) }
  private static func base(_ word: UInt32) -> UInt8 { UInt8(word >> 5 & 31) }

  private static func immediate(_ word: UInt32) -> ArmInstruction {
    if word & 0x1f00_0000 == 0x1000_0000 {
      let distance = signed(word, 5, 19) << 2 | Int64(word >> 29 & 3)
      return word >> 31 == 1
        ? .page(low(word), distance: distance << 12) : .address(low(word), distance: distance)
    }
    // ADD, ADDS, SUB, SUBS (immediate).
    if word & 0x1f80_0000 == 0x1100_0000 {
      let value = Int64(word >> 10 & 0xfff) << (word >> 22 & 1 == 1 ? 12 : 0)
      let isSubtraction = word >> 30 & 1 == 1
      return .add(low(word), base(word), isSubtraction ? -value : value)
    }
    return .other(writes: mask(low(word)))
  }

  private static func register(_ word: UInt32) -> ArmInstruction {
    let second = UInt8(word >> 16 & 31)
    if word & 0xffe0_ffe0 == 0xaa00_03e0 { return .move(low(word), second) }
    if word & 0x7fe0_0800 == 0x1a80_0000 {
      return .select(low(word), base(word), second, increment: word >> 10 & 1 == 1)
    }
    return .other(writes: mask(low(word)))
  }

  private static func control(_ word: UInt32) -> ArmInstruction {
    switch word >> 24 {
    case 0x14...0x17: return .branch(signed(word, 0, 26) << 2, isConditional: false)
    case 0x94...0x97: return .call
    case 0x54: return .branch(signed(word, 5, 19) << 2, isConditional: true)
    case 0x34, 0x35, 0xb4, 0xb5: return .branch(signed(word, 5, 19) << 2, isConditional: true)
    case 0x36, 0x37, 0xb6, 0xb7: return .branch(signed(word, 5, 14) << 2, isConditional: true)
    // BR, BLR, RET and their authenticated forms.
    case 0xd6, 0xd7: return word >> 21 & 0b11 == 1 ? .call : .end
    // BRK and HLT; SVC and similar ones continue.
    case 0xd4: return word >> 21 & 7 == 1 || word >> 21 & 7 == 2 ? .end : .other(writes: 0)
    // MRS and SYSL write.
    case 0xd5: return .other(writes: word >> 21 & 1 == 1 ? mask(low(word)) : 0)
    default: return .other(writes: 0)
    }
  }

  private static func memory(_ word: UInt32) -> ArmInstruction {
    let isVector = word >> 26 & 1 == 1
    let target = isVector ? 0 : mask(low(word))
    switch word >> 24 & 0x3b {
    case 0x18:
      let kind = Int(word >> 30)
      let size = isVector ? 4 << kind : kind == 1 ? 8 : 4
      return .literal(distance: signed(word, 5, 19) << 2, size: size, writes: target)
    case 0x28, 0x29: return pair(word, isVector)
    case 0x39: return single(word, isVector, target)
    case 0x38: return unscaled(word, isVector, target)
    // Vector structures, exclusives: only the base.
    default:
      let isLoad = word >> 22 & 1 == 1
      let writes = isVector ? 0 : isLoad ? mask(low(word)) : mask(UInt8(word >> 16 & 31))
      return .access(base: base(word), distance: 0, size: 1, isLoad: isLoad, writes: writes)
    }
  }

  private static func pair(_ word: UInt32, _ isVector: Bool) -> ArmInstruction {
    let isLoad = word >> 22 & 1 == 1
    let scale = isVector ? 2 + Int64(word >> 30) : 2 + Int64(word >> 31)
    var writes: UInt32 = isLoad && !isVector ? mask(low(word)) | mask(UInt8(word >> 10 & 31)) : 0
    let mode = word >> 23 & 3
    if mode == 1 || mode == 3 { writes |= mask(base(word)) }
    return .access(
      base: base(word), distance: mode == 1 ? 0 : signed(word, 15, 7) << scale, size: 2 << Int(scale),
      isLoad: isLoad, writes: writes)
  }

  /// The scale of a single access, and whether it loads.
  private static func width(_ word: UInt32, _ isVector: Bool) -> (scale: Int64, isLoad: Bool) {
    let kind = word >> 22 & 3
    let scale = Int64(word >> 30)
    if isVector { return (kind & 2 == 2 && scale == 0 ? 4 : scale, kind & 1 == 1) }
    return (scale, kind != 0)
  }

  private static func single(_ word: UInt32, _ isVector: Bool, _ target: UInt32) -> ArmInstruction {
    let (scale, isLoad) = width(word, isVector)
    return .access(
      base: base(word), distance: Int64(word >> 10 & 0xfff) << scale, size: 1 << Int(scale), isLoad: isLoad,
      writes: isLoad ? target : 0)
  }

  private static func unscaled(_ word: UInt32, _ isVector: Bool, _ target: UInt32) -> ArmInstruction {
    let (scale, isLoad) = width(word, isVector)
    if word >> 21 & 1 == 1 {
      // A register as distance, or an atomic operation.
      return .indexed(base: base(word), writes: isLoad || word >> 10 & 3 == 0 ? target : 0)
    }
    let mode = word >> 10 & 3
    let moves = mode & 1 == 1 ? mask(base(word)) : 0
    return .access(
      base: base(word), distance: mode == 1 ? 0 : signed(word, 12, 9), size: 1 << Int(scale), isLoad: isLoad,
      writes: (isLoad ? target : 0) | moves)
  }
}
