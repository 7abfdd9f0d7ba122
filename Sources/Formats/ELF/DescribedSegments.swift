internal import CElf

/// Distinguishes program headers that describe this file from those that a separate debug file has inherited from the
/// file it was extracted from.
///
/// `objcopy --only-keep-debug` sets `p_filesz` of what it omits to 0, although older versions do not for
/// `PT_GNU_RELRO`. eu-strip, and with it rpm's find-debuginfo, copies the headers unchanged: their offsets lie after
/// the file's end, or among the debug sections.
///
/// Loaders never look at section headers, so these alone do not decide: a segment with a byte that is neither zero nor
/// part of a section or header may belong to a program.
package struct DescribedSegments {
  private let bytes: Bytes
  private let header: ElfImage.Header
  /// The ranges that headers and sections own.
  private let owned: FileRanges
  /// The loaded sections, ascending by address.
  private let loaded: [ElfImage.Section]
  private let isDebugFile: Bool

  /// - Parameter headers: the headers' own bytes.
  package init(
    _ bytes: Bytes, _ header: ElfImage.Header, headers: [Range<Int>], _ sections: [ElfImage.Section]
  ) {
    self.bytes = bytes
    self.header = header
    owned = FileRanges(headers + sections.compactMap(\.fileRange))
    // `.tbss` takes no addresses, and overlaps those of other sections.
    loaded = sections.filter { $0.isLoaded && $0.size > 0 && $0.flags & UInt64(SHF_TLS) == 0 }
      .sorted { ($0.address, $0.index) < ($1.address, $1.index) }
    isDebugFile = header.type != ElfImage.relocatable && ElfImage.isSeparateDebugFile(sections)
  }

  /// The segments with the file bytes that they have in this file.
  package func resolved(_ segments: [ElfImage.Segment]) -> [ElfImage.Segment] {
    // Some linkers give .bss bytes in the middle of a segment; no linker writes a program without any code bytes.
    let lacking = isDebugFile ? segments.filter(lacksBytes) : []
    guard !lacking.isEmpty, isOwned(lacking) else { return segments }
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

  /// Whether everything that the segments claim is zero or part of a section or header.
  private func isOwned(_ segments: [ElfImage.Segment]) -> Bool {
    let claimed = FileRanges(
      segments.map { segment in
        let start = min(segment.offset, UInt64(bytes.count))
        return Int(start)..<Int(start + min(segment.fileSize, UInt64(bytes.count) - start))
      })
    return owned.gaps(in: claimed).allSatisfy { bytes[$0].isZero }
  }

  /// Whether the bytes that a segment claims are those of its sections, for example of notes, which debug files keep.
  private func isHere(_ segment: ElfImage.Segment) -> Bool {
    let size = UInt64(bytes.count)
    guard segment.offset <= size, segment.fileSize <= size - segment.offset else { return false }
    if segment.type == UInt32(PT_PHDR) { return segment.offset == header.programHeaderOffset }
    let sections = sections(in: segment)
    return !sections.isEmpty
      && sections.allSatisfy {
        $0.type != UInt32(SHT_NOBITS) && $0.offset >= segment.offset
          && $0.offset - segment.offset == $0.address - segment.address
      }
  }
}
