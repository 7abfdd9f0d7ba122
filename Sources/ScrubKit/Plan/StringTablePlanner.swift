internal import BuildRoots
internal import CElf

/// Decides which string tables can be rebuilt, and lays them out.
struct StringTablePlanner {
  let image: ElfImage
  let dwarf: DwarfSections
  let prefix: StablePrefix

  /// The tables to rebuild, and a note for each reason that keeps one as it is.
  /// - Throws: where the DWARF contradicts itself; what is merely unknown becomes a note.
  func tables() throws(ScrubError) -> ([ElfPlan.Table], [Note]) {
    guard StringTableKind.allCases.contains(where: { dwarf[$0.sectionName] != nil }) else { return ([], []) }
    do throws(ScrubError) {
      try checkMovable()
      let referenced = try collect()
      var tables: [ElfPlan.Table] = []
      for (kind, set) in referenced {
        guard let set, let section = dwarf[kind.sectionName] else { continue }
        tables.append(try table(kind, section, set))
      }
      return (tables, [])
    } catch {
      guard error.kind == .notUnderstood else { throw error }
      return ([], [Note("\(error.message); string tables were edited in place", at: error.place)])
    }
  }

  /// Whether offsets may be changed at all.
  private func checkMovable() throws(ScrubError) {
    func refuse(_ message: String, _ section: String) -> ScrubError {
      ScrubError(message, section: section, kind: .notUnderstood)
    }
    if image.header.type == ElfImage.relocatable { throw refuse("relocatable file", "ELF header") }
    // A supplementary file (dwz) has neither code nor segments, and other files refer to its strings.
    if image.segments.isEmpty { throw refuse("other files may refer to its strings", "ELF header") }
    for section in image.sections {
      let isRelocation = section.type == UInt32(SHT_REL) || section.type == UInt32(SHT_RELA)
      if isRelocation, section.name.contains(".debug_") {
        throw refuse("string offsets are subject to relocation", section.name)
      }
      guard section.debugName != nil, let range = section.fileRange else { continue }
      if section.isCompressed { throw refuse("the section is compressed", section.name) }
      if section.isLoaded || image.isLoaded(range) { throw refuse("the section is loaded", section.name) }
    }
    for kind in StringTableKind.allCases
    where dwarf.sections.filter({ $0.name == kind.sectionName }).count > 1 {
      throw refuse("the section exists twice", kind.sectionName)
    }
    try checkApart()
  }

  /// Sections that share bytes cannot be rewritten one by one; only a broken file has them.
  private func checkApart() throws(ScrubError) {
    let ranges = image.sections.compactMap { section in section.fileRange.map { (section, $0) } }
      .sorted { ($0.1.lowerBound, $0.0.index) < ($1.1.lowerBound, $1.0.index) }
    var last: (section: ElfImage.Section, range: Range<Int>)?
    for (section, range) in ranges {
      if let last, last.range.upperBound > range.lowerBound,
        last.section.debugName != nil || section.debugName != nil
      {
        throw ScrubError("shares bytes with \(last.section.name)", section: section.name, offset: 0)
      }
      if range.upperBound > last?.range.upperBound ?? 0 { last = (section, range) }
    }
  }

  /// Every offset into each table that exists.
  private func collect() throws(ScrubError) -> [(StringTableKind, OffsetSet?)] {
    let sizes = StringTableKind.allCases.map { dwarf[$0.sectionName]?.content.count }
    var str = sizes[0].map { OffsetSet(size: $0) }
    var lineStr = sizes[1].map { OffsetSet(size: $0) }
    try StringReferences(dwarf: dwarf).forEach { section, reference throws(ScrubError) in
      guard let size = sizes[reference.table.rawValue], reference.target < UInt64(size) else {
        throw ScrubError(
          "string offset 0x\(String(reference.target, radix: 16)) lies outside of \(reference.table.sectionName)",
          section: section.name, offset: UInt64(reference.position))
      }
      switch reference.table {
      case .str: str?.insert(Int(reference.target))
      case .lineStr: lineStr?.insert(Int(reference.target))
      }
    }
    str?.seal()
    lineStr?.seal()
    return [(.str, str), (.lineStr, lineStr)]
  }

  /// The canonical table of all referenced strings, with their roots replaced.
  private func table(
    _ kind: StringTableKind, _ section: DwarfSections.Section, _ referenced: OffsetSet
  ) throws(ScrubError) -> ElfPlan.Table {
    let old = section.content
    let roots = BuildRootSearch().roots(in: old.span)
    var strings: [Range<Int>] = []
    strings.reserveCapacity(referenced.count)
    var rewritten: [UInt8] = []
    var nextRoot = 0
    var budget = 16 * old.count + 4096
    try referenced.forEach { offset throws(ScrubError) in
      guard let end = old.span.firstIndex(of: 0, from: offset) else {
        throw ScrubError("string has no terminating NUL", section: kind.sectionName, offset: UInt64(offset))
      }
      // Strings share their ends, so their lengths may add up to the square of the table's size.
      budget -= end - offset
      if budget < 0 {
        throw ScrubError(
          "strings overlap too often to rebuild the table", section: kind.sectionName,
          offset: UInt64(offset), kind: .notUnderstood)
      }
      while nextRoot < roots.count, roots[nextRoot].range.upperBound <= offset { nextRoot += 1 }
      guard nextRoot < roots.count, roots[nextRoot].range.lowerBound < end,
        let clean = prefix.clean(old[offset..<end].span)
      else {
        strings.append(offset..<end)
        return
      }
      strings.append(old.count + rewritten.count..<old.count + rewritten.count + clean.count)
      rewritten += clean
    }
    let content = try CanonicalTable(table: old, arena: Bytes(rewritten), strings: strings)
    let slot = image.sections[section.index]
    guard content.bytes.count <= Int(slot.size) else {
      throw ScrubError(
        "the rebuilt table needs \(content.bytes.count) bytes, its slot has \(slot.size)",
        section: kind.sectionName, kind: .notUnderstood)
    }
    return ElfPlan.Table(kind: kind, section: slot, referenced: referenced, content: content)
  }
}
