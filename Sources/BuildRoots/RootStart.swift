/// Where a root begins: how much of the path before its first random component belongs to it.
struct RootStart {
  var offset: Int
  var isRelative: Bool
  /// Whether only `../` and an option's letters precede the component: the path begins with it.
  var isTop = false

  /// Walks left from the component at `component`, never before `floor`.
  init(in bytes: Span<UInt8>, component: Int, floor: Int) {
    let limit = max(floor, component - longestPath)
    var left = component
    while let before = bytes.pathCharacter(endingAt: left, limit: limit) { left = before }
    left = bytes.lastGlue(in: left..<component) ?? left

    // The floor splits a path; then none begins here.
    let isFirst =
      left == 0 || bytes.pathCharacter(endingAt: left, limit: 0) == nil || bytes.isGlue(at: left)
    isRelative = false
    if left == component {
      offset = left
      isRelative = true
    } else if bytes[left] == slash {
      offset = bytes.lastSlash(ofRunAt: left)
      isTop = isFirst && offset == component - 1
    } else if bytes.hasDots(at: left) {
      offset = left
      isTop = isFirst && bytes.isAllParents(left..<component)
    } else if relativeRoots.contains(where: { bytes.hasText($0, at: left) }) {
      offset = left
      isRelative = true
    } else {
      // Words attached to the left: an option as in `-I/tmp`, or the end of another string.
      var first = left
      while first < component, bytes[first] != slash { first += 1 }
      if bytes.hasText(parent, at: first - 2), first - 2 >= left {
        offset = first - 2
      } else if first == left + 3, bytes[left] == UInt8(ascii: "-"), bytes[first - 1] == UInt8(ascii: ".") {
        offset = first - 1
      } else if first < component {
        offset = bytes.lastSlash(ofRunAt: first)
        isTop =
          isFirst && offset == component - 1
          && (first == left + 2 && bytes[left] == UInt8(ascii: "-") || bytes.isNoText(left..<first))
      } else {
        offset = component
        isRelative = true
      }
    }
  }
}

/// PATH_MAX on Linux, in bytes; no compiler writes a longer path, and the walk stays linear.
private let longestPath = 4096

private let marks = ByteSet("@%+_")
private let parent = Array("../".utf8)
private let here = Array("./".utf8)
/// DWARF 4 omits the first `/` where it names directories below a compilation directory of `/`.
private let relativeRoots = ["tmp/", "private/", "var/"].map { Array($0.utf8) }
private let absoluteRoots = ["/tmp/", "/var/", "/private/", "/dev/shm/", "/home/", "/Users/", "/root/"]
  .map { Array($0.utf8) }
private let sourceExtensions = [
  ".rs", ".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".hh", ".py", ".pyx", ".pxd", ".f", ".f90", ".s", ".S",
  ".go", ".m",
  ".mm",
].map { Array($0.utf8) }

extension Span<UInt8> {
  /// Whether one string ends and the next begins at `offset`: Rust's strings have no NUL between them, and
  /// no directory is called `lib.rs`.
  func isGlue(at offset: Int) -> Bool {
    guard absoluteRoots.contains(where: { hasText($0, at: offset) }) else { return false }
    return sourceExtensions.contains { hasText($0, at: offset - $0.count) }
  }

  fileprivate func lastGlue(in range: Range<Int>) -> Int? {
    var offset = range.upperBound
    while offset > range.lowerBound {
      offset -= 1
      if self[offset] == slash, isGlue(at: offset) { return offset }
    }
    return nil
  }

  /// The beginning of the path character that ends before `end`; nil if there is none. Non-ASCII bytes belong to a path
  /// only as UTF-8: binary data may directly precede a string.
  fileprivate func pathCharacter(endingAt end: Int, limit: Int) -> Int? {
    guard end > limit else { return nil }
    let last = self[end - 1]
    if last < 0x80 { return isPathByte(last) ? end - 1 : nil }
    var start = end - 1
    while start > limit, end - start < 4, self[start] & 0xC0 == 0x80 { start -= 1 }
    let length =
      switch self[start] {
      case 0xC2...0xDF: 2
      case 0xE0...0xEF: 3
      case 0xF0...0xF4: 4
      default: 0
      }
    return length == end - start ? start : nil
  }

  /// Whether these bytes before a `/` are the end of binary data, or a mark, and not part of a file name: up to three
  /// of them after a byte that no text holds, or a single `@`, `%`, `+` or `_`.
  fileprivate func isNoText(_ word: Range<Int>) -> Bool {
    if word.count == 1, marks.contains(self[word.lowerBound]) { return true }
    guard word.count <= 3, word.lowerBound > 0 else { return false }
    switch self[word.lowerBound - 1] {
    case 0, UInt8(ascii: "\t")...UInt8(ascii: "\r"): return false
    case 0x20..<0x7F: return false
    default: return true
    }
  }

  fileprivate func lastSlash(ofRunAt offset: Int) -> Int { afterSlashes(offset) - 1 }

  /// Whether the range contains only `../`, often enough that the root directory is probably meant.
  fileprivate func isAllParents(_ range: Range<Int>) -> Bool {
    var offset = range.lowerBound
    while offset < range.upperBound, hasText(parent, at: offset) { offset = afterSlashes(offset + 2) }
    return offset == range.upperBound
  }

  fileprivate func hasDots(at offset: Int) -> Bool {
    hasText(here, at: offset) || hasText(parent, at: offset)
  }
}
