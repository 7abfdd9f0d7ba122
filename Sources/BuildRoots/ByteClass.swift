/// A set of ASCII bytes.
struct ByteSet: Hashable, Sendable {
  /// One bit for each byte below 64, and for each from 64 to 127.
  private(set) var low: UInt64 = 0
  private(set) var high: UInt64 = 0

  private init(low: UInt64, high: UInt64) { (self.low, self.high) = (low, high) }

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

  var isEmpty: Bool { low | high == 0 }

  func isSuperset(of other: ByteSet) -> Bool { (other.low & ~low) | (other.high & ~high) == 0 }

  private static let lower = "abcdefghijklmnopqrstuvwxyz"
  private static let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
  private static let digit = "0123456789"

  static let digits = ByteSet(digit)
  static let hexDigits = ByteSet(digit + "abcdef")
  static let lowerAlphanumeric = ByteSet(lower + digit)
  static let alphanumeric = ByteSet(lower + upper + digit)
  /// The set that Python 3's `tempfile` draws from; macOS names its per-user directories with the same set.
  static let tempfile = ByteSet(lower + digit + "_")
  /// The set that Python 2's `tempfile` drew from.
  static let oldTempfile = ByteSet(lower + upper + digit + "_")
  /// uv's identifiers of unpacked archives.
  static let identifier = ByteSet(lower + upper + digit + "_-")

  // The search tests these for each byte, so they are constants in the code: checking whether a stored one is
  // initialized costs more than the test.

  /// Bytes that continue a file name: if one follows a random component, it is another name. `_.+-` in addition to
  /// letters and digits.
  static var name: ByteSet { ByteSet(low: 0x03ff_6800_0000_0000, high: 0x07ff_fffe_87ff_fffe) }
  /// Bytes in the name of a package or directory that a pattern leaves open: `name` and `@`.
  static var freeText: ByteSet { ByteSet(low: 0x03ff_6800_0000_0000, high: 0x07ff_fffe_87ff_ffff) }
  /// Bytes in a path, apart from non-ASCII bytes: `freeText` and `~%/`.
  static var path: ByteSet { ByteSet(low: 0x03ff_e820_0000_0000, high: 0x47ff_fffe_87ff_ffff) }
}

let slash = UInt8(ascii: "/")

func isPathByte(_ byte: UInt8) -> Bool { byte >= 0x80 || ByteSet.path.contains(byte) }

extension Span<UInt8> {
  /// Whether `text` is at `offset`, which may be out of bounds.
  func hasText(_ text: [UInt8], at offset: Int) -> Bool {
    guard offset >= 0, text.count <= count - offset else { return false }
    for index in text.indices where self[offset + index] != text[index] { return false }
    return true
  }

  /// The first offset from `offset` on that does not hold `/`.
  func afterSlashes(_ offset: Int) -> Int {
    var offset = offset
    while offset < count, self[offset] == slash { offset += 1 }
    return offset
  }

  /// Whether the path component that ends before `end` (slashes skipped) is a well-known name of a directory for
  /// temporary files.
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
