/// Reads regular expressions: literals, `.`, classes, `\d \w \h`, groups, `|`, `* + ? {n} {n,} {n,m}`. Constructs that
/// could make a match slow or dependent on its surroundings (references, assertions, anchors) are refused.
struct RegexParser {
  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0

  private static let deepest = 32
  private static let mostRepeats = 255

  static func parse(_ text: some StringProtocol) throws(PatternError) -> RegexNode {
    var parser = RegexParser(bytes: Array(text.utf8))
    let node = try parser.choice()
    if parser.position < parser.bytes.count { throw parser.refuse("has a ) that closes nothing") }
    return node
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func refuse(_ why: String) -> PatternError {
    PatternError(
      "regular expression \"\(String(decoding: bytes, as: UTF8.self))\" \(why), at character \(position + 1)")
  }

  private var next: Character? {
    position < bytes.count ? Character(UnicodeScalar(bytes[position])) : nil
  }

  private mutating func skip(_ character: Character) -> Bool {
    guard next == character else { return false }
    position += 1
    return true
  }

  private mutating func choice() throws(PatternError) -> RegexNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else { throw refuse("has groups inside groups, too deep") }
    var branches = [try sequence()]
    while skip("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(PatternError) -> RegexNode {
    var parts: [RegexNode] = []
    while let character = next, character != "|", character != ")" { parts.append(try quantified()) }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func quantified() throws(PatternError) -> RegexNode {
    let node = try atom()
    let bounds: (Int, Int?)
    switch next {
    case "*": bounds = (0, nil)
    case "+": bounds = (1, nil)
    case "?": bounds = (0, 1)
    case "{": return try counted(node)
    default: return node
    }
    position += 1
    return try repeated(node, bounds)
  }

  private mutating func counted(_ node: RegexNode) throws(PatternError) -> RegexNode {
    position += 1
    guard let lower = number() else { throw refuse("has a { without a number") }
    var upper: Int? = lower
    if skip(",") { upper = number() }
    guard skip("}") else { throw refuse("has a { without }") }
    guard lower <= Self.mostRepeats, upper ?? 0 <= Self.mostRepeats, upper ?? lower >= lower else {
      throw refuse(
        "repeats \(lower) to \(upper.map(String.init) ?? "any number of") times; needs at most 255")
    }
    return try repeated(node, (lower, upper))
  }

  private func repeated(_ node: RegexNode, _ bounds: (Int, Int?)) throws(PatternError) -> RegexNode {
    if let next, "*+?{".contains(next) { throw refuse("repeats a repetition") }
    return .repeated(node, lower: bounds.0, upper: bounds.1)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = next?.wholeNumberValue, value ?? 0 < 10_000 {
      value = (value ?? 0) * 10 + digit
      position += 1
    }
    return value
  }

  private mutating func atom() throws(PatternError) -> RegexNode {
    let byte = bytes[position]
    switch Character(UnicodeScalar(byte)) {
    case "(":
      position += 1
      if skip("?"), !skip(":") { throw refuse("has a group of an unsupported kind") }
      let node = try choice()
      guard skip(")") else { throw refuse("has a ( without )") }
      return node
    case "[": return .set(try characterClass())
    case ".":
      position += 1
      return .set(.fileName)
    case "\\": return .set(try escape())
    case "*", "+", "?", "{": throw refuse("repeats nothing")
    case "^", "$": throw refuse("has an anchor; a pattern always matches whole parts of a path")
    default:
      position += 1
      return .set(RegexSet(byte))
    }
  }

  private mutating func escape() throws(PatternError) -> RegexSet {
    position += 1
    guard let character = next else { throw refuse("ends with \\") }
    position += 1
    switch character {
    case "d": return Self.digits
    case "w": return Self.word
    case "h": return Self.hexadecimal
    case _ where character.isLetter || character.isNumber: throw refuse("has an unsupported escape")
    default: return RegexSet(bytes[position - 1])
    }
  }

  private mutating func characterClass() throws(PatternError) -> RegexSet {
    position += 1
    let isNegated = skip("^")
    var set = RegexSet()
    var isFirst = true
    while isFirst || next != "]" {
      isFirst = false
      guard position < bytes.count else { throw refuse("has a [ without ]") }
      if next == "\\" {
        set.formUnion(try escape())
        continue
      }
      let low = bytes[position]
      guard low < 0x80 else { throw refuse("has a class with a character that is not ASCII") }
      position += 1
      guard next == "-", position + 1 < bytes.count, bytes[position + 1] != UInt8(ascii: "]") else {
        set.insert(low)
        continue
      }
      let high = bytes[position + 1]
      guard low <= high, high < 0x80 else { throw refuse("has a range that is not ascending ASCII") }
      position += 2
      set.formUnion(RegexSet(low...high))
    }
    position += 1
    return isNegated ? set.complement(in: .fileName) : set
  }

  private static let digits = RegexSet(UInt8(ascii: "0")...UInt8(ascii: "9"))
  private static let word = RegexSet("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_".utf8)
  private static let hexadecimal = RegexSet("0123456789abcdef".utf8)
}
