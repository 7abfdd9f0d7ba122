internal import BuildRoots
import Formats

/// The units that are split between files (DWARF 5 section 7.3.2): skeletons, which stay with the code, and the split
/// units of `.dwo` and `.dwp` files. `dwo_id`, 8 bytes in both, tells which belong together.
struct SplitUnits: Sendable {
  struct Unit: Sendable {
    var id: UInt64
    /// Where the id is: a section of the image, and bytes from that section's start.
    var section: Int
    var position: Int
    /// Whether one of its strings holds a build root, so that the compiler made the id from it.
    var leaks: Bool
  }

  struct SplitUnit: Sendable {
    /// Nil for a type unit, which has its own signature.
    var unit: Unit?
    /// A hash of the unit's contents, independent of the file and of where its strings are.
    var digest: [UInt8]
  }

  var skeletons: [Unit] = []
  /// In section order.
  var split: [SplitUnit] = []

  var isEmpty: Bool { skeletons.isEmpty && split.isEmpty }

  /// `DW_AT_GNU_dwo_id`.
  private static let dwoID: UInt64 = 0x2131
  /// The same in ULEB128, as in `.debug_abbrev`.
  private static let dwoIDName: [UInt8] = [0xb1, 0x42]

  /// - Throws: if a unit, form or table is unknown or broken.
  init(_ groups: [DwarfSections], roots: RootMap) throws(ScrubError) {
    // Long strings with many references could add up to the square of a file's size.
    var budget = groups.flatMap(\.sections).reduce(4096) { $0 + 64 * $1.content.count }
    for dwarf in groups where dwarf[".debug_abbrev"] != nil {
      // Before DWARF 5 only the first DIE tells: skip it if no DIE has the attribute.
      let mayHaveAttribute = dwarf[".debug_abbrev"]?.content.holds(Self.dwoIDName) ?? false
      let strings = IndexedStrings(dwarf: dwarf, index: try UnitIndex(dwarf))
      // Type units of version 4 are in their own section; in both kinds of files .debug_info comes first here.
      for name in dwarf.isSplit ? [".debug_info", ".debug_types"] : [".debug_info"] {
        for section in dwarf.sections where section.name == name {
          var entries = try DebugEntries(section, of: dwarf, index: strings.index)
          for unit in try entries.units() {
            if dwarf.isSplit {
              split.append(try Self.split(unit, &entries, strings, roots, &budget))
            } else if unit.kind == .skeleton || mayHaveAttribute,
              let skeleton = try Self.skeleton(unit, &entries, strings, roots)
            {
              skeletons.append(skeleton)
            }
          }
        }
      }
    }
  }

  /// The unit as a skeleton; nil for one that has all of its DIEs.
  private static func skeleton(
    _ unit: UnitHeader, _ entries: inout DebugEntries, _ strings: IndexedStrings, _ roots: RootMap
  ) throws(ScrubError) -> Unit? {
    guard unit.kind == .skeleton || unit.encoding.version == 4 else { return nil }
    var values: [DebugEntries.Value] = []
    try entries.walk(
      unit, onlyFirst: true, value: { value throws(ScrubError) in values.append(value) })
    let section = entries.section
    guard
      let position = try identifier(unit, values.first { $0.attribute == dwoID }, section)
    else { return nil }
    // DW_AT_str_offsets_base, which may follow the attributes that need it.
    let base = values.first { $0.attribute == DwarfAttribute.strOffsetsBase }.map { Int(clamping: $0.number) }
    let size = entries.dwarf[".debug_str_offsets"]?.content.count ?? 0
    let table = base.flatMap { base in
      base <= size
        ? IndexedStrings.Table(entries: base..<size, width: unit.encoding.offsetSize) : nil
    }
    let leaks = values.contains { value in
      strings.string(of: value, in: section, table).map { roots.containsRoot($0.span) } ?? false
    }
    return Unit(
      id: entries.dwarf.number(at: position, in: section), section: section.index, position: position,
      leaks: leaks)
  }

  private static func identifier(
    _ unit: UnitHeader, _ attribute: DebugEntries.Value?, _ section: DwarfSections.Section
  ) throws(ScrubError) -> Int? {
    if unit.kind == .skeleton || unit.kind == .splitCompile { return unit.identifierPosition }
    guard let attribute else { return nil }
    guard attribute.range.count == 8, attribute.form.isOne(.data8) else {
      throw ScrubError(
        "DW_AT_GNU_dwo_id has form 0x\(String(attribute.form.code, radix: 16))", section: section.label,
        offset: UInt64(attribute.range.lowerBound), kind: .notUnderstood)
    }
    return attribute.range.lowerBound
  }

  /// Hashes a split unit: tags, attributes and values; strings as their text without roots, references as the number of
  /// the DIE they lead to. The id itself and the offset of a line table do not count.
  private static func split(
    _ unit: UnitHeader, _ entries: inout DebugEntries, _ strings: IndexedStrings, _ roots: RootMap,
    _ budget: inout Int
  ) throws(ScrubError) -> SplitUnit {
    let section = entries.section
    let content = section.content
    let constants = entries.dwarf[".debug_abbrev"]?.content ?? content
    let table =
      entries.dwarf[".debug_str_offsets"] == nil ? nil : try strings.table(of: unit, in: section)
    var places: [Int] = []
    try entries.walk(unit, entry: { place, _ throws(ScrubError) in places.append(place) })

    var hash = SplitUnitHash(unit)
    var leaks = false
    var attribute: DebugEntries.Value?
    try entries.walk(
      unit,
      entry: { _, declaration throws(ScrubError) in hash.add(declaration) },
      value: { value throws(ScrubError) in
        if value.attribute == dwoID {
          attribute = attribute ?? value
          return
        }
        if let text = strings.string(of: value, in: section, table) {
          budget -= text.count
          guard budget >= 0 else {
            throw ScrubError(
              "strings are referred to too often", section: section.label,
              offset: UInt64(value.range.lowerBound), kind: .notUnderstood)
          }
          let clean = roots.clean(text.span)
          leaks = leaks || clean != nil
          return hash.add(value, clean.map { Bytes($0) } ?? text)
        }
        if value.form.isUnitReference {
          let target = unit.range.lowerBound.addingReportingOverflow(Int(clamping: value.number)).partialValue
          let number = places.partition { $0 < target }
          if number < places.count, places[number] == target { return hash.add(value, number: number) }
        }
        // DW_AT_stmt_list
        if value.attribute == DwarfAttribute.stmtList { return }
        hash.add(value, value.form.isOne(.implicitConst) ? constants[value.range] : content[value.range])
      })
    let digest = hash.finish()
    let isType = unit.kind == .splitType || unit.kind == .type || section.name == ".debug_types"
    guard !isType, let position = try identifier(unit, attribute, section) else {
      return SplitUnit(unit: nil, digest: digest)
    }
    let id = entries.dwarf.number(at: position, in: section)
    return SplitUnit(
      unit: Unit(id: id, section: section.index, position: position, leaks: leaks), digest: digest)
  }
}

/// The contents of a split unit as one hash. Every piece has a length or a terminator, so that no two units have the
/// same encoding.
private struct SplitUnitHash: ~Copyable {
  private var digest = Digest(.sha256)
  private var pending: [UInt8] = []

  init(_ unit: UnitHeader) {
    add(UInt64(unit.encoding.version))
    add(UInt64(unit.encoding.addressSize))
    add(UInt64(unit.encoding.offsetSize))
    add(UInt64(unit.kind?.rawValue ?? 0))
  }

  private mutating func add(_ number: UInt64) {
    for byte in 0..<8 { pending.append(UInt8(truncatingIfNeeded: number &>> UInt64(8 &* byte))) }
    if pending.count > 1 << 16 { flush() }
  }

  private mutating func flush() {
    digest.update(Bytes(pending))
    pending.removeAll(keepingCapacity: true)
  }

  mutating func add(_ declaration: EntryAbbreviation?) {
    add(declaration?.tag ?? 0)
    add(declaration?.hasChildren ?? false ? 1 : 0)
  }

  /// The form counts only for the kind of value, not for the width of an index.
  mutating func add(_ value: DebugEntries.Value, _ content: Bytes) {
    add(value.attribute)
    add(UInt64(content.count))
    pending += content.array()
  }

  mutating func add(_ value: DebugEntries.Value, number: Int) {
    add(value.attribute)
    add(UInt64(number))
  }

  consuming func finish() -> [UInt8] {
    flush()
    return digest.finish()
  }
}

extension Bytes {
  /// Whether the two bytes occur next to each other.
  fileprivate func holds(_ pair: [UInt8]) -> Bool {
    var position = 0
    while let found = span.firstIndex(of: pair[0], from: position) {
      if found + 1 < count, self[found + 1] == pair[1] { return true }
      position = found + 1
    }
    return false
  }
}

extension DwarfSections {
  /// The 8 bytes at `position`, which were read before.
  fileprivate func number(at position: Int, in section: Section) -> UInt64 {
    section.content.span.unsigned(at: position, width: 8, order: order)
  }
}
