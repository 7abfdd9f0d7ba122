import Formats

extension MachOImage {
  func checkMovable(_ dwarf: DwarfSections, _ layout: Options.Layout) throws(ScrubError) {
    try checkApart()
    guard isObject else { return }
    // Darwin's compilers write plain offsets between debug sections; if one uses relocations instead, the section alone
    // does not hold the offset.
    for section in dwarf.sections {
      let relocated = try relocatedPlaces(in: sections[section.index])
      guard !relocated.isEmpty else { continue }
      try SectionReferences(dwarf: dwarf).forEach(in: section) { reference throws(ScrubError) in
        guard !relocated.contains(UInt64(reference.position)) else {
          throw ScrubError(
            "string offsets are subject to relocation", section: section.label,
            offset: UInt64(reference.position), kind: .notUnderstood)
        }
      }
    }
  }

  /// `struct relocation_info`: the place is the first word, or its low 24 bits where the highest is set
  /// (scattered).
  private func relocatedPlaces(in section: Section) throws(ScrubError) -> Set<UInt64> {
    guard section.relocationCount > 0,
      let part = part(.relocations(of: section.label))
    else { return [] }
    var places: Set<UInt64> = []
    let content = bytes[part.range]
    var reader = Reader(content.span, order: header.order, section: part.name)
    while reader.remaining >= 8 {
      let place = UInt64(try reader.u32())
      try reader.skip(4)
      places.insert(place & 0x8000_0000 != 0 ? place & 0xff_ffff : place)
    }
    return places
  }

  /// Sections that overlap cannot be rewritten one by one; only a broken file has them.
  private func checkApart() throws(ScrubError) {
    var owners: [(name: String, range: Range<Int>, isDebug: Bool)] = sections.compactMap { section in
      section.fileRange.map { (section.label, $0, section.debugName != nil) }
    }
    owners += parts.map { ($0.name, $0.range, false) }
    owners.append(("load commands", 0..<header.commands.upperBound, false))
    owners.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
    var last = owners[0]
    for owner in owners.dropFirst() {
      if last.range.upperBound > owner.range.lowerBound, last.isDebug || owner.isDebug {
        throw ScrubError("shares bytes with \(last.name)", section: owner.name, offset: 0)
      }
      if owner.range.upperBound > last.range.upperBound { last = owner }
    }
  }
}
