/// Roots in paths as Windows spells them: `C:\Users\me\AppData\Local\Temp\pip-wheel-ab12cd34\x`, with doubled `\\` in
/// source text and JSON, and mixed with `/`.
///
/// Such a path is searched as if each separator were one `/`. The replacement is spelled with `/`, which every Windows
/// API accepts: it never needs escaping, so it is right in strings, source text and JSON alike.
extension RootMap {
  /// Every root in the Windows path in `bytes` that contains the separator at `mark`, in order.
  /// - Parameter start: where the path may begin; set to its end.
  func windowsRoots(in bytes: Span<UInt8>, around mark: Int, from start: inout Int) -> [BuildRoot] {
    let path = WindowsPath(in: bytes, around: mark, from: start)
    start = max(path.end, mark + 1)
    var roots: [BuildRoot] = []
    let text = path.characters.span
    var cursor = RootCursor()
    while var root = matcher.next(in: text, &cursor) {
      if isAllowed(root.range, in: text) { continue }
      root.range =
        path.offsets[root.range.lowerBound]..<path.offsets[root.range.upperBound - 1] + 1
      roots.append(root)
    }
    return roots
  }
}

/// The two kinds of roots in some bytes, merged in order.
struct MergedCursor {
  var plain: RootCursor = {
    var cursor = RootCursor()
    cursor.stopsAtWindowsPaths = true
    return cursor
  }()
  /// The next root, if it is already known.
  var root: BuildRoot?
  var hasEnded = false
  /// Where the next Windows path may begin.
  var windows = 0
  /// The remaining roots of the last path.
  var waiting: ArraySlice<BuildRoot> = []
}

/// A Windows path with one `/` for each separator.
struct WindowsPath {
  private(set) var characters: [UInt8] = []
  /// The offset of each character.
  private(set) var offsets: [Int] = []
  /// The end of its last byte.
  private(set) var end: Int

  /// Of the bytes before a separator, those that its mark may have there.
  @inline(__always)
  static func mayEndBefore(_ before: SIMD16<UInt8>) -> SIMDMask<SIMD16<Int8>> {
    ((before | endMask) .== end) .| ((before | caseMask) .== lowerP)
  }

  // `:` and `.` are equal with these bits set, and so are `P` and `p`.
  private static var endMask: SIMD16<UInt8> { SIMD16(repeating: 0x14) }
  private static var end: SIMD16<UInt8> { SIMD16(repeating: 0x3E) }
  private static var caseMask: SIMD16<UInt8> { SIMD16(repeating: 0x20) }
  private static var lowerP: SIMD16<UInt8> { SIMD16(repeating: 0x70) }

  /// Whether a `\` follows a drive's `:`, a `.`, or the end of `Temp`.
  static func isMark(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    guard offset > 0, bytes[offset] == backslash else { return false }
    switch bytes[offset - 1] {
    case UInt8(ascii: ":"): return offset > 1 && isLetter(bytes[offset - 2])
    case UInt8(ascii: "."): return true
    case UInt8(ascii: "p"), UInt8(ascii: "P"):
      return ["temp", "tmp"].contains { name in
        let start = offset - name.utf8.count
        guard start > 0, bytes[start - 1] == backslash || bytes[start - 1] == slash else { return false }
        return zip(start..<offset, name.utf8).allSatisfy { bytes[$0] | 0x20 == $1 }
      }
    default: return false
    }
  }

  /// PATH_MAX on Windows with long paths is 32767 characters; no tool writes more than a few hundred.
  private static let longest = 4096

  /// The mark of a path that continues at `offset`, nil if it ends before one.
  static func mark(in bytes: Span<UInt8>, goingOnFrom offset: Int) -> Int? {
    var offset = offset
    let limit = min(bytes.count, offset + longest)
    while offset < limit, isName(bytes[offset]) || isSeparator(bytes[offset]) {
      if isMark(in: bytes, at: offset) { return offset }
      offset += 1
    }
    return nil
  }

  /// The path that contains the separator at `mark`, without a drive; it begins at or after `floor`.
  init(in bytes: Span<UInt8>, around mark: Int, from floor: Int) {
    var start = mark
    let first = max(floor, mark - Self.longest)
    while start > first, Self.isName(bytes[start - 1]) || Self.isSeparator(bytes[start - 1]) { start -= 1 }
    end = start
    while end < bytes.count, end - mark < Self.longest {
      if Self.isSeparator(bytes[end]) {
        if characters.last != slash { append(slash, end) }
      } else if Self.isName(bytes[end]) {
        append(bytes[end], end)
      } else if isUserName, goesOn(in: bytes, at: end) {
        append(UInt8(ascii: "_"), end)
      } else {
        break
      }
      end += 1
    }
  }

  private mutating func append(_ byte: UInt8, _ offset: Int) {
    characters.append(byte)
    offsets.append(offset)
  }

  /// Whether the component is directly below `Users`: user names may contain spaces.
  private var isUserName: Bool {
    guard let start = characters.lastIndex(of: slash), start + 1 < characters.count else { return false }
    return [Array("/Users".utf8), Array("/Documents and Settings".utf8)].contains {
      characters[..<start].suffix($0.count).elementsEqual($0)
    }
  }

  /// Whether a separator ends the name that contains the blank or bracket at `offset`.
  private func goesOn(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    var index = offset
    while index < bytes.count, index - offset < 64, Self.isName(bytes[index]) || Self.isInName(bytes[index]) {
      index += 1
    }
    return index > offset && index < bytes.count && Self.isSeparator(bytes[index])
  }

  private static func isSeparator(_ byte: UInt8) -> Bool { byte == backslash || byte == slash }

  private static func isName(_ byte: UInt8) -> Bool { byte != slash && isPathByte(byte) }

  private static func isInName(_ byte: UInt8) -> Bool { " ()'&,".utf8.contains(byte) }

  private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 }
}

let backslash = UInt8(ascii: "\\")

extension [UInt8] {
  /// The path of a root with one `/` for each separator of either kind.
  var withSlashes: [UInt8] {
    guard contains(backslash) else { return self }
    var result: [UInt8] = []
    for byte in self {
      if byte == backslash || byte == slash {
        if result.last != slash { result.append(slash) }
      } else {
        result.append(byte)
      }
    }
    return result
  }
}
