internal import CElf
import Formats

/// Where every section of the edited image goes.
struct ElfLayout: Sendable {
  /// File offset and size in the new file, by section index.
  struct Place: Sendable {
    var offset: Int
    var size: Int
  }

  /// Nil for a section without bytes in the file, whose header is left unchanged.
  var places: [Place?]
  /// The new `e_shoff`.
  var sectionHeaderOffset: Int
  var fileSize: Int
  /// Bytes before this stay where they are: headers, segments, everything that is loaded.
  var fixedEnd: Int
  /// The sections after it, which nothing loads, in file order.
  var movable: [Int]

  /// The new file offset of a section that owns bytes.
  func offset(of section: Int) -> Int { places[section]?.offset ?? 0 }

  /// The sections that may be moved: they own file bytes, are not loaded, and lie in no segment. In a relocatable file
  /// nothing has a fixed place yet, whatever `SHF_ALLOC` says about the linked file.
  private static func movableSections(of image: ElfImage) -> [ElfImage.Section] {
    let segments = image.segments.map(\.fileRange).filter { !$0.isEmpty }
    return image.sections.filter { section in
      guard let range = section.fileRange, !image.isPinned(section) else { return false }
      return !segments.contains { $0.overlaps(range) }
    }.sorted { ($0.offset, $0.index) < ($1.offset, $1.index) }
  }

  /// Everything in its old place, and no larger.
  init(slot image: ElfImage, sizes: [Int: Int]) throws(ScrubError) {
    self.init(slot: image)
    for (index, size) in sizes {
      let slot = places[index]?.size ?? 0
      guard size <= slot else {
        throw ScrubError("needs \(size) bytes, its slot has \(slot)", section: image.sections[index].name)
      }
      places[index]?.size = size
    }
  }

  private init(slot image: ElfImage) {
    places = image.sections.map { section in
      section.fileRange.map { Place(offset: $0.lowerBound, size: $0.count) }
    }
    sectionHeaderOffset = Int(image.header.sectionHeaderOffset)
    fileSize = image.bytes.count
    fixedEnd = image.bytes.count
    movable = []
  }

  /// Packs sections that nothing loads, in their old order, after the last loaded byte; section headers last. Nil if
  /// loaded bytes, or an appended payload, lie after what would move.
  init?(compact image: ElfImage, sizes: [Int: Int]) {
    self.init(slot: image)
    var sections = Self.movableSections(of: image)
    let isMovable = Set(sections.map(\.index))
    var end = 0
    for (range, _, kind) in image.headerRanges where kind != .sectionHeaders {
      end = max(end, range.upperBound)
    }
    for segment in image.segments where !segment.fileRange.isEmpty {
      end = max(end, segment.fileRange.upperBound)
    }
    for section in image.sections where !isMovable.contains(section.index) {
      if let range = section.fileRange { end = max(end, range.upperBound) }
    }
    let headers = image.sectionHeaderRange
    let last = max(headers.upperBound, sections.compactMap { $0.fileRange?.upperBound }.max() ?? 0, end)
    // A section that stays must stay as a whole: it may claim to begin before loaded bytes and to end after them.
    guard !headers.isEmpty, headers.lowerBound >= end, last == image.bytes.count,
      sections.allSatisfy({ section in
        guard let range = section.fileRange, range.lowerBound < end else { return true }
        return section.debugName == nil && range.upperBound <= end
      })
    else { return nil }
    // Sections before a segment that is not loaded either (.riscv.attributes) stay, and keep their size.
    sections.removeAll { ($0.fileRange?.lowerBound ?? 0) < end }

    fixedEnd = end
    movable = sections.map(\.index)
    // Sections without bytes move along with the sections before them, so that their offsets do not reveal the old
    // layout. A loaded one keeps the place that its segment has.
    let first = sections.first?.offset ?? UInt64.max
    let empty = image.sections.filter {
      $0.fileRange == nil && $0.index > 0 && $0.offset > first && !image.isPinned($0)
    }
    // In a debug file, the headers may describe another file's layout before the first such section.
    var position = image.isSeparateDebugFile && first != UInt64.max ? Int(first) : end
    for section in (sections + empty).sorted(by: { ($0.offset, $0.index) < ($1.offset, $1.index) }) {
      position = Self.align(position, section.alignment)
      let size = section.fileRange == nil ? 0 : sizes[section.index] ?? Int(section.size)
      places[section.index] = Place(offset: position, size: size)
      position += size
    }
    sectionHeaderOffset = Self.align(position, image.header.is64 ? 8 : 4)
    fileSize = sectionHeaderOffset + headers.count
  }

  /// Alignments beyond a page are claims that no debug section needs.
  private static func align(_ position: Int, _ alignment: UInt64) -> Int {
    guard alignment > 1, alignment <= 4096, alignment & (alignment - 1) == 0 else { return position }
    let mask = Int(alignment) - 1
    return (position + mask) & ~mask
  }
}
