extension MachOImage {
  /// Every byte of the file, split where sections and tables begin and end, so that a string never runs from one
  /// section into the next; then the contents of payloads.
  package func regions() throws(ScrubError) -> [Region] {
    var regions = ownRegions()
    Payloads.open(
      &regions, fileSize: bytes.count, place: { offset(of: $0, in: $1) },
      where: { region in region.section.map { sections[$0].debugName == nil } ?? (region.kind == .gap) })
    return regions
  }

  /// All except the contents of payloads.
  package func ownRegions() -> [Region] {
    typealias Stretch = (range: Range<Int>, name: String, kind: Region.Kind, section: Int?)
    var stretches: [Stretch] = sections.compactMap { section in
      section.fileRange.map { ($0, section.label, .section, section.index) }
    }
    stretches.append((0..<header.commands.lowerBound, "Mach header", .fileHeader, nil))
    stretches += commands.map { ($0.range, $0.name, .loadCommand($0.kind), nil) }
    stretches += parts.map { ($0.range, $0.name, .table($0.table), nil) }
    stretches.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var regions: [Region] = []
    var position = 0
    func append(_ range: Range<Int>, _ name: String, _ kind: Region.Kind, _ section: Int?) {
      let isHashed = section.map { CoverageMap.isOne(sections[$0].name) } ?? false
      let isText = section.map { sections[$0].name != "__text" && sections[$0].debugName == nil } ?? true
      regions.append(
        Region(
          name: name, kind: kind, section: section, content: bytes[range], fileRange: range,
          mayHoldWideText: isText, enclosure: isHashed ? CoverageMap.reason : nil))
    }
    for stretch in stretches where stretch.range.upperBound > position {
      if stretch.range.lowerBound > position { append(position..<stretch.range.lowerBound, "gap", .gap, nil) }
      // Overlapping stretches (only malicious files have them) are cut, not searched twice.
      append(
        max(stretch.range.lowerBound, position)..<stretch.range.upperBound, stretch.name, stretch.kind,
        stretch.section)
      position = stretch.range.upperBound
    }
    if position < bytes.count { append(position..<bytes.count, "gap", .gap, nil) }
    return regions
  }

  /// All except debug info and the names of symbols.
  package func mayBeRead(_ regions: [Region]) -> [Bool] {
    regions.map { region in
      guard let section = region.section else {
        return region.kind != .table(.symbolTable) && region.kind != .table(.stringTable)
      }
      return sections[section].segmentName != "__DWARF"
    }
  }

  package func loading(of region: Region) -> Loading {
    if region.enclosure != nil { return .none }
    if let section = region.section { return sections[section].debugName == nil ? .content : .none }
    switch region.kind {
    case .table, .gap: return .none
    default: return .content
    }
  }

  /// Bytes of a section or a table are relative to its start, all others to the file's.
  package func offset(of position: Int, in region: Region) -> Int {
    guard let file = region.fileRange else { return position }
    let place = file.lowerBound + position
    if let section = region.section { return place - Int(sections[section].offset) }
    let part = parts.last { .table($0.table) == region.kind && $0.range.contains(place) }
    return place - (part?.range.lowerBound ?? 0)
  }

  /// The DWARF of the image: of a dSYM bundle's file, an object file, or an image that was linked with its DWARF.
  package func debugGroups() throws(ScrubError) -> [DwarfSections] {
    let found = sections.compactMap { section -> DwarfSections.Section? in
      guard let name = section.debugName, let range = section.fileRange else { return nil }
      return DwarfSections.Section(
        name: name, label: section.label, content: bytes[range], index: section.index)
    }
    guard !found.isEmpty else { return [] }
    return [DwarfSections(order: header.order, addressSize: header.is64 ? 8 : 4, sections: found)]
  }
}

extension MachOImage.Section {
  /// Names that do not fit into 16 bytes.
  private static let cut = [
    "__debug_str_offs": ".debug_str_offsets", "__debug_gnu_pubn": ".debug_gnu_pubnames",
    "__debug_gnu_pubt": ".debug_gnu_pubtypes", "__apple_namespac": ".apple_namespaces",
  ]

  /// `.debug_info` for `__DWARF,__debug_info`; nil for a section that holds no DWARF.
  package var debugName: String? {
    guard segmentName == "__DWARF" else { return nil }
    if let name = Self.cut[name] { return name }
    return name.hasPrefix("__debug_") || name.hasPrefix("__apple_") ? "." + name.dropFirst(2) : nil
  }
}
