internal import BuildRoots
import Formats

/// Decides which debug tables can be rebuilt, and lays them out.
struct DebugTablePlanner<I: Image> {
  let image: I
  let dwarf: DwarfSections
  let roots: RootMap
  let layout: Options.Layout
  let regions: [Region]
  let hits: [Hit]
  /// Whether the tables are built. A check asks only whether they could be: sorting them is most of the work.
  let builds: Bool

  /// One plan for each group of debug sections.
  /// - Parameter builds: false where nothing will be written by the plans.
  static func plans(
    _ image: I, _ groups: [DwarfSections], _ roots: RootMap, _ layout: Options.Layout, regions: [Region],
    hits: [Hit], builds: Bool
  ) throws(ScrubError) -> [DebugPlan] {
    var plans: [DebugPlan] = []
    for dwarf in groups {
      let planner = DebugTablePlanner(
        image: image, dwarf: dwarf, roots: roots, layout: layout, regions: regions, hits: hits,
        builds: builds)
      plans.append(try planner.plan())
    }
    return plans
  }

  /// What to rebuild, and a note for each reason to leave a table unchanged.
  /// - Throws: if the DWARF contradicts itself; anything merely unknown becomes a note.
  private func plan() throws(ScrubError) -> DebugPlan {
    guard !dwarf.isEmpty || ReferenceTarget.stringTables.contains(where: { dwarf[$0.sectionName] != nil })
    else { return DebugPlan(dwarf: dwarf) }
    do throws(ScrubError) {
      if let obstacle = dwarf.obstacle { throw obstacle }
      try image.checkMovable(dwarf, layout)
      try checkUnique()
      try checkLabels()
      let (referenced, lines) = try collect()
      // Strings edited in place keep their length, and cannot become absolute.
      let split = layout == .compact && !hits.isEmpty ? try SplitPaths(dwarf, roots) : SplitPaths()
      var tables: [DebugPlan.Table] = []
      for (kind, set) in referenced {
        guard let set, let section = dwarf[kind.sectionName] else { continue }
        tables.append(try table(kind, section, set, split.strings[kind] ?? [:]))
      }
      let line = try line(tables, lines, split.inline)
      return DebugPlan(
        dwarf: dwarf, tables: tables, line: line, shares: try line.map(shares) ?? [],
        split: split.replacements(inLine: line != nil))
    } catch {
      guard error.kind == .notUnderstood else { throw error }
      let note = Note(
        "\(error.message); debug tables were edited in place", at: error.place, divergence: .debugInfo)
      return DebugPlan(dwarf: dwarf, notes: [note])
    }
  }

  private func checkUnique() throws(ScrubError) {
    for name in [".debug_str", ".debug_line_str", ".debug_line", ".debug_abbrev"]
    where dwarf.sections.filter({ $0.name == name }).count > 1 {
      throw ScrubError("the section exists twice", section: name, kind: .notUnderstood)
    }
  }

  /// All referenced offsets in each existing string table and in `.debug_line`.
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
      if let entry = section.relocations?.entry(at: reference.position) {
        relocated += 1
        // Linkers that merge strings may place the symbol's target anywhere, and count the addend from there.
        guard entry.isSectionSymbol || reference.kind == .line || reference.target == entry.symbolValue else {
          throw ScrubError(
            "a relocation counts from a symbol inside \(reference.kind.sectionName)", section: section.label,
            offset: UInt64(reference.position), kind: .notUnderstood)
        }
      }
      switch reference.kind {
      case .str: str?.insert(Int(reference.target))
      case .lineStr: lineStr?.insert(Int(reference.target))
      case .line: lines.insert(reference.target)
      }
    }
    try checkRelocations(relocated)
    for offset in try labels(in: .str) { str?.insert(offset) }
    for offset in try labels(in: .lineStr) { lineStr?.insert(offset) }
    str?.seal()
    lineStr?.seal()
    return ([(.str, str), (.lineStr, lineStr)], lines)
  }

  /// Symbols can be moved if nothing relies on more than the place that they name.
  private func checkLabels() throws(ScrubError) {
    for kind in ReferenceTarget.allCases {
      guard let section = dwarf[kind.sectionName], let fixture = section.fixture else { continue }
      throw ScrubError(fixture, section: section.label, kind: .notUnderstood)
    }
  }

  /// The strings that symbols name. A symbol at the table's end names none, and stays there.
  private func labels(in kind: ReferenceTarget) throws(ScrubError) -> [Int] {
    guard let section = dwarf[kind.sectionName], !section.labels.isEmpty else { return [] }
    let content = section.content
    guard let last = content.span.indices.last(where: { content.span[$0] == 0 }) else { return [] }
    var offsets: [Int] = []
    for label in section.labels where label.offset != UInt64(content.count) {
      guard label.offset <= UInt64(last) else {
        throw ScrubError(
          "a symbol names no string", section: section.label, offset: label.offset, kind: .notUnderstood)
      }
      offsets.append(Int(label.offset))
    }
    return offsets
  }

  /// In a relocatable file every relocation into a string table, and into the line section, must be one of the
  /// references.
  private func checkRelocations(_ walked: Int) throws(ScrubError) {
    let tables = Set(ReferenceTarget.allCases.compactMap { dwarf[$0.sectionName]?.index })
    let all = dwarf.sections.reduce(0) { sum, section in
      sum + (section.relocations?.entries.count { tables.contains($0.section) } ?? 0)
    }
    guard walked == all else {
      throw ScrubError(
        "\(all) relocations lead into string tables and .debug_line, \(walked) of them are references that are known",
        section: ".debug_str", kind: .notUnderstood)
    }
  }

  /// `.debug_line` with clean names, if it holds roots and may change its size.
  private func line(
    _ tables: [DebugPlan.Table], _ references: Set<UInt64>, _ renamed: [Int: [UInt8]]
  ) throws(ScrubError) -> RebuiltLineSection? {
    guard layout == .compact, let section = dwarf[".debug_line"] else { return nil }
    let own = hits.filter { regions[$0.region].section == section.index }
    // (The stored bytes of a compressed section are not text.)
    guard !own.isEmpty,
      own.allSatisfy({ regions[$0.region].content.count == section.content.count })
    else { return nil }
    let rebuilt = try LineTablePlanner(dwarf: dwarf, roots: roots, renamed: renamed) { kind, target in
      tables.first { $0.kind == kind }?.newOffset(target)
    }.rebuild(section, hits: own.map(\.root))
    // In a package, references are relative to the unit's contribution, which is one program.
    let isPackage = dwarf.sections.contains(where: \.isUnitIndex)
    for target in references where rebuilt.newOffset(target) == nil || isPackage && target != 0 {
      throw ScrubError(
        "0x\(String(target, radix: 16)) is no line number program's beginning", section: ".debug_line",
        offset: target, kind: .notUnderstood)
    }
    return canFollow(rebuilt, section) ? rebuilt : nil
  }

  /// Whether all relocations in the line section, and into it, can be adjusted. They can only in programs that refer to
  /// no strings, where they lead to nothing but code. The same holds for symbols that name a program.
  private func canFollow(_ rebuilt: RebuiltLineSection, _ section: DwarfSections.Section) -> Bool {
    let debug = Set(dwarf.sections.map(\.index))
    for entry in section.relocations?.entries ?? []
    where rebuilt.newPosition(entry.position) == nil || debug.contains(entry.section) {
      return false
    }
    return section.labels.allSatisfy { rebuilt.newEnd($0.offset) != nil }
  }

  /// The edits in a package's indexes for each unit's contribution to the new line section.
  private func shares(of line: RebuiltLineSection) throws(ScrubError) -> [InPlaceEdit] {
    var edits: [InPlaceEdit] = []
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
            InPlaceEdit(
              section: section.index, offset: index.offsetsPosition + 4 * place, replacement: bytes))
        }
      }
    }
    return edits
  }

  /// The canonical table of all referenced strings, with their roots replaced.
  private func table(
    _ kind: ReferenceTarget, _ section: DwarfSections.Section, _ referenced: OffsetSet,
    _ renamed: [Int: [UInt8]]
  ) throws(ScrubError) -> DebugPlan.Table {
    let old = section.content
    let strings = try DebugStrings.rewritten(
      old, referenced, roots, section: kind.sectionName, renamed: renamed)
    if !builds, layout == .compact, let content = CanonicalTable(unsorted: strings.ranges) {
      return DebugPlan.Table(
        kind: kind, section: section, referenced: referenced, content: content, bytes: Bytes(content.bytes))
    }
    // In Apple's accelerator tables the offset 0 ends a chain of names.
    let hasChains = dwarf.sections.contains { AcceleratorReferences.sections.contains($0.name) }
    let content = try CanonicalTable(
      table: old, arena: strings.arena, strings: strings.ranges, sharesEnds: I.sharesStringEnds,
      keepsStart: kind == .str && hasChains)
    // Compressed sections have no slot: they were already refused.
    guard layout == .compact || content.bytes.count <= old.count else {
      throw ScrubError(
        "the rebuilt table needs \(content.bytes.count) bytes, its slot has \(old.count)",
        section: kind.sectionName, kind: .notUnderstood)
    }
    return DebugPlan.Table(
      kind: kind, section: section, referenced: referenced, content: content, bytes: Bytes(content.bytes))
  }
}
