internal import BuildRoots
import Formats

/// Walks the references of the new debug info and compares, for each, the string before and after.
struct ReferenceComparison {
  let plan: DebugPlan
  let after: DwarfSections
  let roots: RootMap
  /// Where each old string was found in the new table; many references share one.
  private var seen: [[UInt64: UInt64]] = ReferenceTarget.allCases.map { _ in [:] }
  /// Where each line number program begins, before and after.
  private let lineStarts: [UInt64: UInt64]
  /// Names of the line section, if that is compared reference by reference.
  private var split: SplitPathComparison?

  private var before: DwarfSections { plan.dwarf }

  init(plan: DebugPlan, after: DwarfSections, roots: RootMap) throws(ScrubError) {
    self.plan = plan
    self.after = after
    self.roots = roots
    var starts: [UInt64: UInt64] = [:]
    if let line = plan.line {
      let before = plan.dwarf
      let comparison = LineComparison(before: before, after: after, roots: roots)
      for (old, new) in zip(before.sections, after.sections) where old.index == line.section.index {
        for (one, other) in zip(
          try comparison.programs(of: old, before).0, try comparison.programs(of: new, after).0)
        {
          starts[UInt64(one.range.lowerBound)] = UInt64(other.range.lowerBound)
        }
      }
    }
    lineStarts = starts
  }

  private func failure(_ message: String, _ section: String, _ offset: Int) -> ScrubError {
    ScrubError("verify: \(message)", section: section, offset: UInt64(offset))
  }

  /// - Parameter expected: the old content with its in-place edits.
  mutating func compare(
    _ old: DwarfSections.Section, _ new: DwarfSections.Section, expected: Bytes
  ) throws(ScrubError) {
    guard expected.count == new.content.count else { throw failure("the size changed", new.name, 0) }
    var position = 0
    var seen = self.seen
    split = nil
    if old.name == ReferenceTarget.line.sectionName {
      let lines = LineComparison(before: before, after: after, roots: roots)
      split = SplitPathComparison(
        before, old, after, new,
        (try lines.programs(of: old, before).0, try lines.programs(of: new, after).0),
        roots)
    }
    try SectionReferences(dwarf: after).forEach(in: new) { reference throws(ScrubError) in
      let end = reference.position
      guard new.content[position..<end] == expected[position..<end] else {
        throw failure("bytes between references differ", new.name, position)
      }
      position = end + reference.width
      let raw = expected.span.unsigned(at: end, width: reference.width, order: before.order)
      let target = old.relocations?.value(of: raw, at: end, width: reference.width) ?? raw
      if let known = seen[reference.kind.rawValue][target] {
        guard known == reference.target else {
          throw failure("two references to one string part", new.name, end)
        }
        return
      }
      try compareTarget(reference, target, new)
      seen[reference.kind.rawValue][target] = reference.target
    }
    self.seen = seen
    guard new.content[position..<new.content.count] == expected[position..<expected.count] else {
      throw failure("bytes behind the last reference differ", new.name, position)
    }
  }

  private func compareTarget(
    _ reference: SectionReference, _ target: UInt64, _ section: DwarfSections.Section
  ) throws(ScrubError) {
    if reference.kind == .line, plan.line != nil {
      guard lineStarts[target] == reference.target else {
        throw failure("the reference leads to another line number program", section.name, reference.position)
      }
      return
    }
    guard plan.tables.contains(where: { $0.kind == reference.kind }) else {
      guard reference.target == target else {
        throw failure("the offset changed", section.name, reference.position)
      }
      return
    }
    let name = reference.kind.sectionName
    guard let old = before[name]?.content.string(at: target),
      let new = after[name]?.content.string(at: reference.target)
    else { throw failure("string offset lies outside of \(name)", section.name, reference.position) }
    if old == new { return }
    if split?.accepts(reference.position) ?? false { return }
    guard let clean = roots.clean(old.span), Bytes(clean) == new else {
      throw failure("the string does not say the same", section.name, reference.position)
    }
  }
}

extension ReferenceComparison {
  /// Symbols inside a rebuilt section: each names the same string or program as before.
  func compareLabels(_ old: DwarfSections.Section, _ new: DwarfSections.Section) throws(ScrubError) {
    guard old.labels.count == new.labels.count else { throw failure("symbols are missing", new.name, 0) }
    // Each pair is read once, however many symbols refer to it.
    var known: [UInt64: UInt64] = [UInt64(old.content.count): UInt64(new.content.count)]
    for (one, other) in zip(old.labels, new.labels) {
      guard one.field == other.field,
        known[one.offset].map({ $0 == other.offset }) ?? isSame(old, one.offset, new, other.offset)
      else { throw failure("a symbol names something else", new.name, Int(clamping: one.offset)) }
      known[one.offset] = other.offset
    }
  }

  private func isSame(
    _ old: DwarfSections.Section, _ offset: UInt64, _ new: DwarfSections.Section, _ newOffset: UInt64
  ) -> Bool {
    if old.name == ReferenceTarget.line.sectionName {
      return (plan.line == nil ? offset : lineStarts[offset]) == newOffset
    }
    guard let text = old.content.string(at: offset), let newText = new.content.string(at: newOffset) else {
      return false
    }
    return text == newText || roots.clean(text.span).map { Bytes($0) == newText } ?? false
  }
}

/// Reads the line number programs of both images in parallel: the same programs, and names that are the same except for
/// the roots.
struct LineComparison {
  let before: DwarfSections
  let after: DwarfSections
  let roots: RootMap

  func compare(_ old: DwarfSections.Section, _ new: DwarfSections.Section) throws(ScrubError) {
    let (oldPrograms, oldReferences) = try programs(of: old, before)
    let (newPrograms, newReferences) = try programs(of: new, after)
    guard oldPrograms.count == newPrograms.count, oldReferences.count == newReferences.count else {
      throw failure("the number of line number programs changed", 0)
    }
    let split = SplitPathComparison(before, old, after, new, (oldPrograms, newPrograms), roots)
    for (one, other) in zip(oldPrograms, newPrograms) {
      guard one.version == other.version, one.offsetSize == other.offsetSize,
        one.directories.count == other.directories.count, one.files.count == other.files.count,
        old.content[one.beforeLength] == new.content[other.beforeLength],
        old.content[one.fields] == new.content[other.fields],
        isSame(old.content[one.rest], new.content[other.rest], clean: false),
        isSame(old.content[one.opcodes], new.content[other.opcodes], clean: false)
      else { throw failure("a line number program differs", one.range.lowerBound) }
      for (name, newName) in zip(one.directories, other.directories)
      where !split.accepts(name.lowerBound)
        && !isSame(old.content[name], new.content[newName], clean: true)
      {
        throw failure("a directory does not say the same", name.lowerBound)
      }
      for (file, newFile) in zip(one.files, other.files) {
        guard
          split.accepts(file.name.lowerBound)
            || isSame(old.content[file.name], new.content[newFile.name], clean: true),
          old.content[file.numbers] == new.content[newFile.numbers]
        else { throw failure("a file does not say the same", file.name.lowerBound) }
      }
    }
    for (one, other) in zip(oldPrograms, newPrograms) where one.version == 5 {
      try compareInlineNames(one, other, old, new, oldReferences, newReferences, split)
    }
    try compareRelocations(old, new, oldPrograms, newPrograms)
    for (one, other) in zip(oldReferences, newReferences) {
      guard one.kind == other.kind,
        let name = before[one.kind.sectionName]?.content.string(at: one.target),
        let newName = after[one.kind.sectionName]?.content.string(at: other.target),
        split.accepts(one.position) || isSame(name, newName, clean: true)
      else { throw failure("a name does not say the same", one.position) }
    }
  }

  /// The names that a version 5 header holds itself, and everything between them except string offsets.
  private func compareInlineNames(
    _ one: LineProgram, _ other: LineProgram, _ old: DwarfSections.Section, _ new: DwarfSections.Section,
    _ oldReferences: [SectionReference], _ newReferences: [SectionReference],
    _ split: SplitPathComparison
  ) throws(ScrubError) {
    guard one.inlineNames.count == other.inlineNames.count else {
      throw failure("the number of names changed", one.range.lowerBound)
    }
    for (name, newName) in zip(one.inlineNames, other.inlineNames)
    where !split.accepts(name.lowerBound)
      && !isSame(old.content[name], new.content[newName], clean: true)
    {
      throw failure("a name does not say the same", name.lowerBound)
    }
    func rest(
      _ program: LineProgram, _ section: DwarfSections.Section, _ references: [SectionReference]
    ) -> [UInt8] {
      let first = references.partition { $0.position < program.fields.lowerBound }
      let own = references[first...].prefix { $0.position < program.opcodes.lowerBound }
        .map { $0.position..<$0.position + $0.width }
      var rest: [UInt8] = []
      var position = program.fields.lowerBound
      for hole in (own + program.inlineNames).sorted(by: { $0.lowerBound < $1.lowerBound }) {
        rest += section.content[position..<hole.lowerBound].array()
        position = hole.upperBound
      }
      return rest + section.content[position..<program.opcodes.lowerBound].array()
    }
    guard rest(one, old, oldReferences) == rest(other, new, newReferences) else {
      throw failure("a line number program's header differs", one.range.lowerBound)
    }
  }

  /// Every unit of a package has the same program as before.
  func compareShares(_ old: DwarfSections.Section, _ new: DwarfSections.Section) throws(ScrubError) {
    let pairs = zip(try programs(of: old, before).0, try programs(of: new, after).0)
    var starts: [UInt64: UInt64] = [:]
    for (one, other) in pairs { starts[UInt64(one.range.lowerBound)] = UInt64(other.range.lowerBound) }
    for (index, newIndex) in zip(try indexes(of: before), try indexes(of: after)) {
      guard let column = index.identifiers.firstIndex(of: UnitIndexSection.Column.line) else { continue }
      for (row, newRow) in zip(index.contributions, newIndex.contributions) where !row[column].isEmpty {
        guard starts[row[column].lowerBound] == newRow[column].lowerBound else {
          throw failure("a unit of the index has another line number program", Int(row[column].lowerBound))
        }
      }
    }
  }

  private func indexes(of dwarf: DwarfSections) throws(ScrubError) -> [UnitIndexSection] {
    var indexes: [UnitIndexSection] = []
    for section in dwarf.sections where section.isUnitIndex {
      indexes.append(try UnitIndexSection(section, dwarf.order))
    }
    return indexes
  }

  /// The same relocations at the same places of the same programs, relative to the end of the names.
  private func compareRelocations(
    _ old: DwarfSections.Section, _ new: DwarfSections.Section, _ oldPrograms: [LineProgram],
    _ newPrograms: [LineProgram]
  ) throws(ScrubError) {
    let (entries, newEntries) = (old.relocations?.entries ?? [], new.relocations?.entries ?? [])
    guard entries.count == newEntries.count else { throw failure("the number of relocations changed", 0) }
    if entries.isEmpty || old.content == new.content { return }
    for (one, other) in zip(entries, newEntries) {
      let index = oldPrograms.partition { $0.range.upperBound <= one.position }
      guard index < oldPrograms.count, one.section == other.section, one.symbolValue == other.symbolValue,
        one.addend == other.addend
      else { throw failure("a relocation differs", one.position) }
      let (program, newProgram) = (oldPrograms[index], newPrograms[index])
      let (part, newPart) =
        program.opcodes.contains(one.position)
        ? (program.opcodes, newProgram.opcodes) : (program.fields, newProgram.fields)
      guard one.position - part.lowerBound == other.position - newPart.lowerBound else {
        throw failure("a relocation is not where its bytes are", one.position)
      }
    }
  }

  func programs(
    of section: DwarfSections.Section, _ dwarf: DwarfSections
  ) throws(ScrubError) -> ([LineProgram], [SectionReference]) {
    var programs: [LineProgram] = []
    var references: [SectionReference] = []
    try LinePrograms.forEach(
      in: section, addressSize: Int(dwarf.addressSize), order: dwarf.order,
      reference: { (reference) throws(ScrubError) in references.append(reference) },
      program: { (program) throws(ScrubError) in programs.append(program) })
    return (programs, references)
  }

  private func isSame(_ old: Bytes, _ new: Bytes, clean: Bool) -> Bool {
    if old == new { return true }
    guard let expected = clean ? roots.clean(old.span) : roots.padded(old.span) else { return false }
    return Bytes(expected) == new
  }

  private func failure(_ message: String, _ offset: Int) -> ScrubError {
    ScrubError("verify: \(message)", section: ".debug_line", offset: UInt64(offset))
  }
}
