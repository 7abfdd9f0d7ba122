/// Where an x86-64 instruction ends, and where it goes (Intel SDM volume 2, chapter 2 and appendix A).
///
/// Instructions that ordinary programs do not contain are not known: privileged ones, those of single vendors, and
/// those that 64-bit code must not use.
package struct X86Instruction {
  /// Where the next instruction begins.
  package private(set) var end: Int
  /// Where a 32-bit displacement relative to `end` begins, if it names a memory operand.
  package private(set) var displacement: Int?
  /// The target of a jump or call; may be outside the code.
  package private(set) var target: Int?
  /// Whether the bytes after it run only if something jumps there.
  package private(set) var isLast = false

  /// Length in bytes of the longest instruction.
  package static let longest = 15

  package init?(_ code: Span<UInt8>, at start: Int) {
    end = start
    var isShort = false
    var hasShortAddress = false
    var rex: UInt8 = 0
    var opcode: UInt8 = 0
    repeat {
      guard end < code.count, end - start < Self.longest else { return nil }
      if rex != 0, code[end] & 0xf0 == 0x40 { return nil }
      opcode = code[end]
      end += 1
      switch opcode {
      case 0x66: isShort = true
      case 0x67: hasShortAddress = true
      case 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf0, 0xf2, 0xf3: break
      case 0x40...0x4f:
        rex = opcode
        continue
      default:
        guard
          body(
            code, opcode, isShort: isShort && rex & 8 == 0, isWide: rex & 8 != 0,
            hasShortAddress: hasShortAddress),
          end <= code.count, end - start <= Self.longest
        else { return nil }
        return
      }
      // A REX prefix counts only directly before the opcode; compilers never put it elsewhere.
      guard rex == 0 else { return nil }
    } while true
  }

  /// The rest after the first byte of the opcode.
  private mutating func body(
    _ code: Span<UInt8>, _ opcode: UInt8, isShort: Bool, isWide: Bool, hasShortAddress: Bool
  ) -> Bool {
    let full = isShort ? 2 : 4
    switch opcode {
    case 0x0f: return twoBytes(code, isShort: isShort)
    case 0xc4:
      guard end + 2 < code.count else { return false }
      let map = code[end] & 0x1f
      end += 3
      return vector(code, map, code[end - 1])
    case 0xc5:
      guard end + 1 < code.count else { return false }
      end += 2
      return vector(code, 1, code[end - 1])
    case 0x62:
      guard end + 3 < code.count, code[end] & 8 == 0, code[end + 1] & 4 != 0 else { return false }
      let map = code[end] & 7
      end += 4
      return vector(code, map, code[end - 1])
    // Two operands, or the accumulator and an immediate.
    case 0x00...0x3f where opcode & 7 < 4: return operand(code)
    case 0x00...0x3f where opcode & 7 == 4: end += 1
    case 0x00...0x3f where opcode & 7 == 5: end += full
    case 0x50...0x5f, 0x90...0x99, 0x9b...0x9f, 0xa4...0xa7, 0xaa...0xaf, 0xc9, 0xf5, 0xf8, 0xf9, 0xfc, 0xfd:
      break
    case 0xc3, 0xcc: isLast = true
    case 0xc2:
      end += 2
      isLast = true
    case 0x63, 0x84...0x8b, 0x8d, 0xd0...0xd3, 0xd8...0xdf: return operand(code)
    case 0x68, 0xa9: end += full
    case 0x6a, 0xa8, 0xb0...0xb7, 0xcd: end += 1
    case 0x69, 0x81: return operand(code, immediate: full)
    case 0x6b, 0x80, 0x83, 0xc0, 0xc1: return operand(code, immediate: 1)
    case 0x70...0x7f, 0xe0...0xe3: return jump(code, 1)
    case 0x8c, 0x8e: return field(code) < 6 && operand(code)
    case 0x8f: return field(code) == 0 && operand(code)
    case 0xa0...0xa3: end += hasShortAddress ? 4 : 8
    case 0xb8...0xbf: end += isWide ? 8 : full
    case 0xc6: return field(code) == 0 && operand(code, immediate: 1)
    case 0xc7: return field(code) == 0 && operand(code, immediate: full)
    case 0xc8: end += 3
    // Whether `66` shortens these depends on the processor vendor.
    case 0xe8: return !isShort && jump(code, 4)
    case 0xe9:
      isLast = true
      return !isShort && jump(code, 4)
    case 0xeb:
      isLast = true
      return jump(code, 1)
    case 0xf6: return operand(code, immediate: field(code) < 2 ? 1 : 0)
    case 0xf7: return operand(code, immediate: field(code) < 2 ? full : 0)
    case 0xfe: return field(code) < 2 && operand(code)
    case 0xff:
      let field = field(code)
      isLast = field == 4 || field == 5
      return field < 7 && operand(code)
    default: return false
    }
    return true
  }

  private mutating func twoBytes(_ code: Span<UInt8>, isShort: Bool) -> Bool {
    guard end < code.count else { return false }
    let opcode = code[end]
    end += 1
    switch opcode {
    case 0x38, 0x3a:
      end += 1
      return operand(code, immediate: opcode == 0x3a ? 1 : 0)
    case 0x80...0x8f: return !isShort && jump(code, 4)
    case 0x05, 0x31, 0x77, 0xa2, 0xc8...0xcf: return true
    case 0x0b:
      isLast = true
      return true
    case 0x70...0x73, 0xa4, 0xac, 0xc2, 0xc4...0xc6: return operand(code, immediate: 1)
    case 0xba: return field(code) >= 4 && operand(code, immediate: 1)
    case 0x01, 0x0d, 0x10...0x1f, 0x28...0x2f, 0x40...0x6f, 0x74...0x76, 0x7c...0x7f, 0x90...0x9f, 0xa3, 0xa5,
      0xab,
      0xad...0xb9, 0xbb...0xc1, 0xc3, 0xc7, 0xd0...0xff:
      return operand(code)
    default: return false
    }
  }

  /// VEX and EVEX.
  private mutating func vector(_ code: Span<UInt8>, _ map: UInt8, _ opcode: UInt8) -> Bool {
    switch map {
    // vzeroupper
    case 1 where opcode == 0x77: return true
    case 1:
      let hasImmediate = [0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6].contains(opcode)
      return operand(code, immediate: hasImmediate ? 1 : 0)
    case 2, 5, 6: return operand(code)
    case 3: return operand(code, immediate: 1)
    default: return false
    }
  }

  /// The middle bits of the ModRM byte; 8 if there is none.
  private func field(_ code: Span<UInt8>) -> UInt8 { end < code.count ? code[end] >> 3 & 7 : 8 }

  /// ModRM, SIB, displacement and immediate.
  private mutating func operand(_ code: Span<UInt8>, immediate: Int = 0) -> Bool {
    guard end < code.count else { return false }
    let modRM = code[end]
    let mode = modRM >> 6
    end += 1
    if mode != 3 {
      var base = modRM & 7
      if base == 4 {
        guard end < code.count else { return false }
        base = code[end] & 7
        end += 1
      } else if base == 5, mode == 0 {
        displacement = end
      }
      switch mode {
      case 0: end += base == 5 ? 4 : 0
      case 1: end += 1
      default: end += 4
      }
    }
    end += immediate
    return true
  }

  private mutating func jump(_ code: Span<UInt8>, _ width: Int) -> Bool {
    guard end + width <= code.count else { return false }
    let raw = code.unsigned(at: end, width: width, order: .little)
    end += width
    target = end + (width == 1 ? Int(Int8(truncatingIfNeeded: raw)) : Int(Int32(truncatingIfNeeded: raw)))
    return true
  }
}
