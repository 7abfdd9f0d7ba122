import Formats

/// The new places of the debug sections in a dSYM bundle's file when some change their size.
struct MachOLayout: Sendable {
  /// Offset and size of each section's content, by section index.
  private(set) var places: [Int: (offset: Int, size: Int)] = [:]
  private(set) var fileSize: Int

  /// The segment whose sections may move: the last one in the file, containing nothing but sections, as dsymutil writes
  /// it.
  static func movableSegment(of image: MachOImage) -> MachOImage.Segment? {
    guard image.isDSYM, image.signature == nil,
      let segment = image.segments.last(where: { $0.name == "__DWARF" }), !segment.fileRange.isEmpty
    else { return nil }
    var end = segment.fileRange.lowerBound
    for index in segment.sections {
      let section = image.sections[index]
      guard let range = section.fileRange, range.lowerBound >= end, range.lowerBound - end < 4096,
        section.address &- segment.address == section.offset &- segment.offset, section.relocationCount == 0
      else {
        if section.size == 0 { continue }
        return nil
      }
      end = range.upperBound
    }
    let start = segment.fileRange.lowerBound
    guard end == image.bytes.count, segment.fileRange.upperBound >= end,
      image.parts.allSatisfy({ $0.range.upperBound <= start }),
      image.header.commands.upperBound <= start,
      image.sections.allSatisfy({ section in
        segment.sections.contains(section.index) || section.fileRange.map { $0.upperBound <= start } ?? true
      })
    else { return nil }
    return segment
  }

  static func canCompact(_ image: MachOImage) -> Bool { movableSegment(of: image) != nil }

  /// Packed, in their old order.
  init(compact image: MachOImage, _ segment: MachOImage.Segment, sizes: [Int: Int]) {
    var position = segment.fileRange.lowerBound
    for index in segment.sections {
      let section = image.sections[index]
      guard section.fileRange != nil else { continue }
      // Alignments beyond a page are claims that no debug section needs.
      let mask = section.alignment <= 12 ? (1 << Int(section.alignment)) - 1 : 0
      position = (position + mask) & ~mask
      let size = sizes[index] ?? Int(section.size)
      places[index] = (position, size)
      position += size
    }
    fileSize = position
  }
}
