internal import CElf

/// One ELF file as values: the headers as libelf read them, checked against the file's size.
///
/// Names follow the System V gABI, chapter 4 ("Object Files") and 5 ("Program Loading").
package struct ElfImage: Sendable {
  package struct Header: Sendable {
    package var is64: Bool
    package var order: ByteOrder
    package var type: UInt16
    package var machine: UInt16
    /// File offsets and sizes in bytes.
    package var sectionHeaderOffset: UInt64
    package var sectionHeaderEntrySize: Int
    /// `e_shnum`; 0 if the number is in the first section header.
    package var claimedSectionCount: Int
    package var programHeaderOffset: UInt64
    package var programHeaderEntrySize: Int
    package var headerSize: Int
  }

  package struct Section: Sendable {
    package var index: Int
    package var name: String
    package var type: UInt32
    package var flags: UInt64
    package var address: UInt64
    /// File offset in bytes.
    package var offset: UInt64
    /// Size in the file (in memory for `SHT_NOBITS`), in bytes.
    package var size: UInt64
    package var link: UInt32
    package var info: UInt32
    package var alignment: UInt64
    package var entrySize: UInt64

    /// Whether the section occupies memory when the program runs.
    package var isLoaded: Bool { flags & UInt64(SHF_ALLOC) != 0 }
    package var isCompressed: Bool { flags & UInt64(SHF_COMPRESSED) != 0 || name.hasPrefix(".zdebug") }
    /// The bytes the section owns in the file; nil if it owns none.
    package var fileRange: Range<Int>? {
      guard type != UInt32(SHT_NOBITS), type != UInt32(SHT_NULL), size > 0 else { return nil }
      return Int(offset)..<Int(offset + size)
    }
  }

  package struct Segment: Sendable {
    package var index: Int
    package var type: UInt32
    package var flags: UInt32
    package var offset: UInt64
    /// Bytes in the file; 0 if the header describes another file (see `ElfImage.init`).
    package var fileSize: UInt64
    /// `p_filesz`.
    package var claimedFileSize: UInt64
    package var memorySize: UInt64
    package var address: UInt64
    package var alignment: UInt64

    package var isLoad: Bool { type == UInt32(PT_LOAD) }
    /// Debug files keep the headers of what they do not contain: no bytes, at an offset that may lie after the end.
    package var fileRange: Range<Int> { fileSize == 0 ? 0..<0 : Int(offset)..<Int(offset + fileSize) }
  }

  package struct Symbol: Sendable {
    package var name: String
    package var value: UInt64
    package var size: UInt64

    package init(
      name: String, value: UInt64, size: UInt64
    ) {
      self.name = name
      self.value = value
      self.size = size
    }
  }

  /// `e_type` of an object file that is not yet linked (gABI "ELF Header").
  package static let relocatable = UInt16(ET_REL)

  /// `EI_MAG0` to `EI_MAG3` (gABI "ELF Identification").
  package static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]

  package static func hasMagic(_ bytes: Bytes) -> Bool {
    bytes.count >= magic.count && magic.indices.allSatisfy { bytes[$0] == magic[$0] }
  }

  package let bytes: Bytes
  package let header: Header
  package let sections: [Section]
  package let segments: [Segment]
  /// File ranges of the descriptors of all `NT_GNU_BUILD_ID` notes, ascending.
  package let buildIDs: [Range<Int>]

  /// Reads the headers.
  /// - Throws: if a header, section or segment lies outside the file, with the header's own place.
  package init(_ bytes: Bytes) throws(ScrubError) {
    let handle = try ElfHandle(bytes)
    let header = try handle.header()
    let fileSize = UInt64(bytes.count)

    func fits(_ offset: UInt64, _ size: UInt64, _ what: String) throws(ScrubError) {
      guard offset <= fileSize, size <= fileSize - offset else {
        throw ScrubError(
          "needs \(size) bytes at 0x\(String(offset, radix: 16)), the file has \(fileSize)", section: what)
      }
    }

    // libelf reads headers of its own size, whatever the file claims; edits would be misplaced.
    func check(_ size: Int, is32: Int, is64: Int, _ name: String) throws(ScrubError) {
      let needed = header.is64 ? is64 : is32
      guard size == needed else {
        throw ScrubError("\(name) is \(size), needs \(needed)", section: "ELF header")
      }
    }

    let segmentCount = try handle.segmentCount()
    if segmentCount > 0 { try check(header.programHeaderEntrySize, is32: 32, is64: 56, "e_phentsize") }
    try fits(
      header.programHeaderOffset, UInt64(segmentCount) &* UInt64(header.programHeaderEntrySize),
      "program headers")
    var segments: [Segment] = []
    for index in 0..<segmentCount { segments.append(try handle.segment(index)) }

    var sections: [Section] = []
    if header.sectionHeaderOffset != 0 {
      try check(header.sectionHeaderEntrySize, is32: 40, is64: 64, "e_shentsize")
      let count = try handle.sectionCount()
      // libelf returns 0 for headers that lie outside the file, which would hide every section.
      try fits(
        header.sectionHeaderOffset,
        UInt64(max(count, header.claimedSectionCount, 1)) &* UInt64(header.sectionHeaderEntrySize),
        "section headers")
      let names = try handle.nameTableIndex()
      var left = Limits.sections(of: bytes.count)
      for index in 0..<count {
        try Effort.charge(256)
        let section = try handle.section(index, names: names)
        if section.type != UInt32(SHT_NOBITS), section.type != UInt32(SHT_NULL) {
          let name = "section header \(index) (\(section.name))"
          try fits(section.offset, section.size, name)
          guard section.size <= left else {
            let limit = Limits.sections(of: bytes.count)
            throw ScrubError(
              "lies over others: all sections may have \(limit) bytes, the file has \(fileSize)",
              section: name)
          }
          left -= section.size
        }
        sections.append(section)
      }
    }

    let headers = Self.headerRanges(header, sections: sections.count, segments: segmentCount).map(\.range)
    segments = DescribedSegments(bytes, header, headers: headers, sections).resolved(segments)
    for segment in segments where segment.fileSize > 0 {
      try fits(segment.offset, segment.fileSize, "program header \(segment.index)")
    }

    var inflated: UInt64 = 0
    for section in sections where section.isCompressed {
      guard let range = section.fileRange else { continue }
      let claim = CompressedSection.claimedSize(bytes[range], section, header)
      let limit = Limits.inflatedSections(of: bytes.count)
      guard claim <= limit, inflated <= limit - claim else {
        throw ScrubError(
          "claims \(claim) inflated bytes; compressed sections of a file of \(fileSize) may have \(limit)",
          section: section.name, offset: 0)
      }
      inflated += claim
    }

    self.bytes = bytes
    self.header = header
    self.sections = sections
    self.segments = segments
    self.buildIDs = BuildIDNotes.find(in: bytes, header.order, sections, segments)
  }

  package func section(named name: String) -> Section? { sections.first { $0.name == name } }

  /// The section header's place in the file, in bytes.
  package func sectionHeaderOffset(of section: Section) -> Int {
    Int(header.sectionHeaderOffset) + section.index * header.sectionHeaderEntrySize
  }

  /// The bytes that are loaded when the program runs. Recomputed by each call: keep it for more than one query.
  package func loadedRanges() -> FileRanges { ranges(of: sections.filter(\.isLoaded)) }

  /// Whether the section must keep its place in the file because it is loaded from there. A relocatable file is never
  /// loaded: a linker finds its sections through their headers, wherever they are.
  package func isPinned(_ section: Section) -> Bool {
    section.isLoaded && !(header.type == Self.relocatable && segments.isEmpty)
  }

  /// The bytes that must keep their place. Recomputed by each call: keep it for more than one query.
  package func pinnedRanges() -> FileRanges { ranges(of: sections.filter(isPinned)) }

  private func ranges(of sections: [Section]) -> FileRanges {
    FileRanges(segments.filter(\.isLoad).map(\.fileRange) + sections.compactMap(\.fileRange))
  }

  /// Symbols with a value, sorted by it; for naming places in loaded sections.
  package func symbols() throws(ScrubError) -> [Symbol] {
    let handle = try ElfHandle(bytes)
    let tables = sections.filter { $0.type == UInt32(SHT_SYMTAB) || $0.type == UInt32(SHT_DYNSYM) }
    var symbols: [Symbol] = []
    for table in tables {
      handle.forEachSymbol(in: table) { if !$0.name.isEmpty { symbols.append($0) } }
    }
    return symbols.sorted { ($0.value, $0.name) < ($1.value, $1.name) }
  }
}
