/// A pattern for file names: `*` and `?` within a component, `**` across components, `[...]` classes. Without a leading
/// `/` it matches any sequence of components of a path, so a directory's name covers everything in it.
public struct Glob: Hashable, Sendable {
  public let text: String
  private let regex: LinearRegex
  private let isAnchored: Bool

  public init(_ text: String) throws(PatternError) {
    self.text = text
    var bytes = Array(text.utf8)
    while bytes.count > 1, bytes.last == slash { bytes.removeLast() }
    isAnchored = bytes.first == slash
    guard !bytes.isEmpty else { throw PatternError("glob is empty") }
    var nodes: [RegexNode] = []
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "*"):
        let isDouble = index < bytes.count && bytes[index] == byte
        if isDouble { index += 1 }
        let set = isDouble ? Self.any : Self.inComponent
        // `**/x` also matches x itself.
        if isDouble, index < bytes.count, bytes[index] == slash {
          index += 1
          nodes.append(
            .repeated(
              .sequence([.repeated(.set(set), lower: 0, upper: nil), .set(RegexSet(slash))]), lower: 0,
              upper: 1))
        } else {
          nodes.append(.repeated(.set(set), lower: 0, upper: nil))
        }
      case UInt8(ascii: "?"): nodes.append(.set(Self.inComponent))
      case UInt8(ascii: "["):
        guard let end = bytes[index...].dropFirst().firstIndex(of: UInt8(ascii: "]")) else {
          throw PatternError("glob \"\(text)\" has a [ without ]")
        }
        var content = String(decoding: bytes[index..<end], as: UTF8.self)
        if content.hasPrefix("!") { content = "^" + content.dropFirst() }
        nodes.append(try RegexParser.parse("[\(content)]"))
        index = end + 1
      default: nodes.append(.set(RegexSet(byte)))
      }
    }
    regex = try LinearRegex(.sequence(nodes), source: text)
  }

  /// Whether the glob matches this path, a part of it, or a directory above it.
  /// - Parameter meter: charged for the cost.
  public func matches(_ path: String, _ meter: RegexMeter? = nil) -> Bool {
    let bytes = Array(path.utf8)
    let span = bytes.span
    return regex.matches(span, meter) { start in
      start == 0 || !isAnchored && span[start - 1] == slash
    } isEnd: { end in
      end == span.count || span[end] == slash
    }
  }

  private static let any = RegexSet(0...255)
  private static let inComponent = RegexSet((0...255).filter { $0 != slash })

  public static func == (one: Glob, other: Glob) -> Bool { one.text == other.text }
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
