/// Rules out displacements that bytes of x86-64 code only seem to hold.
///
/// `add eax, 4711` after a byte that is an opcode elsewhere looks like a memory operand. Only the actual instruction
/// boundaries distinguish these, and data within code may hide them. So a displacement is excluded only if all of the
/// following hold:
///
/// 1. The function that contains it can be decoded from its first byte to the next function, each jump within it leads
///    to an instruction, and no instruction has the displacement.
/// 2. Decoding from any byte shortly before it, as far as possible, synchronizes with that.
/// 3. The instructions before it run one after another: after a jump there could be data.
package struct X86Boundaries {
  private let functions: FunctionStarts
  /// Bytes that may still be decoded: twice the code, for all queries together.
  private var budget: Int

  /// Size in bytes of the largest function that is decoded.
  private static let largest = 1 << 16
  /// Bytes within which decoders synchronize: a few instructions.
  private static let step = 32

  package init(_ functions: FunctionStarts, size: Int) {
    self.functions = functions
    budget = 2 * size
  }

  /// - Parameters:
  ///   - position: of the displacement, in the code.
  ///   - address: of the code's first byte.
  package mutating func excludes(_ position: Int, _ code: Span<UInt8>, at address: UInt64) -> Bool {
    guard let function = range(of: position, code.count, at: address), function.count <= Self.largest,
      let near = Self.near(position, code, from: function.lowerBound)
    else { return false }
    budget -= function.count
    guard budget > 0, let owner = Self.owner(position, code, in: function) else { return false }
    return near.isEmpty || near == [owner]
  }

  private func range(of position: Int, _ count: Int, at address: UInt64) -> Range<Int>? {
    let (start, next) = functions.around(address &+ UInt64(position))
    guard let start, start >= address, start - address < UInt64(position) else { return nil }
    let first = Int(start - address)
    guard let next, next - address < UInt64(count) else { return first..<count }
    return first..<Int(next - address)
  }

  /// Where the instructions that hold the byte begin, decoding from each byte shortly before it.
  /// - Returns: empty if the function begins too close; nil if one has its displacement there, or if none could be
  ///   decoded.
  private static func near(_ position: Int, _ code: Span<UInt8>, from start: Int) -> Set<Int>? {
    let (first, last) = (max(start, position - 3 * step), position - step)
    guard first <= last else { return [] }
    var seen = [Bool](repeating: false, count: position - first + 1)
    var owners: Set<Int> = []
    // From the closest one on: a real displacement is found early.
    for begin in (first...last).reversed() {
      var place = begin
      while place <= position, !seen[place - first] {
        seen[place - first] = true
        guard let instruction = X86Instruction(code, at: place) else { break }
        if instruction.displacement == position { return nil }
        if instruction.end > position { owners.insert(place) }
        place = instruction.end
      }
    }
    return owners.isEmpty ? nil : owners
  }

  /// Where the instruction that holds the byte begins, decoding from the function's beginning.
  /// - Returns: nil if it has its displacement there, or if it is not certain to be an instruction.
  private static func owner(_ position: Int, _ code: Span<UInt8>, in function: Range<Int>) -> Int? {
    var starts = [Bool](repeating: false, count: function.count)
    var targets: [Int] = []
    var owner: Int?
    var straight = function.lowerBound
    var place = function.lowerBound
    while place < function.upperBound {
      starts[place - function.lowerBound] = true
      guard let instruction = X86Instruction(code, at: place) else { return nil }
      if place <= position, instruction.end > position {
        guard instruction.displacement != position,
          straight == function.lowerBound || position - straight >= step
        else { return nil }
        owner = place
      }
      if let target = instruction.target, function.contains(target) { targets.append(target) }
      place = instruction.end
      if instruction.isLast { straight = place }
    }
    guard place == function.upperBound,
      targets.allSatisfy({ starts[$0 - function.lowerBound] })
    else { return nil }
    return owner
  }
}
