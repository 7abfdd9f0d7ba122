/// Finds what AArch64 code refers to. An address is built in steps, a page and then distances from it, with other
/// instructions in between: starting at each `ADRP`, the control flow is followed for as long as a register holds a
/// value derived from it.
package struct ArmCode {
  /// How many instructions one walk may visit; beyond that distance they no longer form one address.
  private static let reach = 4096
  /// How far a load or a second `ADD` may lead away from a page, in bytes.
  private static let distance: UInt64 = 0x1_2000

  /// - Parameter budget: instructions that all walks together may visit.
  /// - Returns: false if the budget was exhausted.
  package func scan(
    _ code: Span<UInt8>, at address: UInt64, named name: String, absolute: Bool,
    into references: inout References, _ tables: inout OffsetTables
  ) -> Bool {
    let count = code.count / 4
    var budget = 256 * count + 1 << 20
    for index in 0..<count {
      let word = Self.word(code, index)
      // ADR and ADRP only: everything else follows from them.
      guard word & 0x1f00_0000 == 0x1000_0000 else {
        // LDR (literal).
        if word & 0x3b00_0000 == 0x1800_0000 { follow(word, code, index, address, name, &references) }
        continue
      }
      let place = address &+ UInt64(index * 4)
      switch ArmInstruction(word) {
      case .address(_, let distance):
        let target = place &+ UInt64(bitPattern: distance)
        references.point(to: target, .init(name: name, place: place))
        tables.addBase(target)
      case .page(let register, let distance):
        let page = (place & ~0xfff) &+ UInt64(bitPattern: distance)
        addBase(page, register, code, index, &tables)
        guard page &+ Self.distance >= references.hull.lowerBound, page < references.hull.upperBound &+ 4096
        else { continue }
        budget -= walk(page, register, code, from: index + 1, address, name, &references)
        if budget < 0 { return false }
      default: break
      }
    }
    if absolute { words(code, address, name, &references) }
    return true
  }

  private static func word(_ code: Span<UInt8>, _ index: Int) -> UInt32 {
    UInt32(truncatingIfNeeded: code.unsigned(at: index &* 4, width: 4, order: .little))
  }

  private func follow(
    _ word: UInt32, _ code: Span<UInt8>, _ index: Int, _ address: UInt64, _ name: String,
    _ references: inout References
  ) {
    guard case .literal(let distance, let size, _) = ArmInstruction(word) else { return }
    let place = address &+ UInt64(index * 4)
    references.load(place &+ UInt64(bitPattern: distance), size: UInt64(size), place: place)
  }

  /// Address pools in code that is not relocated when loaded.
  private func words(_ code: Span<UInt8>, _ address: UInt64, _ name: String, _ references: inout References) {
    for index in 0..<code.count / 8 {
      let word = code.unsigned(at: index * 8, width: 8, order: .little)
      references.point(to: word, .init(name: name, place: address &+ UInt64(index * 8)))
    }
  }

  /// The address of a table is built near its page, in straight-line code.
  private func addBase(
    _ page: UInt64, _ register: UInt8, _ code: Span<UInt8>, _ index: Int, _ tables: inout OffsetTables
  ) {
    for next in index + 1..<max(index + 1, min(index + 12, code.count / 4)) {
      if case .add(_, register, let value) = ArmInstruction(Self.word(code, next)) {
        tables.addBase(page &+ UInt64(bitPattern: value))
        return
      }
    }
  }

  /// Which registers hold addresses, and the addresses.
  private struct State {
    var held: UInt32
    var values: [UInt64]

    func value(_ register: UInt8) -> UInt64? {
      register < 31 && held >> UInt32(register) & 1 == 1 ? values[Int(register)] : nil
    }

    mutating func set(_ register: UInt8, _ value: UInt64?) {
      guard register < 31 else { return }
      guard let value else {
        held &= ~(1 << UInt32(register))
        return
      }
      held |= 1 << UInt32(register)
      values[Int(register)] = value
    }
  }

  /// A call does not preserve x0 to x18 and the link register (AAPCS64).
  private static let lostInCalls: UInt32 = 0x4007_ffff

  /// - Returns: the number of instructions visited.
  private func walk(
    _ page: UInt64, _ register: UInt8, _ code: Span<UInt8>, from start: Int, _ address: UInt64,
    _ name: String,
    _ references: inout References
  ) -> Int {
    guard register < 31 else { return 0 }
    var first = State(held: 0, values: [UInt64](repeating: 0, count: 31))
    first.set(register, page)
    var open = [(index: start, state: first)]
    // Registers with which a place was already visited.
    var seen: [Int: UInt32] = [:]
    var steps = 0
    let count = code.count / 4
    while var (index, state) = open.popLast() {
      while index >= 0, index < count, state.held != 0, steps < Self.reach {
        let before = seen[index] ?? 0
        if state.held & ~before == 0 { break }
        seen[index] = before | state.held
        steps += 1
        let place = address &+ UInt64(index * 4)
        switch ArmInstruction(Self.word(code, index)) {
        case .page(let target, _), .address(let target, _): state.set(target, nil)
        case .add(let target, let source, let value):
          let sum = state.value(source).map { $0 &+ UInt64(bitPattern: value) }
          if let sum { references.point(to: sum, .init(name: name, place: place)) }
          state.set(target, sum)
        case .move(let target, let source): state.set(target, state.value(source))
        case .select(let target, let one, let other, let increment):
          if increment, let value = state.value(other) {
            references.point(to: value &+ 1, .init(name: name, place: place))
          }
          state.set(target, state.value(one) ?? state.value(other))
        case .access(let base, let distance, let size, _, let writes):
          if let value = state.value(base) {
            references.load(value &+ UInt64(bitPattern: distance), size: UInt64(size), place: place)
          }
          state.held &= ~writes
        case .indexed(let base, let writes):
          if let value = state.value(base) { references.point(to: value, .init(name: name, place: place)) }
          state.held &= ~writes
        case .literal(_, _, let writes), .other(let writes): state.held &= ~writes
        case .call: state.held &= ~Self.lostInCalls
        case .end: state.held = 0
        case .branch(let distance, let isConditional):
          let target = index + Int(distance / 4)
          if isConditional {
            open.append((target, state))
          } else {
            index = target
            continue
          }
        }
        index += 1
      }
    }
    return steps
  }
}
