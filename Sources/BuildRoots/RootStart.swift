/// Where a root begins: how much of the path in front of its first random component belongs to it.
struct RootStart {
  var offset: Int
  var isRelative: Bool
  /// Whether nothing but `../` and an option's letters stands in front of the component: the path begins with it.
  var isTop = false

  /// Walks left from the component at `component`, never past `floor`.
  init(in bytes: Span<UInt8>, component: Int, floor: Int) {
    let limit = max(floor, component - longestPath)
    var left = component
    while left > limit, isPathByte(bytes[left - 1]) { left -= 1 }
    left = bytes.lastGlue(in: left..<component) ?? left

    // The floor cuts a path in two; then none begins here.
    let isFirst = left == 0 || !isPathByte(bytes[left - 1]) || bytes.isGlue(at: left)
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
      // Words glued to the left: an option as in `-I/tmp`, the end of another string.
      var first = left
      while first < component, bytes[first] != slash { first += 1 }
      if bytes.hasText(parent, at: first - 2), first - 2 >= left {
        offset = first - 2
      } else if first == left + 3, bytes[left] == UInt8(ascii: "-"), bytes[first - 1] == UInt8(ascii: ".") {
        offset = first - 1
      } else if first < component {
        offset = bytes.lastSlash(ofRunAt: first)
        isTop =
          isFirst && offset == component - 1 && first == left + 2 && bytes[left] == UInt8(ascii: "-")
      } else {
        offset = component
        isRelative = true
      }
    }
  }
}

/// PATH_MAX of Linux, bytes; no compiler writes a longer path, and the walk stays linear.
private let longestPath = 4096

private let parent = Array("../".utf8)
private let here = Array("./".utf8)
/// DWARF 4 leaves the first `/` out where it names directories below a compilation directory of `/`.
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

  fileprivate func lastSlash(ofRunAt offset: Int) -> Int { afterSlashes(offset) - 1 }

  /// Whether the range holds nothing but `../`, so often that the root directory is likely meant.
  fileprivate func isAllParents(_ range: Range<Int>) -> Bool {
    var offset = range.lowerBound
    while offset < range.upperBound, hasText(parent, at: offset) { offset = afterSlashes(offset + 2) }
    return offset == range.upperBound
  }

  fileprivate func hasDots(at offset: Int) -> Bool {
    hasText(here, at: offset) || hasText(parent, at: offset)
  }
}
