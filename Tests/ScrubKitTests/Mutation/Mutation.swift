/// Damages bytes the way disks, tools and attackers do.
enum Mutation {
  /// - Parameter focus: ranges where most of the damage goes, so that it is not wasted on code.
  static func random(
    of input: [UInt8], focus: [Range<Int>], using generator: inout Generator
  ) -> [UInt8] {
    var bytes = input
    func place() -> Int {
      let range = Bool.random(using: &generator) ? focus.randomElement(using: &generator) : nil
      return Int.random(in: range ?? 0..<input.count, using: &generator)
    }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0:  // cut
      bytes.removeLast(Int.random(in: 1...input.count, using: &generator))
    case 1:  // splice
      let from = place()
      let to = place()
      let count = min(Int.random(in: 1...200, using: &generator), input.count - max(from, to))
      bytes.replaceSubrange(to..<to + count, with: input[from..<from + count])
    case 2:  // remove from the middle
      let from = place()
      let count = min(Int.random(in: 1...64, using: &generator), input.count - from)
      bytes.removeSubrange(from..<from + count)
    case 3:  // headers
      for _ in 0..<3 {
        bytes[Int.random(in: 0..<min(512, input.count), using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
    case 4:  // section headers, at the end
      for _ in 0..<3 {
        bytes[Int.random(in: max(0, input.count - 2600)..<input.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
    case 5:  // extreme values
      let at = place()
      for index in at..<min(at + 4, input.count) { bytes[index] = 0xff }
    default:  // flips
      for _ in 0...Int.random(in: 0..<8, using: &generator) {
        bytes[place()] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      }
    }
    return bytes
  }
}
