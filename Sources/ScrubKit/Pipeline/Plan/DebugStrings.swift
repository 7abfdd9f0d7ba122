internal import BuildRoots
import Formats

/// The referenced strings of a table, with their roots replaced.
enum DebugStrings {
  /// - Parameter renamed: replacements for strings that change by more than losing their roots, by offset.
  /// - Returns: one range for each offset, ascending; positions from the table's size on lie in `arena`.
  static func rewritten(
    _ old: Bytes, _ referenced: OffsetSet, _ roots: RootMap, section: String,
    renamed: [Int: [UInt8]] = [:]
  ) throws(ScrubError) -> (ranges: [Range<Int>], arena: Bytes) {
    let found = roots.roots(in: old.span)
    var strings: [Range<Int>] = []
    strings.reserveCapacity(referenced.count)
    var rewritten: [UInt8] = []
    var nextRoot = 0
    var budget = 16 * old.count + 4096
    try referenced.visit { offset throws(ScrubError) in
      guard let end = old.span.firstIndex(of: 0, from: offset) else {
        throw ScrubError("string has no terminating NUL", section: section, offset: UInt64(offset))
      }
      // Strings share their endings, so their lengths may add up to the square of the table's size.
      budget -= end - offset
      if budget < 0 {
        throw ScrubError(
          "strings overlap too often to rebuild the table", section: section,
          offset: UInt64(offset), kind: .notUnderstood)
      }
      func append(_ string: [UInt8]) {
        let start = old.count + rewritten.count
        strings.append(start..<start + string.count)
        rewritten += string
      }
      if !renamed.isEmpty, let string = renamed[offset] { return append(string) }
      while nextRoot < found.count, found[nextRoot].range.upperBound <= offset { nextRoot += 1 }
      guard nextRoot < found.count, found[nextRoot].range.lowerBound < end,
        let clean = roots.clean(old[offset..<end].span)
      else {
        strings.append(offset..<end)
        return
      }
      append(clean)
    }
    return (strings, Bytes(rewritten))
  }
}
