internal import CElf

/// Tells program headers that describe this file from those that a separate debug file has of the file that it was
/// taken from.
///
/// `objcopy --only-keep-debug` sets `p_filesz` of what it left out to 0, though older ones not of `PT_GNU_RELRO`. eu-strip, and with it rpm's find-debuginfo,
/// copies the headers as they were: their offsets lie behind the file's end, or among the debug sections.
struct DescribedSegments {
  private let header: ElfImage.Header
  private let fileSize: UInt64
  /// The loaded sections, ascending by address.
  private let loaded: [ElfImage.Section]
  private let isDebugFile: Bool

  init(_ header: ElfImage.Header, _ sections: [ElfImage.Section], fileSize: UInt64) {
    self.header = header
    self.fileSize = fileSize
    // `.tbss` takes no addresses, and stands among those that others have.
    loaded = sections.filter { $0.isLoaded && $0.size > 0 && $0.flags & UInt64(SHF_TLS) == 0 }
      .sorted { ($0.address, $0.index) < ($1.address, $1.index) }
    isDebugFile = header.type != ElfImage.relocatable && ElfImage.isSeparateDebugFile(sections)
  }

  /// The segments with the file bytes that they have here.
  func resolved(_ segments: [ElfImage.Segment]) -> [ElfImage.Segment] {
    // Some linkers give .bss bytes in the middle of a segment; no linker writes a program without a byte of code.
    let describesAnother = isDebugFile && segments.contains(where: lacksBytes)
    guard describesAnother else { return segments }
    return segments.map { segment in
      var segment = segment
      if !isHere(segment) { segment.fileSize = 0 }
      return segment
    }
  }

  /// The loaded sections that begin inside the bytes that a segment claims.
  private func sections(in segment: ElfImage.Segment) -> ArraySlice<ElfImage.Section> {
    let first = loaded.partition { $0.address < segment.address }
    let end = loaded.partition {
      $0.address < segment.address || $0.address - segment.address < segment.fileSize
    }
    return loaded[first..<max(first, end)]
  }

  /// Whether the segment claims bytes of a section that has none.
  private func lacksBytes(_ segment: ElfImage.Segment) -> Bool {
    sections(in: segment).contains { $0.type == UInt32(SHT_NOBITS) }
  }

  /// Whether the bytes that a segment claims are those of its sections, as of notes, which debug files keep.
  private func isHere(_ segment: ElfImage.Segment) -> Bool {
    guard segment.offset <= fileSize, segment.fileSize <= fileSize - segment.offset else { return false }
    if segment.type == UInt32(PT_PHDR) { return segment.offset == header.programHeaderOffset }
    let sections = sections(in: segment)
    return !sections.isEmpty
      && sections.allSatisfy {
        $0.type != UInt32(SHT_NOBITS) && $0.offset >= segment.offset
          && $0.offset - segment.offset == $0.address - segment.address
      }
  }
}
