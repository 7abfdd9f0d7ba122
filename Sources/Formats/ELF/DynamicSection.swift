internal import CElf

/// The array that tells the dynamic linker what to load and where to look (gABI "Dynamic Section"), limited to entries
/// that refer to strings.
package struct DynamicSection: Sendable {
  package struct Entry: Sendable {
    package var tag: UInt64
    package var value: UInt64
    /// File offset.
    package var position: Int

    package init(
      tag: UInt64, value: UInt64, position: Int
    ) {
      self.tag = tag
      self.value = value
      self.position = position
    }
  }

  /// An entry's string.
  package struct Text: Sendable {
    /// Index into `entries`.
    package var entry: Int
    /// `DT_RUNPATH`.
    package var name: String
    /// Whether it is a list of directories.
    package var isRunPath: Bool
    /// File offsets, without the NUL.
    package var range: Range<Int>

    package init(
      entry: Int, name: String, isRunPath: Bool, range: Range<Int>
    ) {
      self.entry = entry
      self.name = name
      self.isRunPath = isRunPath
      self.range = range
    }
  }

  /// Without the final `DT_NULL`.
  package private(set) var entries: [Entry] = []
  /// Size of one entry in bytes.
  package let entrySize: Int
  /// File offset of the final `DT_NULL`; nil if the array ends without one.
  package private(set) var end: Int?
  /// File offsets of the string table.
  package private(set) var table: Range<Int> = 0..<0
  /// Sorted by file offset.
  package private(set) var texts: [Text] = []

  /// Tags whose value is an offset into the string table: those that load or look up files. From the gABI, and from
  /// `<elf.h>` for the Solaris extensions.
  private static let stringTags: [UInt64: (name: String, isRunPath: Bool)] = [
    UInt64(DT_NEEDED): ("DT_NEEDED", false), UInt64(DT_SONAME): ("DT_SONAME", false),
    UInt64(DT_RPATH): ("DT_RPATH", true), UInt64(DT_RUNPATH): ("DT_RUNPATH", true),
    UInt64(DT_AUXILIARY): ("DT_AUXILIARY", false), UInt64(DT_FILTER): ("DT_FILTER", false),
    UInt64(DT_AUDIT): ("DT_AUDIT", false), UInt64(DT_DEPAUDIT): ("DT_DEPAUDIT", false),
    UInt64(DT_CONFIG): ("DT_CONFIG", false),
  ]

  /// Nil if the image has no dynamic section, or one that contradicts itself: the search has already found everything,
  /// and this only names it.
  package init?(_ image: ElfImage) {
    guard let range = Self.range(in: image) else { return nil }
    let width = image.header.is64 ? 8 : 4
    entrySize = 2 * width
    let content = image.bytes[range]
    var reader = Reader(content.span, order: image.header.order, section: ".dynamic")
    do throws(ScrubError) {
      while reader.remaining >= entrySize {
        let position = range.lowerBound + reader.offset
        let tag = try reader.unsigned(width)
        let value = try reader.unsigned(width)
        if tag == UInt64(DT_NULL) {
          end = position
          break
        }
        entries.append(Entry(tag: tag, value: value, position: position))
      }
    } catch { return nil }
    guard let table = stringTable(of: image) else { return nil }
    self.table = table
    texts = texts(in: image.bytes)
  }

  /// What the loader reads; the section is used only if no segments state it.
  private static func range(in image: ElfImage) -> Range<Int>? {
    // Separate debug info has the headers of the original file, but not its bytes.
    if !image.sections.isEmpty {
      return image.sections.first { $0.type == UInt32(SHT_DYNAMIC) }?.fileRange
    }
    return image.segments.first { $0.type == UInt32(PT_DYNAMIC) && $0.fileSize > 0 }?.fileRange
  }

  private func value(_ tag: Int32) -> UInt64? { entries.first { $0.tag == UInt64(tag) }?.value }

  private func stringTable(of image: ElfImage) -> Range<Int>? {
    guard let address = value(DT_STRTAB), let size = value(DT_STRSZ) else { return nil }
    for segment in image.segments where segment.isLoad && address >= segment.address {
      let distance = address - segment.address
      guard distance < segment.fileSize, size <= segment.fileSize - distance else { continue }
      let start = Int(segment.offset + distance)
      return start..<start + Int(size)
    }
    return nil
  }

  private func texts(in bytes: Bytes) -> [Text] {
    let span = bytes.span
    var texts: [Text] = []
    var last = 0..<0
    for (index, entry) in entries.enumerated().sorted(by: { ($0.1.value, $0.0) < ($1.1.value, $1.0) }) {
      guard let kind = Self.stringTags[entry.tag], entry.value < UInt64(table.count) else { continue }
      let start = table.lowerBound + Int(entry.value)
      // Strings share their endings, and a hostile file may have many of them: each NUL is searched for once.
      if !(last.contains(start) || start == last.upperBound && !last.isEmpty) {
        guard let end = span.firstIndex(of: 0, from: start), end < table.upperBound else { continue }
        last = start..<end
      }
      texts.append(
        Text(entry: index, name: kind.name, isRunPath: kind.isRunPath, range: start..<last.upperBound))
    }
    return texts
  }
}
