internal import CElf
import Formats

/// What the kernel, a loader or the program itself can read of a linked ELF file: headers, the contents of segments of
/// any type, mapped pages, sections that are not only for debuggers, and bytes outside sections.
///
/// Masked: the offset and number of section headers, because loaders never look at them and debug sections move them;
/// and the build-id, whose hash includes debug info.
struct LoadedElfKey {
  private let image: ElfImage
  private let debugger: DebuggerSections
  /// What counts together with its offset, in file offsets.
  private let placed: FileRanges

  /// - Throws: `notUnderstood` if it is not certain how a loader treats it.
  init(_ image: ElfImage, _ debugger: DebuggerSections) throws(ScrubError) {
    self.image = image
    self.debugger = debugger
    let header = image.header
    guard header.type == UInt16(ET_EXEC) || header.type == UInt16(ET_DYN) else {
      throw ObjectKey.refuse("type \(header.type) is no program or library", "ELF header")
    }
    // Extended numbering (`PN_XNUM`): some loaders read the number from a section header, others give up.
    guard image.segments.count < Int(PN_XNUM) else {
      throw ObjectKey.refuse("there are \(image.segments.count) program headers", "ELF header")
    }
    placed = FileRanges(
      [0..<ElfHeaderFields.size(is64: header.is64), Self.programHeaders(image)]
        + image.segments.map(\.fileRange) + (try MappedPages(image)).ranges)
  }

  static func programHeaders(_ image: ElfImage) -> Range<Int> {
    let start = Int(image.header.programHeaderOffset)
    return image.segments.isEmpty
      ? 0..<0 : start..<start + image.segments.count * image.header.programHeaderEntrySize
  }

  func digest() throws(ScrubError) -> [UInt8] {
    var writer = KeyWriter("loaded elf", .runtime)
    let masks =
      ElfHeaderFields.aboutSections(is64: image.header.is64)
      + [BuildIDNotes.sound(in: image)].compactMap { $0 }
    writer.list(placed.all.count)
    for range in placed.all {
      writer.number(UInt64(range.lowerBound))
      writer.stretch(image.bytes, range, masking: masks)
    }
    try write(sections: &writer)
    image.strayBytes(besides: placed.all).write(to: &writer)
    return writer.finish()
  }

  /// Programs find sections of their own file by name. Section indices shift with debug info, so they are written as
  /// indices among those that count; offsets of loaded sections follow from the segments.
  private func write(sections writer: inout KeyWriter) throws(ScrubError) {
    let counted = image.sections.filter { !debugger[$0.index] && $0.type != UInt32(SHT_NULL) }
    let numbers = Dictionary(uniqueKeysWithValues: counted.enumerated().map { ($1.index, $0 + 1) })
    func number(_ index: UInt32) -> UInt64 { UInt64(numbers[Int(index)] ?? 0) }
    // In a damaged file, each section may claim all of it.
    var budget = 4 * image.bytes.count
    writer.list(counted.count)
    for section in counted {
      writer.text(section.name)
      let info = section.hasSectionInfo ? number(section.info) : UInt64(section.info)
      for value in [
        UInt64(section.type), section.flags, section.address, section.size, section.alignment,
        section.isArrayOfFunctions ? 0 : section.entrySize, number(section.link), info,
      ] { writer.number(value) }
      guard let range = section.fileRange else { continue }
      if placed.covers(range) {
        writer.number(UInt64(range.lowerBound))
      } else {
        budget -= range.count
        guard budget >= 0 else { throw ObjectKey.refuse("sections share bytes", section.name) }
        writer.bytes(image.bytes[range])
      }
    }
  }
}

extension ElfImage {
  /// Bytes outside headers, sections and segments. `e_ehsize` is ignored: the header has its standard size.
  /// - Parameter pages: what is mapped in addition, in file offsets.
  func strayBytes(besides pages: [Range<Int>] = []) -> StrayBytes {
    let headers = [
      0..<ElfHeaderFields.size(is64: header.is64), LoadedElfKey.programHeaders(self), sectionHeaderRange,
    ]
    return StrayBytes(
      bytes,
      owned: FileRanges(
        headers + pages + segments.map(\.fileRange) + sections.compactMap(\.fileRange)))
  }
}

extension ElfImage.Section {
  /// Linkers and strip(1) disagree on whether these have an entry size.
  fileprivate var isArrayOfFunctions: Bool {
    [SHT_INIT_ARRAY, SHT_FINI_ARRAY, SHT_PREINIT_ARRAY].contains { type == UInt32($0) }
  }

  /// Whether `sh_info` is a section index (gABI, "sh_link and sh_info Interpretation").
  fileprivate var hasSectionInfo: Bool {
    type == UInt32(SHT_REL) || type == UInt32(SHT_RELA) || flags & UInt64(SHF_INFO_LINK) != 0
  }
}

/// Byte ranges in the ELF header (gABI "ELF Header").
enum ElfHeaderFields {
  static func size(is64: Bool) -> Int { is64 ? 64 : 52 }

  /// `e_shoff`, and `e_shentsize` to `e_shstrndx`.
  static func aboutSections(is64: Bool) -> [Range<Int>] {
    is64 ? [0x28..<0x30, 0x3a..<0x40] : [0x20..<0x24, 0x2e..<0x34]
  }
}
