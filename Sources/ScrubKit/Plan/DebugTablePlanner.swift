internal import BuildRoots
internal import CElf

/// Decides which debug tables can be rebuilt, and lays them out.
struct DebugTablePlanner {
  let image: ElfImage
  let dwarf: DwarfSections
  let roots: RootMap
  let layout: Options.Layout
  let regions: [Region]
  let hits: [Hit]

  /// What to rebuild, and a note for each reason that keeps a table as it is.
  /// - Throws: where the DWARF contradicts itself; what is merely unknown becomes a note.
  func plan() throws(ScrubError) -> DebugPlan {
    guard !dwarf.isEmpty || ReferenceTarget.stringTables.contains(where: { dwarf[$0.sectionName] != nil })
    else { return DebugPlan(dwarf: dwarf) }
    do throws(ScrubError) {
      if let obstacle = dwarf.obstacle { throw obstacle }
      try checkMovable()
      let (referenced, lines) = try collect()
      var tables: [DebugPlan.Table] = []
      for (kind, set) in referenced {
        guard let set, let section = dwarf[kind.sectionName] else { continue }
        tables.append(try table(kind, section, set))
      }
      let line = try line(tables, lines)
      return DebugPlan(dwarf: dwarf, tables: tables, line: line, shares: try line.map(shares) ?? [])
    } catch {
      guard error.kind == .notUnderstood else { throw error }
      let note = Note("\(error.message); debug tables were edited in place", at: error.place)
      return DebugPlan(dwarf: dwarf, notes: [note])
    }
  }

  /// Whether offsets may be changed at all.
  private func checkMovable() throws(ScrubError) {
    func refuse(_ message: String, _ section: String) -> ScrubError {
      ScrubError(message, section: section, kind: .notUnderstood)
    }
    let isRelocatable = image.header.type == ElfImage.relocatable
    // A supplementary file (dwz) has neither code nor segments, and other files refer to its strings.
    if image.segments.isEmpty, !isRelocatable, !dwarf.isSplit {
      throw refuse("other files may refer to its strings", "ELF header")
    }
    for section in image.sections {
      let isRelocation = section.type == UInt32(SHT_REL) || section.type == UInt32(SHT_RELA)
      if isRelocation, !isRelocatable, section.name.contains(".debug_") {
        throw refuse("string offsets are subject to relocation", section.name)
      }
      guard section.debugName != nil, let range = section.fileRange else { continue }
      if section.isCompressed, layout == .slot {
        throw refuse("the section is compressed, and would not keep its size in its slot", section.name)
      }
      if section.isLoaded || image.isLoaded(range) { throw refuse("the section is loaded", section.name) }
    }
    for name in [".debug_str", ".debug_line_str", ".debug_line", ".debug_abbrev"]
    where dwarf.sections.filter({ $0.name == name }).count > 1 {
      throw refuse("the section exists twice", name)
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

  /// Every offset into each string table that exists, and every one into `.debug_line`.
  private func collect() throws(ScrubError) -> ([(ReferenceTarget, OffsetSet?)], lines: Set<UInt64>) {
    let sizes = ReferenceTarget.allCases.map { dwarf[$0.sectionName]?.content.count }
    var str = sizes[0].map { OffsetSet(size: $0) }
    var lineStr = sizes[1].map { OffsetSet(size: $0) }
    var lines: Set<UInt64> = []
    var relocated = 0
    try SectionReferences(dwarf: dwarf).visit { section, reference throws(ScrubError) in
      guard let size = sizes[reference.kind.rawValue], reference.target < UInt64(size) else {
        throw ScrubError(
          "offset 0x\(String(reference.target, radix: 16)) lies outside of \(reference.kind.sectionName)",
          section: section.name, offset: UInt64(reference.position))
      }
      if reference.kind != .line, section.relocations?.entry(at: reference.position) != nil { relocated += 1 }
      switch reference.kind {
      case .str: str?.insert(Int(reference.target))
      case .lineStr: lineStr?.insert(Int(reference.target))
      case .line: lines.insert(reference.target)
      }
    }
    try checkRelocations(relocated)
    str?.seal()
    lineStr?.seal()
    return ([(.str, str), (.lineStr, lineStr)], lines)
  }

  /// In a relocatable file every relocation into a string table must be one of the references.
  private func checkRelocations(_ walked: Int) throws(ScrubError) {
    let tables = Set(ReferenceTarget.stringTables.compactMap { dwarf[$0.sectionName]?.index })
    let all = dwarf.sections.reduce(0) { sum, section in
      sum + (section.relocations?.entries.count { tables.contains($0.section) } ?? 0)
    }
    guard walked == all else {
      throw ScrubError(
        "\(all) relocations lead into string tables, \(walked) of them are references that are known",
        section: ".debug_str", kind: .notUnderstood)
    }
  }

  /// `.debug_line` with clean names, where it holds roots and may change its size.
  private func line(
    _ tables: [DebugPlan.Table], _ references: Set<UInt64>
  ) throws(ScrubError) -> RebuiltLineSection? {
    guard layout == .compact, let section = dwarf[".debug_line"] else { return nil }
    let own = hits.filter { regions[$0.region].section == section.index }
    // Relocations apply at fixed places of the programs. (Stored bytes of a compressed section are no text.)
    guard !own.isEmpty, section.relocations == nil,
      own.allSatisfy({ regions[$0.region].content.count == section.content.count })
    else { return nil }
    let rebuilt = try LineTablePlanner(dwarf: dwarf, roots: roots) { kind, target in
      tables.first { $0.kind == kind }?.newOffset(target)
    }.rebuild(section, in: image, hits: own.map(\.root))
    // In a package they count from the unit's share, which is one program.
    let isPackage = dwarf.sections.contains(where: \.isUnitIndex)
    for target in references where rebuilt.newOffset(target) == nil || isPackage && target != 0 {
      throw ScrubError(
        "0x\(String(target, radix: 16)) is no line number program's beginning", section: ".debug_line",
        offset: target, kind: .notUnderstood)
    }
    return rebuilt
  }

  /// What the indexes of a package have to say about each unit's share of the new line section.
  private func shares(of line: RebuiltLineSection) throws(ScrubError) -> [ElfPlan.InPlaceEdit] {
    var edits: [ElfPlan.InPlaceEdit] = []
    for section in dwarf.sections where section.isUnitIndex {
      let index = try UnitIndexSection(section, dwarf.order)
      let columns = index.identifiers.count
      guard let column = index.identifiers.firstIndex(of: UnitIndexSection.Column.line) else { continue }
      for (row, shares) in index.contributions.enumerated() where !shares[column].isEmpty {
        let share = shares[column]
        guard let start = line.newOffset(share.lowerBound), let end = line.newEnd(share.upperBound) else {
          throw ScrubError(
            "the share 0x\(String(share.lowerBound, radix: 16)) does not hold whole line number programs",
            section: section.label, kind: .notUnderstood)
        }
        for (table, value) in [start, end - start].enumerated() {
          var bytes = [UInt8](repeating: 0, count: 4)
          bytes.store(value, at: 0, width: 4, order: dwarf.order)
          let place = (table * index.contributions.count + row) * columns + column
          edits.append(
            ElfPlan.InPlaceEdit(
              section: section.index, offset: index.offsetsPosition + 4 * place, replacement: bytes))
        }
      }
    }
    return edits
  }

  /// The canonical table of all referenced strings, with their roots replaced.
  private func table(
    _ kind: ReferenceTarget, _ section: DwarfSections.Section, _ referenced: OffsetSet
  ) throws(ScrubError) -> DebugPlan.Table {
    let old = section.content
    let hits = roots.roots(in: old.span)
    var strings: [Range<Int>] = []
    strings.reserveCapacity(referenced.count)
    var rewritten: [UInt8] = []
    var nextRoot = 0
    var budget = 16 * old.count + 4096
    try referenced.visit { offset throws(ScrubError) in
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
      while nextRoot < hits.count, hits[nextRoot].range.upperBound <= offset { nextRoot += 1 }
      guard nextRoot < hits.count, hits[nextRoot].range.lowerBound < end,
        let clean = roots.clean(old[offset..<end].span)
      else {
        strings.append(offset..<end)
        return
      }
      strings.append(old.count + rewritten.count..<old.count + rewritten.count + clean.count)
      rewritten += clean
    }
    let content = try CanonicalTable(table: old, arena: Bytes(rewritten), strings: strings)
    let slot = image.sections[section.index]
    guard layout == .compact || content.bytes.count <= Int(slot.size) else {
      throw ScrubError(
        "the rebuilt table needs \(content.bytes.count) bytes, its slot has \(slot.size)",
        section: kind.sectionName, kind: .notUnderstood)
    }
    return DebugPlan.Table(
      kind: kind, section: slot, referenced: referenced, content: content, bytes: Bytes(content.bytes))
  }
}
