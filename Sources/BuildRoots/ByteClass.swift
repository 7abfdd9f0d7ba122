/// A set of ASCII bytes.
struct ByteSet: Hashable, Sendable {
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ members: String) {
    for byte in members.utf8 { insert(byte) }
  }

  mutating func insert(_ byte: UInt8) {
    precondition(byte < 128)
    if byte < 64 { low |= 1 &<< UInt64(byte) } else { high |= 1 &<< UInt64(byte & 63) }
  }

  func contains(_ byte: UInt8) -> Bool {
    guard byte < 128 else { return false }
    return ((byte < 64 ? low : high) &>> UInt64(byte & 63)) & 1 == 1
  }

  private static let lower = "abcdefghijklmnopqrstuvwxyz"
  private static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  private static let digit = "0123456789"

  static let digits = ByteSet(digit)
  static let hexDigits = ByteSet(digit + "abcdef")
  static let lowerAlphanumeric = ByteSet(lower + digit)
  static let alphanumeric = ByteSet(lower + upper + digit)
  /// What Python 3's `tempfile` draws from; macOS names its per-user directories with the same set.
  static let tempfile = ByteSet(lower + digit + "_")
  /// What Python 2's `tempfile` drew from.
  static let oldTempfile = ByteSet(lower + upper + digit + "_")
  /// uv's identifiers of unpacked archives.
  static let identifier = ByteSet(lower + upper + digit + "_-")
  /// What continues a file name: one of these behind a random component means that it is another name.
  static let name = ByteSet(lower + upper + digit + "_.+-")
  /// What a name of a package or a directory that a pattern leaves open may hold.
  static let freeText = ByteSet(lower + upper + digit + "_.+-@")
  /// What a path may hold besides `name` and bytes that are not ASCII.
  static let path = ByteSet(lower + upper + digit + "_.+-@~%/")
}

let slash = UInt8(ascii: "/")

func isPathByte(_ byte: UInt8) -> Bool { byte >= 0x80 || ByteSet.path.contains(byte) }

extension Span<UInt8> {
  /// Whether `text` stands at `offset`, which may lie outside.
  func hasText(_ text: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, text.count <= count - offset else { return false }
    for index in text.indices where self[offset + index] != text[index] { return false }
    return true
  }

  /// The first offset from `offset` on that holds no `/`.
  func afterSlashes(_ offset: Int) -> Int {
    var offset = offset
    while offset < count, self[offset] == slash { offset += 1 }
    return offset
  }

  /// Whether the path component ending before `end` (slashes skipped) is a well-known name of a directory
  /// for temporary files.
  func isBelowTemporaryDirectory(_ offset: Int) -> Bool {
    var end = offset
    while end > 0, self[end - 1] == slash { end -= 1 }
    guard end < offset else { return false }
    return temporaryNames.contains { name in
      let start = end - name.count
      return hasText(name, at: start)
        && (start == 0 || self[start - 1] == slash || !isPathByte(self[start - 1]))
    }
  }
}

private let temporaryNames = ["tmp", "T", "temp", "TMP", "TEMP", "shm"].map { Array($0.utf8) }
