import Formats

/// Where the members of a JSON document's object are (RFC 8259). Nothing is decoded, so that changing a string
/// preserves all other bytes.
struct JSONMembers {
  struct Member: Sendable {
    /// The raw bytes of the key, between the quotes.
    var key: [UInt8]
    /// Start of the key, including its quotes.
    var start: Int
    /// Range of the value, including a string's quotes.
    var value: Range<Int>
  }

  /// Members of the outermost object, in order.
  private(set) var members: [Member] = []
  private let bytes: Bytes
  private var position = 0

  /// - Throws: with the offset, if it is not a JSON object.
  init(_ bytes: Bytes) throws(ScrubError) {
    self.bytes = bytes
    guard String(validating: bytes.array(), as: UTF8.self) != nil else { throw ScrubError("is not UTF-8") }
    try skipSpace()
    try need("{")
    try skipSpace()
    if try peek() == UInt8(ascii: "}") {
      position += 1
    } else {
      repeat {
        try skipSpace()
        let start = position
        try string()
        let key = bytes[start + 1..<position - 1].array()
        try skipSpace()
        try need(":")
        try skipSpace()
        let valueStart = position
        try value()
        members.append(Member(key: key, start: start, value: valueStart..<position))
        try skipSpace()
      } while try continues("}")
    }
    try skipSpace()
    guard position == bytes.count else { throw error("needs the end, has more") }
  }

  /// The only member with this name.
  /// - Throws: if there are several: readers disagree about which one counts.
  func member(_ key: String) throws(ScrubError) -> Member? {
    let found = members.filter { $0.key == Array(key.utf8) }
    guard found.count < 2 else {
      throw ScrubError("\"\(key)\" stands there \(found.count) times", offset: UInt64(found[1].start))
    }
    return found.first
  }

  private func error(_ message: String) -> ScrubError { ScrubError(message, offset: UInt64(position)) }

  private func peek() throws(ScrubError) -> UInt8 {
    guard position < bytes.count else { throw error("JSON ends too early") }
    return bytes[position]
  }

  private mutating func need(_ character: Unicode.Scalar) throws(ScrubError) {
    guard try peek() == UInt8(ascii: character) else { throw error("is no JSON: needs \(character)") }
    position += 1
  }

  private mutating func skipSpace() throws(ScrubError) {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  /// After an element: whether another one follows, or the end.
  private mutating func continues(_ end: Unicode.Scalar) throws(ScrubError) -> Bool {
    if try peek() == UInt8(ascii: ",") {
      position += 1
      return true
    }
    try need(end)
    return false
  }

  private mutating func string() throws(ScrubError) {
    try need("\"")
    while true {
      let byte = try peek()
      guard byte >= 0x20 else { throw error("is no JSON: control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\"") { return }
      if byte == UInt8(ascii: "\\") {
        _ = try peek()
        position += 1
      }
    }
  }

  /// Skips a value of any kind, without recursion: open containers are kept on a stack.
  private mutating func value() throws(ScrubError) {
    var open: [UInt8] = []
    while true {
      try skipSpace()
      // A value begins, or an empty container ends.
      switch try peek() {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        guard open.count < Self.depth else { throw error("lies more than \(Self.depth) deep") }
        open.append(bytes[position])
        position += 1
        try skipSpace()
        if try peek() == Self.closing(open[open.count - 1]) {
          position += 1
          open.removeLast()
        } else {
          if open.last == UInt8(ascii: "{") { try key() }
          continue
        }
      case UInt8(ascii: "\""): try string()
      default: try word()
      }
      // It has ended, and possibly the containers around it.
      while let last = open.last {
        try skipSpace()
        if try continues(Unicode.Scalar(Self.closing(last))) {
          try skipSpace()
          if last == UInt8(ascii: "{") { try key() }
          break
        }
        open.removeLast()
      }
      if open.isEmpty { return }
    }
  }

  private static let depth = 64

  private static func closing(_ opening: UInt8) -> UInt8 { opening + 2 }

  private mutating func key() throws(ScrubError) {
    try string()
    try skipSpace()
    try need(":")
  }

  /// A number, `true`, `false` or `null`.
  private mutating func word() throws(ScrubError) {
    let start = position
    while position < bytes.count, Self.wordBytes.contains(bytes[position]) { position += 1 }
    let text = bytes[start..<position].array()
    let isKnown = ["true", "false", "null"].contains { text == Array($0.utf8) }
    let isNumber = Double(String(decoding: text, as: UTF8.self))?.isFinite == true
    guard isKnown || isNumber else {
      position = start
      throw error("is no JSON: needs a value")
    }
  }

  private static let wordBytes = Set("0123456789+-.eEtrufalsn".utf8)
}
