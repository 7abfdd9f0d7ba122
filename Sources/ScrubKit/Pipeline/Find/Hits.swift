internal import BuildRoots
import Formats

/// One build root in one region of an image.
struct Hit: Sendable {
  /// Index into the image's regions.
  var region: Int
  /// The root; its range is relative to the region's start.
  var root: BuildRoot
  /// Why it may not be overwritten in place, where the search already knows.
  var obstacle: String?
  /// Whether it is a root only together with the directory that a line table prepends.
  var isPart = false
}

/// Searches every byte of an image.
enum Hits {
  /// All roots, in region order, offsets ascending. Content that is searched in decoded form counts only there: a
  /// stored block of a stream shows its text twice, and a compressed one parts of it.
  static func all(in regions: [Region], _ roots: RootMap) -> [Hit] {
    var glued: [Hit] = []
    return all(in: regions, roots, &glued)
  }

  /// - Parameter glued: receives what is a root only if a string begins there.
  static func all(in regions: [Region], _ roots: RootMap, _ glued: inout [Hit]) -> [Hit] {
    regions.enumerated().flatMap { index, region in
      defer { Effort.locateRefusal(in: region.name) }
      var candidates: [BuildRoot] = []
      var found = roots.roots(in: region.content.span, glued: &candidates)
      if region.enclosure == nil { glued += candidates.map { Hit(region: index, root: $0) } }
      if region.mayHoldWideText {
        let wide = roots.wideRoots(in: region.content.span)
        if !wide.isEmpty { found = (found + wide).sorted { $0.range.lowerBound < $1.range.lowerBound } }
      }
      return found.lazy.filter { !region.isSearchedDecoded($0.range) }.map { Hit(region: index, root: $0) }
    }
  }
}

extension Region {
  /// The range of a root in the file; nil if its bytes are compressed there.
  func extent(of root: BuildRoot) -> Range<Int>? {
    fileRange.map { $0.lowerBound + root.range.lowerBound..<$0.lowerBound + root.range.upperBound }
  }

  /// The string that holds `root`, for a report: delimited by NULs or other bytes that no text holds, and cut to a
  /// readable length. `offset` is where the root begins in it, in UTF-8 code units.
  func text(around root: BuildRoot) -> (text: String, offset: Int) {
    if root.stride > 1 { return wideText(around: root) }
    return text(around: root.range)
  }

  /// The same for characters of two or four bytes.
  private func wideText(around root: BuildRoot) -> (text: String, offset: Int) {
    func isCharacter(_ offset: Int) -> Bool {
      guard offset >= 0, offset < content.count else { return false }
      return isText(content[offset]) && content[offset] < 0x80
    }
    var start = root.range.lowerBound
    while root.range.lowerBound - start < Self.reach, isCharacter(start - root.stride) {
      start -= root.stride
    }
    var end = root.range.upperBound - 1
    while end - root.range.upperBound < Self.reach, isCharacter(end + root.stride) { end += root.stride }
    let characters = stride(from: start, through: end, by: root.stride).map { content[$0] }
    return (String(decoding: characters, as: UTF8.self), (root.range.lowerBound - start) / root.stride)
  }

  /// How much of a string is shown on each side of a root, in bytes.
  private static let reach = 200

  func text(around root: Range<Int>) -> (text: String, offset: Int) {
    let reach = Self.reach
    var start = root.lowerBound
    while start > 0, root.lowerBound - start < reach, isText(content[start - 1]) { start -= 1 }
    var end = root.upperBound
    while end < content.count, end - root.upperBound < reach, isText(content[end]) { end += 1 }
    let before = String(decoding: content[start..<root.lowerBound].array(), as: UTF8.self)
    let rest = String(decoding: content[root.lowerBound..<end].array(), as: UTF8.self)
    return (before + rest, before.utf8.count)
  }

  private func isText(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f }
}
