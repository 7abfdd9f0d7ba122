extension MachOImage {
  /// Every byte of the file, split where sections and tables begin and end, so that a string never runs from one
  /// into the next; then what payloads hold.
  package func regions() throws(ScrubError) -> [Region] {
    var regions = ownRegions()
    Payloads.open(
      &regions, fileSize: bytes.count, place: { offset(of: $0, in: $1) },
      where: { region in region.section.map { sections[$0].debugName == nil } ?? (region.name == "gap") })
    return regions
  }

  /// All but what payloads hold.
  package func ownRegions() -> [Region] {
    var stretches: [(range: Range<Int>, name: String, section: Int?)] = sections.compactMap { section in
      section.fileRange.map { ($0, section.label, section.index) }
    }
    stretches += headerStretches.map { ($0.range, $0.name, nil) } + parts.map { ($0.range, $0.name, nil) }
    stretches.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var regions: [Region] = []
    var position = 0
    func append(_ range: Range<Int>, _ name: String, _ section: Int?) {
      let isHashed = section.map { CoverageMap.isOne(sections[$0].name) } ?? false
      let isText = section.map { sections[$0].name != "__text" && sections[$0].debugName == nil } ?? true
      regions.append(
        Region(
          name: name, section: section, content: bytes[range], fileRange: range, mayHoldWideText: isText,
          enclosure: isHashed ? CoverageMap.reason : nil))
    }
    for stretch in stretches where stretch.range.upperBound > position {
      if stretch.range.lowerBound > position { append(position..<stretch.range.lowerBound, "gap", nil) }
      // What overlaps (only liars have that) is cut, not searched twice.
      append(
        max(stretch.range.lowerBound, position)..<stretch.range.upperBound, stretch.name, stretch.section)
      position = stretch.range.upperBound
    }
    if position < bytes.count { append(position..<bytes.count, "gap", nil) }
    return regions
  }

  /// All but debug info, and the names of symbols.
  package func mayBeRead(_ regions: [Region]) -> [Bool] {
    regions.map { region in
      guard let section = region.section else {
        return region.name != "symbol table" && region.name != "string table"
      }
      return sections[section].segmentName != "__DWARF"
    }
  }

  package func loading(of region: Region) -> Loading {
    if region.enclosure != nil { return .none }
    if let section = region.section { return sections[section].debugName == nil ? .content : .none }
    return parts.contains { $0.name == region.name } || region.name == "gap" ? .none : .content
  }

  private var headerStretches: [Part] {
    [Part(name: "Mach header", range: 0..<header.commands.lowerBound)]
      + commands.map { Part(name: $0.name, range: $0.range) }
  }

  /// A section's and a table's bytes count from its start, all others from the file's.
  package func offset(of position: Int, in region: Region) -> Int {
    guard let file = region.fileRange else { return position }
    let place = file.lowerBound + position
    if let section = region.section { return place - Int(sections[section].offset) }
    let part = parts.last { $0.name == region.name && $0.range.contains(place) }
    return place - (part?.range.lowerBound ?? 0)
  }

  /// The DWARF of the image: of a dSYM bundle's file, an object file, or what was linked with its DWARF.
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
  /// Names that 16 bytes have no room for.
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
