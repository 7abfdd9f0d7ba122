internal import CVectors

/// Finds what x86-64 code refers to, without knowing where its instructions begin.
///
/// An address in such code is a displacement relative to the end of its instruction. A displacement is assumed at every
/// byte if the byte before it is a matching ModRM byte (mod 0, r/m 5) and the bytes before that are an opcode. The
/// length of the immediate after it depends on the opcode. If bytes can be read in more than one way, each way counts,
/// unless `X86Boundaries` is certain that there is no such instruction.
package struct X86Code {
  package let order = ByteOrder.little

  /// - Parameters:
  ///   - address: of the first byte.
  ///   - absolute: whether the code may contain addresses directly, as in files that are not relocated when loaded.
  package func scan(
    _ code: Span<UInt8>, at address: UInt64, named name: String, absolute: Bool,
    into references: inout References, _ tables: inout OffsetTables, _ boundaries: inout X86Boundaries
  ) {
    guard code.count > 5 else { return }
    guard absolute else {
      return Self.forEachOperand(in: code) {
        relative(code, $0, at: address, named: name, into: &references, &tables, &boundaries)
      }
    }
    let hull = references.hull
    for position in 2...code.count - 4 {
      let word = UInt64(Self.word(code, position - 2))
      if word >= hull.lowerBound, word < hull.upperBound {
        references.point(to: word, .init(name: name, place: address &+ UInt64(position - 2)))
      }
      guard code[position &- 1] & 0xc7 == 0x05 else { continue }
      relative(code, position, at: address, named: name, into: &references, &tables, &boundaries)
    }
  }

  /// The elements of `ends` at which a load of 16 bytes or more may end: at least all that `scan` finds, in a fraction
  /// of the time.
  package static func endsOfLoads(in code: Span<UInt8>, at address: UInt64, among ends: Set<UInt64>) -> Set<
    UInt64
  > {
    guard let first = ends.min(), let last = ends.max() else { return [] }
    var found: Set<UInt64> = []
    forEachOperand(in: code) { position in
      let target = target(code, position, at: address)
      // The longest load has 64 bytes, the longest immediate 4.
      guard target &+ 68 >= first, target < last else { return }
      for operand in operands(code, at: position) where operand.size >= 16 {
        let end = target &+ UInt64(operand.immediate) &+ UInt64(operand.size)
        if ends.contains(end) { found.insert(end) }
      }
    }
    return found
  }

  private static func target(_ code: Span<UInt8>, _ position: Int, at address: UInt64) -> UInt64 {
    let distance = Int32(truncatingIfNeeded: word(code, position))
    return address &+ UInt64(position &+ 4) &+ UInt64(bitPattern: Int64(distance))
  }

  /// Each position from 2 on that is followed by four bytes and preceded by such a ModRM byte.
  package static func forEachOperand(in code: Span<UInt8>, _ body: (Int) -> Void) {
    guard code.count > 5 else { return }
    var position = 2
    let end = code.count - 3
    while position + 16 <= end {
      var found = unsafe code.withUnsafeBytes {
        unsafe wheelscrub_relative_operands($0.baseAddress! + position - 1)
      }
      while found != 0 {
        body(position + found.trailingZeroBitCount)
        found &= found &- 1
      }
      position += 16
    }
    while position < end {
      if code[position - 1] & 0xc7 == 0x05 { body(position) }
      position += 1
    }
  }

  /// - Parameter position: of the displacement.
  private func relative(
    _ code: Span<UInt8>, _ position: Int, at address: UInt64, named name: String,
    into references: inout References, _ tables: inout OffsetTables, _ boundaries: inout X86Boundaries
  ) {
    let hull = references.hull
    let target = Self.target(code, position, at: address)
    let isAddress = code[position &- 2] == 0x8d
    if isAddress { tables.addBase(target) }
    // A load that begins up to 64 bytes before a text can reach into it.
    guard target &+ 68 >= hull.lowerBound, target < hull.upperBound else { return }
    let place = address &+ UInt64(position &- 2)
    var isExcluded: Bool?
    for operand in Self.operands(code, at: position) {
      let end = target &+ UInt64(operand.immediate)
      if references.isInside(end..<max(end, end &+ UInt64(max(operand.size, 1)))) {
        isExcluded = isExcluded ?? boundaries.excludes(position, code, at: address)
        if isExcluded == true { continue }
      }
      if operand.size == 0 {
        references.point(to: end, .init(name: name, place: place))
      } else {
        references.load(end, size: UInt64(operand.size), place: place)
      }
    }
  }

  private static func word(_ code: Span<UInt8>, _ position: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: code.unsigned(at: position, width: 4, order: .little))
  }

  /// All readings of the bytes before a displacement, the ones with the longest opcodes first; among those that agree
  /// about the immediate, and so about the address, only the first.
  package static func operands(_ code: Span<UInt8>, at position: Int) -> [X86Operand] {
    func byte(_ back: Int) -> UInt8 { position >= back ? code[position - back] : 0 }
    var found: [X86Operand] = []
    func add(_ operand: X86Operand?) {
      guard let operand, !found.contains(where: { $0.immediate == operand.immediate }) else { return }
      found.append(operand)
    }
    let (modRM, opcode) = (byte(1), byte(2))
    guard modRM & 0xc7 == 0x05 else { return [] }
    // EVEX and VEX.
    if byte(6) == 0x62, byte(4) & 4 != 0 {
      let vector = 16 << Int(min(byte(3) >> 5 & 3, 2))
      add(mapped(byte(5) & 7, opcode, modRM, byte(4) & 3, isWide: byte(4) & 0x80 != 0, vector))
    }
    if byte(5) == 0xc4 {
      let vector = byte(3) & 4 != 0 ? 32 : 16
      add(mapped(byte(4) & 0x1f, opcode, modRM, byte(3) & 3, isWide: byte(3) & 0x80 != 0, vector))
    }
    if byte(4) == 0xc5 {
      add(mapped(1, opcode, modRM, byte(3) & 3, isWide: false, byte(3) & 4 != 0 ? 32 : 16))
    }
    // Legacy escapes.
    if byte(4) == 0x0f, byte(3) == 0x3a { add(X86Operand(immediate: 1, size: 1)) }
    if byte(4) == 0x0f, byte(3) == 0x38 { add(X86Operand(immediate: 0, size: 1)) }
    if byte(3) == 0x0f {
      let hasRex = byte(4) & 0xf0 == 0x40
      let prefix = hasRex ? byte(5) : byte(4)
      add(
        X86Opcodes.twoByte(
          opcode, modRM, prefix: [0x66, 0xf2, 0xf3].contains(prefix) ? prefix : 0,
          isWide: hasRex && byte(4) & 8 != 0, vector: 16))
    }
    let hasRex = byte(3) & 0xf0 == 0x40
    X86Opcodes.oneByte(
      opcode, modRM, isShort: byte(3) == 0x66 || hasRex && byte(4) == 0x66, isWide: hasRex && byte(3) & 8 != 0
    ) { add($0) }
    return found
  }

  /// - Parameter implied: the two bits of VEX that stand for a prefix.
  private static func mapped(
    _ map: UInt8, _ opcode: UInt8, _ modRM: UInt8, _ implied: UInt8, isWide: Bool, _ vector: Int
  ) -> X86Operand? {
    switch map {
    case 1:
      return X86Opcodes.twoByte(
        opcode, modRM, prefix: [0, 0x66, 0xf3, 0xf2][Int(implied)], isWide: isWide, vector: vector)
    case 2: return X86Operand(immediate: 0, size: opcode == 0x5a || opcode == 0x1a ? 16 : 1)
    case 3: return X86Operand(immediate: 1, size: 1)
    case 5, 6: return X86Operand(immediate: 0, size: 1)
    default: return nil
    }
  }
}
