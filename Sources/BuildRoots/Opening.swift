/// What a path must contain for a pattern to match: checked first, because using a pattern means copying it.
struct Opening: Sendable {
  /// The beginning of the first component.
  let head: [UInt8]
  /// The bytes that may follow it in the same component; nil if any byte may, or none.
  private let follower: ByteSet?
  /// Letters of the second component, if the first one is only the head; of the first one, if it has no head.
  private let letters: ByteSet

  init(_ pattern: Pattern) {
    let first = pattern.components[0]
    head = first.head
    let isFixed = !head.isEmpty && first.atoms.count == 1
    follower = head.isEmpty || isFixed ? nil : first.atoms[1].firstByte
    if head.isEmpty {
      letters = first.letters
    } else {
      letters = isFixed && pattern.components.count > 1 ? pattern.components[1].letters : ByteSet("")
    }
  }

  /// Whether the pattern may match at `offset`.
  /// - Parameter next: what is known about the component after the head, for all patterns tried at one offset.
  func admits(_ bytes: Span<UInt8>, at offset: Int, _ next: inout NextComponent) -> Bool {
    guard bytes.hasText(head, at: offset) else { return false }
    let end = offset + head.count
    if let follower { return end < bytes.count && follower.contains(bytes[end]) }
    return letters.isEmpty || next.letters(from: end, in: bytes).isSuperset(of: letters)
  }

  /// The letters of the component at an offset, or after a slash there.
  struct NextComponent {
    private var end = -1
    private var letters = ByteSet("")

    mutating func letters(from end: Int, in bytes: Span<UInt8>) -> ByteSet {
      if end == self.end { return letters }
      self.end = end
      letters = ByteSet("")
      var offset = bytes.afterSlashes(end)
      while offset < bytes.count, bytes[offset] != slash, isPathByte(bytes[offset]) {
        if bytes[offset] < 0x80 { letters.insert(bytes[offset]) }
        offset += 1
      }
      return letters
    }
  }
}

extension Component {
  /// Path bytes that it contains wherever it matches.
  fileprivate var letters: ByteSet {
    var letters = ByteSet("")
    for case .literal(let text) in atoms {
      // Bytes that no path contains may follow the end of the examined bytes.
      guard text.allSatisfy({ $0 < 0x80 && $0 != slash && isPathByte($0) }) else { return ByteSet("") }
      for byte in text { letters.insert(byte) }
    }
    return letters
  }
}
