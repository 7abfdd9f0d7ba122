/// A regular expression over bytes, as a tree. It has no capture groups, references or assertions: the rest can be
/// matched in linear time, whatever the input.
indirect enum RegexNode: Sendable {
  case set(RegexSet)
  case sequence([RegexNode])
  case choice([RegexNode])
  /// Minimum and maximum number of repetitions; unbounded if `upper` is nil.
  case repeated(RegexNode, lower: Int, upper: Int?)

  static let empty = RegexNode.sequence([])

  /// Length of the shortest match in bytes.
  var minimumLength: Int {
    switch self {
    case .set: 1
    case .sequence(let parts): parts.reduce(0) { min($0 + $1.minimumLength, Self.longestLength) }
    case .choice(let parts): parts.map { $0.minimumLength }.min() ?? 0
    case .repeated(let part, let lower, _): min(lower * part.minimumLength, Self.longestLength)
    }
  }

  /// No file name is this long; nested repetitions would overflow any integer.
  private static let longestLength = 1 << 20

  /// The text that begins every match, and the remaining expression.
  var literalHead: (head: [UInt8], rest: RegexNode) {
    switch self {
    case .set(let set): return set.only.map { ([$0], .empty) } ?? ([], self)
    case .sequence(let parts):
      var head: [UInt8] = []
      for (index, part) in parts.enumerated() {
        guard case .set(let set) = part, let byte = set.only else {
          return (head, .sequence(Array(parts[index...])))
        }
        head.append(byte)
      }
      return (head, .empty)
    default: return ([], self)
    }
  }

  var isEmpty: Bool {
    if case .sequence(let parts) = self { parts.isEmpty } else { false }
  }
}

/// A set of bytes, out of all 256.
struct RegexSet: Hashable, Sendable {
  private var words = [UInt64](repeating: 0, count: 4)

  init() {}
  init(_ byte: UInt8) { insert(byte) }
  init(_ bytes: some Sequence<UInt8>) { for byte in bytes { insert(byte) } }

  mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 &<< UInt64(byte & 63) }
  mutating func formUnion(_ other: RegexSet) { for index in 0..<4 { words[index] |= other.words[index] } }
  func contains(_ byte: UInt8) -> Bool { (words[Int(byte >> 6)] &>> UInt64(byte & 63)) & 1 == 1 }

  /// The members of `whole` that are not in this set.
  func complement(in whole: RegexSet) -> RegexSet {
    var result = whole
    for index in 0..<4 { result.words[index] &= ~words[index] }
    return result
  }

  /// The byte of a set with one member.
  var only: UInt8? {
    guard words.reduce(0, { $0 + $1.nonzeroBitCount }) == 1 else { return nil }
    return (0...255).first { contains($0) }
  }

  /// Bytes that a file name in a path may hold: what `.` stands for.
  static let fileName = RegexSet((0...255).filter { isPathByte($0) && $0 != slash })
}
