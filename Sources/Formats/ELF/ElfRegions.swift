internal import CElf

extension ElfImage {
  /// Every byte of the file, split where sections begin and end, so that a string never runs from one section into the
  /// next; then the inflated contents of compressed sections, of payloads, and of an embedded image.
  package func regions() throws(ScrubError) -> [Region] {
    var regions = try ownRegions()
    Payloads.open(
      &regions, fileSize: bytes.count, place: { offset(of: $0, in: $1) },
      where: { region in
        region.section.map {
          sections[$0].mayHoldPayloads && (region.fileRange == nil) == sections[$0].isCompressed
        } ?? true
      })
    for section in sections where section.isMiniDebugInfo {
      regions += try MiniDebugInfo.regions(of: section, in: self)
    }
    return regions
  }

  /// All except sections that nothing loads: data appended to the image may be an archive that the program unpacks.
  package func mayBeRead(_ regions: [Region]) -> [Bool] {
    let loaded = loadedRanges()
    return regions.map { region in
      guard let section = region.section, !sections[section].isLoaded else { return true }
      return region.fileRange.map { loaded.overlaps($0) } ?? false
    }
  }

  /// All except the contents of payloads and of an embedded image.
  package func ownRegions() throws(ScrubError) -> [Region] {
    var regions: [Region] = []
    var position = 0
    let ordered = sections.filter { $0.fileRange != nil }
      .sorted { ($0.offset, $0.index) < ($1.offset, $1.index) }
    for section in ordered {
      guard let range = section.fileRange, range.upperBound > position else { continue }
      if range.lowerBound > position { append(gap: position..<range.lowerBound, to: &regions) }
      // Sections that overlap (only malicious files have them) are cut, not searched twice.
      let own = max(range.lowerBound, position)..<range.upperBound
      var region = Region(
        name: section.name, section: section.index, content: bytes[own], fileRange: own,
        mayHoldWideText: section.mayHoldWideText,
        enclosure: section.enclosure)
      if section.isCompressed || section.isMiniDebugInfo {
        let all = 0..<own.count
        region.seals = [Region.Seal(range: all, reason: section.enclosure ?? Payload.reason, decoded: all)]
      }
      regions.append(region)
      position = range.upperBound
    }
    if position < bytes.count { append(gap: position..<bytes.count, to: &regions) }
    for section in sections where section.isCompressed && section.fileRange != nil {
      regions.append(
        Region(
          name: section.name, section: section.index, content: try content(of: section), fileRange: nil,
          enclosure: section.enclosure))
    }
    return regions
  }

  package func loading(of region: Region) -> Loading {
    if region.enclosure != nil { return .none }
    guard let index = region.section else {
      guard let file = region.fileRange else { return .none }
      return segments.contains { $0.isLoad && $0.fileRange.overlaps(file) } ? .content : .none
    }
    guard sections[index].isLoaded else { return .none }
    let isTable = [UInt32(SHT_STRTAB), UInt32(SHT_SYMTAB), UInt32(SHT_DYNSYM)].contains(sections[index].type)
    return isTable ? .names : .content
  }

  /// Bytes outside sections, named after the header or segment they belong to.
  private func append(gap: Range<Int>, to regions: inout [Region]) {
    var cuts = headerRanges.filter { $0.range.overlaps(gap) }
    for segment in segments where segment.isLoad && segment.fileRange.overlaps(gap) {
      cuts.append((segment.fileRange, "program header \(segment.index)", .segment))
    }
    // Headers first: they are inside the first segment.
    var position = gap.lowerBound
    while position < gap.upperBound {
      let inside = cuts.first { $0.range.contains(position) }
      let end =
        inside?.range.upperBound
        ?? cuts.map(\.range.lowerBound).filter { $0 > position }.min() ?? gap.upperBound
      let range = position..<min(end, gap.upperBound)
      regions.append(
        Region(
          name: inside?.name ?? "gap", kind: inside?.kind ?? .gap, content: bytes[range], fileRange: range))
      position = range.upperBound
    }
  }

  /// The headers' own bytes.
  package var headerRanges: [(range: Range<Int>, name: String, kind: Region.Kind)] {
    Self.headerRanges(header, sections: sections.count, segments: segments.count)
  }

  package static func headerRanges(
    _ header: Header, sections: Int, segments: Int
  ) -> [(range: Range<Int>, name: String, kind: Region.Kind)] {
    let programHeaders = Int(header.programHeaderOffset)
    let ranges: [(range: Range<Int>, name: String, kind: Region.Kind)] = [
      (0..<header.headerSize, "ELF header", .fileHeader),
      (
        programHeaders..<programHeaders + segments * header.programHeaderEntrySize, "program headers",
        .programHeaders
      ),
      (sectionHeaderRange(header, sections), "section headers", .sectionHeaders),
    ]
    return ranges.filter { !$0.range.isEmpty }
  }

  package var sectionHeaderRange: Range<Int> { Self.sectionHeaderRange(header, sections.count) }

  private static func sectionHeaderRange(_ header: Header, _ count: Int) -> Range<Int> {
    let start = Int(header.sectionHeaderOffset)
    return start..<start + count * header.sectionHeaderEntrySize
  }

  /// File bytes before the last owned byte that no header, section or segment owns: what editing tools leave behind.
  /// Bytes after the last owned one are an appended payload, which is not ours.
  package var gaps: [Range<Int>] {
    var owned = headerRanges.map(\.range) + sections.compactMap(\.fileRange)
    owned += segments.map(\.fileRange).filter { !$0.isEmpty }
    owned.sort { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    var gaps: [Range<Int>] = []
    var position = 0
    for range in owned {
      if range.lowerBound > position { gaps.append(position..<range.lowerBound) }
      position = max(position, range.upperBound)
    }
    return gaps
  }

  /// The section's bytes, inflated if `SHF_COMPRESSED` or `.zdebug` requires it.
  package func content(of section: Section) throws(ScrubError) -> Bytes {
    guard let range = section.fileRange else { return bytes[0..<0] }
    let stored = bytes[range]
    return section.isCompressed ? try CompressedSection.inflate(stored, section, header) : stored
  }

  /// The debug sections under their standard names: those of the image itself, and those of split DWARF, as separate
  /// groups.
  package func debugGroups() throws(ScrubError) -> [DwarfSections] {
    var references: ElfDebugReferences?
    var obstacle: ScrubError?
    do throws(ScrubError) {
      references = try ElfDebugReferences(self)
    } catch {
      guard error.kind == .notUnderstood else { throw error }
      obstacle = error
    }
    var groups: [DwarfSections] = []
    for isSplit in [false, true] {
      var found: [DwarfSections.Section] = []
      for section in sections where section.fileRange != nil && section.isSplitDebug == isSplit {
        guard let name = section.debugName else { continue }
        found.append(
          DwarfSections.Section(
            name: name, label: section.name, content: try content(of: section), index: section.index,
            relocations: references?.relocations[section.index],
            labels: references?.labels[section.index] ?? [],
            fixture: references?.fixtures[section.index]))
      }
      guard !found.isEmpty else { continue }
      groups.append(
        DwarfSections(
          order: header.order, isSplit: isSplit, addressSize: header.is64 ? 8 : 4, sections: found,
          obstacle: obstacle))
    }
    return groups
  }
}

extension ElfImage.Section {
  /// `.debug_info` for `.debug_info`, `.zdebug_info` and `.debug_info.dwo`; nil for a section that holds no DWARF.
  package var debugName: String? {
    var name = name
    if isSplitDebug, name.hasSuffix(".dwo") { name.removeLast(4) }
    if name.hasPrefix(".zdebug_") { return "." + name.dropFirst(2) }
    return name.hasPrefix(".debug_") || name == ".gdb_index" ? name : nil
  }

  /// Whether a program may find one of its own payloads here: only linkers and debuggers read the other sections.
  /// Intermediate code is not searched either; a note already says that it differs.
  package var mayHoldPayloads: Bool {
    guard debugName == nil, !isMiniDebugInfo, !isLTO, !isStructural else { return false }
    return type != UInt32(SHT_STRTAB)
  }

  package var mayHoldWideText: Bool {
    flags & UInt64(SHF_EXECINSTR) == 0 && debugName == nil && !isStructural && type != UInt32(SHT_STRTAB)
  }

  /// As `Region.enclosure`.
  package var enclosure: String? {
    if CoverageMap.isOne(name) { return CoverageMap.reason }
    return isMiniDebugInfo ? MiniDebugInfo.reason : nil
  }

  package var isSplitDebug: Bool {
    name.hasSuffix(".dwo") || name == ".debug_cu_index" || name == ".debug_tu_index"
  }
}

extension ElfImage {
  /// A position in a region as an offset into its section, or into the file if the region is outside sections. Regions
  /// can begin inside a section only in files whose sections overlap.
  package func offset(of position: Int, in region: Region) -> Int {
    guard let file = region.fileRange else { return position }
    guard let section = region.section else { return file.lowerBound + position }
    return file.lowerBound - Int(sections[section].offset) + position
  }
}
