internal import CElf
import Formats

extension ElfImage {
  func checkMovable(_ dwarf: DwarfSections, _ layout: Options.Layout) throws(ScrubError) {
    func refuse(_ message: String, _ section: String) -> ScrubError {
      ScrubError(message, section: section, kind: .notUnderstood)
    }
    let isRelocatable = header.type == Self.relocatable
    if isSupplementary, !dwarf.isSplit {
      throw refuse("other files refer to its strings", "ELF header")
    }
    let loaded = loadedRanges()
    for section in sections {
      let isRelocation = section.type == UInt32(SHT_REL) || section.type == UInt32(SHT_RELA)
      if isRelocation, !isRelocatable, section.name.contains(".debug_") {
        throw refuse("string offsets are subject to relocation", section.name)
      }
      guard section.debugName != nil, let range = section.fileRange else { continue }
      if section.isCompressed, layout == .slot {
        throw refuse("the section is compressed, and would not keep its size in its slot", section.name)
      }
      if section.isLoaded || loaded.overlaps(range) { throw refuse("the section is loaded", section.name) }
    }
    try checkApart()
  }

  /// Sections that overlap cannot be rewritten one by one; only a broken file has them.
  private func checkApart() throws(ScrubError) {
    let ranges = sections.compactMap { section in section.fileRange.map { (section, $0) } }
      .sorted { ($0.1.lowerBound, $0.0.index) < ($1.1.lowerBound, $1.0.index) }
    var last: (section: Section, range: Range<Int>)?
    for (section, range) in ranges {
      if let last, last.range.upperBound > range.lowerBound,
        last.section.debugName != nil || section.debugName != nil
      {
        throw ScrubError("shares bytes with \(last.section.name)", section: section.name, offset: 0)
      }
      if range.upperBound > last?.range.upperBound ?? 0 { last = (section, range) }
    }
  }
}
