internal import BuildRoots
import Formats

/// The debug info of an image before and after: every reference leads to the same string except for roots, every line
/// number program is the same except for names, and the tables hold nothing else.
struct DebugProof {
  let before: DwarfSections
  let after: DwarfSections
  let roots: RootMap

  /// A table whose strings may have moved. Counts for each byte of the new one how often it is part of a referenced
  /// string.
  private final class Table {
    let old: Bytes
    let new: Bytes
    var isRead: [Bool]
    /// Where each old string was found; many references share one.
    var seen: [UInt64: UInt64] = [:]

    init(_ old: Bytes, _ new: Bytes) {
      self.old = old
      self.new = new
      isRead = [Bool](repeating: false, count: new.count)
    }
  }

  /// - Returns: the proof, and, by relocation section, the bytes that were checked there.
  func compare() -> (Proof, relocated: [Int: [Range<Int>]]) {
    var proof = Proof()
    guard before.sections.map(\.index) == after.sections.map(\.index) else {
      proof.object("debug sections are missing", section: before.sections.first?.label)
      return (proof, [:])
    }
    // If nothing moved, compare bytes.
    let kept = zip(before.sections, after.sections).map { old, new in
      PathBytes(roots: roots).compare(old.content, new.content, in: new.label)
    }
    let hasSameRelocations = zip(before.sections, after.sections).allSatisfy {
      Self.isSame($0.relocations, $1.relocations)
    }
    if hasSameRelocations, kept.allSatisfy({ $0.violations.isEmpty }) {
      for one in kept { proof.add(one) }
      return (proof, [:])
    }
    do throws(ScrubError) {
      return try compareReferences(kept)
    } catch {
      proof.object(error)
      return (proof, [:])
    }
  }

  private static func isSame(_ one: Relocations?, _ other: Relocations?) -> Bool {
    guard let one, let other else { return one == nil && other == nil }
    return one.entries.count == other.entries.count
      && zip(one.entries, other.entries).allSatisfy {
        $0.position == $1.position && $0.section == $1.section && $0.symbolValue == $1.symbolValue
          && $0.addend == $1.addend
      }
  }

  private func compareReferences(_ kept: [Proof]) throws(ScrubError) -> (Proof, [Int: [Range<Int>]]) {
    var proof = Proof()
    var relocated: [Int: [Range<Int>]] = [:]
    var tables: [ReferenceTarget: Table] = [:]
    var starts: [UInt64: UInt64]?
    for (index, (old, new)) in zip(before.sections, after.sections).enumerated() {
      if let kind = ReferenceTarget.stringTables.first(where: { $0.sectionName == old.name }) {
        if tables[kind] == nil {
          tables[kind] = Table(old.content, new.content)
        } else {
          proof.add(kept[index])
        }
      }
      if old.name == ".debug_line" {
        // Names in it may have become shorter; then everything after them moved.
        let comparison = LineComparison(before: before, after: after, roots: roots)
        if !kept[index].violations.isEmpty { try comparison.compare(old, new) }
        let programs = (try comparison.programs(of: old, before).0, try comparison.programs(of: new, after).0)
        starts = starts ?? [:]
        for (one, other) in zip(programs.0, programs.1) {
          starts?[UInt64(one.range.lowerBound)] = UInt64(other.range.lowerBound)
          proof.roots += zip(Self.names(of: one), Self.names(of: other)).count {
            old.content[$0] != new.content[$1]
          }
        }
        if let relocations = new.relocations, !kept[index].violations.isEmpty {
          for entry in relocations.entries {
            let field = relocations.positionField(of: entry)
            relocated[field.section, default: []].append(
              field.offset..<field.offset + relocations.addendWidth)
          }
        }
      }
    }
    for (index, (old, new)) in zip(before.sections, after.sections).enumerated() {
      if ReferenceTarget.stringTables.contains(where: { $0.sectionName == old.name }) { continue }
      try walk(old, new, tables, starts, kept[index], &proof, &relocated)
    }
    try compareLabels(tables, starts, &relocated)
    for (kind, table) in tables.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      judge(table, after[kind.sectionName]?.label ?? kind.sectionName, &proof)
    }
    return (proof, relocated)
  }

  /// Compares the bytes between references, and their targets.
  private func walk(
    _ old: DwarfSections.Section, _ new: DwarfSections.Section, _ tables: [ReferenceTarget: Table],
    _ starts: [UInt64: UInt64]?, _ kept: Proof, _ proof: inout Proof, _ relocated: inout [Int: [Range<Int>]]
  ) throws(ScrubError) {
    // It is compared as programs; here only its references are.
    let isLine = old.name == ".debug_line"
    guard isLine || old.content.count == new.content.count else {
      proof.object(
        "has \(new.content.count) bytes, had \(old.content.count)", section: new.label)
      return
    }
    if isLine, kept.violations.isEmpty, try !hasReferences(new) { return }
    var oldReferences: [SectionReference] = []
    var split: SplitPathComparison?
    if isLine {
      try SectionReferences(dwarf: before).forEach(in: old) { reference throws(ScrubError) in
        oldReferences.append(reference)
      }
      let lines = LineComparison(before: before, after: after, roots: roots)
      split = SplitPathComparison(
        before, old, after, new,
        (try lines.programs(of: old, before).0, try lines.programs(of: new, after).0),
        roots)
    }
    var free: [Range<Int>] = []
    var number = 0
    try SectionReferences(dwarf: after).forEach(in: new) { reference throws(ScrubError) in
      let target: UInt64
      var isJoined = false
      var oldPosition = reference.position
      if isLine {
        guard number < oldReferences.count else {
          throw ScrubError("has more names", section: new.label, offset: UInt64(reference.position))
        }
        target = oldReferences[number].target
        oldPosition = oldReferences[number].position
        isJoined = split?.accepts(oldReferences[number].position) ?? false
        number += 1
      } else {
        let raw = old.content.span.unsigned(
          at: reference.position, width: reference.width, order: before.order)
        target = old.relocations?.value(of: raw, at: reference.position, width: reference.width) ?? raw
      }
      let entry = new.relocations?.entry(at: reference.position)
      if let entry, let addend = entry.addend {
        // A four-byte field does not show the addend's upper half.
        guard
          entry.symbolValue &+ addend == reference.target
            || addend == old.relocations?.entry(at: oldPosition)?.addend
        else {
          throw ScrubError(
            "the addend leads elsewhere", section: new.label, offset: UInt64(reference.position))
        }
        // The field under an explicit addend has no meaning, and is left as the compiler wrote it.
        relocated[entry.field.section, default: []].append(
          entry.field.offset..<entry.field.offset + (new.relocations?.addendWidth ?? 8))
      } else if let last = free.last, last.upperBound == reference.position {
        free[free.count - 1] = last.lowerBound..<reference.position + reference.width
      } else {
        free.append(reference.position..<reference.position + reference.width)
      }
      try follow(reference, target, new, tables, starts, isJoined: isJoined)
    }
    guard !isLine else { return }
    proof.add(PathBytes(roots: roots).compare(old.content, new.content, free: free, in: new.label))
  }

  /// Symbols inside string tables and the line section name the same things as before.
  private func compareLabels(
    _ tables: [ReferenceTarget: Table], _ starts: [UInt64: UInt64]?, _ relocated: inout [Int: [Range<Int>]]
  ) throws(ScrubError) {
    for kind in ReferenceTarget.allCases {
      guard let old = before[kind.sectionName], let new = after[kind.sectionName] else { continue }
      guard old.labels.count == new.labels.count else {
        throw ScrubError("symbols are missing", section: new.label)
      }
      for (one, other) in zip(old.labels, new.labels) {
        let isEnd = one.offset == UInt64(old.content.count)
        guard one.field == other.field, isEnd == (other.offset == UInt64(new.content.count)) else {
          throw ScrubError("a symbol names something else", section: new.label, offset: other.offset)
        }
        if !isEnd {
          let reference = SectionReference(
            kind: kind, width: 0, position: Int(clamping: other.offset), target: other.offset)
          try follow(reference, one.offset, new, tables, starts, isJoined: false)
        }
        relocated[other.field.section, default: []].append(
          other.field.offset..<other.field.offset + Int(after.addressSize))
      }
    }
  }

  /// The names that a program's header holds itself.
  private static func names(of program: LineProgram) -> [Range<Int>] {
    program.directories + program.files.map(\.name) + program.inlineNames
  }

  private func hasReferences(_ section: DwarfSections.Section) throws(ScrubError) -> Bool {
    var found = false
    try SectionReferences(dwarf: after).forEach(in: section) { _ throws(ScrubError) in found = true }
    return found
  }

  private func follow(
    _ reference: SectionReference, _ target: UInt64, _ section: DwarfSections.Section,
    _ tables: [ReferenceTarget: Table], _ starts: [UInt64: UInt64]?, isJoined: Bool
  ) throws(ScrubError) {
    func failure(_ message: String) -> ScrubError {
      ScrubError(message, section: section.label, offset: UInt64(reference.position))
    }
    if reference.kind == .line {
      guard starts?[target] ?? target == reference.target else {
        throw failure("the reference leads to another line number program")
      }
      return
    }
    guard let table = tables[reference.kind] else {
      guard target == reference.target else { throw failure("the reference changed") }
      return
    }
    if let known = table.seen[target] {
      guard known == reference.target || table.new.string(at: known) == table.new.string(at: reference.target)
      else { throw failure("two references to one string part") }
      if known == reference.target { return }
    }
    guard let old = table.old.string(at: target), let new = table.new.string(at: reference.target) else {
      throw failure("the reference leads out of \(reference.kind.sectionName)")
    }
    guard old == new || isJoined || isPath(old, new) else { throw failure("the string says something else") }
    table.seen[target] = reference.target
    let start = Int(reference.target)
    for index in start...start + new.count { table.isRead[index] = true }
  }

  /// Rebuilt tables hold clean paths, others padded ones.
  private func isPath(_ old: Bytes, _ new: Bytes) -> Bool {
    roots.clean(old.span).map { Bytes($0) == new } ?? false
      || roots.padded(old.span).map { Bytes($0) == new } ?? false
  }

  /// If a table differs by more than roots, all of it must be referenced strings or zeros.
  private func judge(_ table: Table, _ label: String, _ proof: inout Proof) {
    let same = PathBytes(roots: roots).compare(table.old, table.new, in: label)
    guard !same.violations.isEmpty else { return proof.add(same) }
    if let stray = table.isRead.indices.first(where: { !table.isRead[$0] && table.new[$0] != 0 }) {
      proof.object(
        "bytes that nobody refers to", section: label, offset: stray, after: PathBytes.hex(table.new, stray))
    }
    proof.roots += table.seen.count { old, new in
      table.old.string(at: old) != table.new.string(at: new)
    }
  }
}
