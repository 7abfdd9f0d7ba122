internal import BuildRoots
import Formats

/// Numbers the strings of split units in the order in which their DIEs first name them. gcc numbers them in the order
/// of a hash table, which depends on the path.
///
/// In place: an index keeps its single byte, so tables of more than 128 strings keep their numbers.
struct StringIndexPlan {
  private let dwarf: DwarfSections
  private let roots: RootMap
  private let strings: IndexedStrings
  private(set) var edits: [InPlaceEdit] = []
  private(set) var notes: [Note] = []

  /// The place of an index.
  private struct Use {
    var section: Int
    var range: Range<Int>
    var number: Int
  }

  /// One more than the largest number that one byte of ULEB128 holds.
  private static let oneByte = 128

  init(_ dwarf: DwarfSections, roots: RootMap) throws(ScrubError) {
    self.dwarf = dwarf
    self.roots = roots
    strings = IndexedStrings(dwarf: dwarf, index: try UnitIndex(dwarf))
    guard dwarf.isSplit, let offsets = dwarf[".debug_str_offsets"], offsets.relocations == nil,
      dwarf.sections.count(where: { $0.name == ".debug_str_offsets" }) == 1
    else { return }
    var uses: [IndexedStrings.Table: [Use]] = [:]
    var isFromGCC: Set<IndexedStrings.Table> = []
    for name in [".debug_info", ".debug_types"] {
      for section in dwarf.sections where section.name == name {
        try collect(section, &uses, &isFromGCC)
      }
    }
    try collectMacros(&uses)
    for (table, uses) in uses.sorted(by: { $0.key.entries.lowerBound < $1.key.entries.lowerBound }) {
      renumber(table, uses, offsets)
    }
    for table in isFromGCC.sorted(by: { $0.entries.lowerBound < $1.entries.lowerBound })
    where table.count > Self.oneByte {
      notes.append(
        Note(
          "gcc numbered \(table.count) strings in the order of a hash that the path is part of, and with more "
            + "than \(Self.oneByte) of them the numbers' sizes follow; prevent with "
            + "-ffile-prefix-map=<build directory>=.",
          at: Place(section: offsets.label, offset: UInt64(table.entries.lowerBound)),
          divergence: .debugInfo))
    }
  }

  private func collect(
    _ section: DwarfSections.Section, _ uses: inout [IndexedStrings.Table: [Use]],
    _ isFromGCC: inout Set<IndexedStrings.Table>
  ) throws(ScrubError) {
    var entries = try DebugEntries(section, of: dwarf, index: strings.index)
    for unit in try entries.units() {
      let table = try strings.table(of: unit, in: section)
      try entries.walk(
        unit,
        value: { value throws(ScrubError) in
          guard value.form.isStringIndex else { return }
          guard value.number < UInt64(table.count) else {
            throw ScrubError(
              "string \(value.number) of \(table.count)", section: section.label,
              offset: UInt64(value.range.lowerBound))
          }
          if table.count <= Self.oneByte {
            uses[table, default: []].append(
              Use(section: section.index, range: value.range, number: Int(value.number)))
          }
          // DW_AT_producer
          if value.attribute == DwarfAttribute.producer,
            let text = strings.string(at: value.number, in: table),
            text.count > 4, text[0..<4] == Bytes(Array("GNU ".utf8))
          {
            isFromGCC.insert(table)
          }
        })
    }
  }

  /// The macros of a unit come last, as their section does.
  private func collectMacros(_ uses: inout [IndexedStrings.Table: [Use]]) throws(ScrubError) {
    for section in dwarf.sections where section.name == ".debug_macro" {
      try MacroReferences.forEach(
        in: section, addressSize: Int(dwarf.addressSize), order: dwarf.order,
        { _ throws(ScrubError) in },
        index: { index throws(ScrubError) in
          let owners = strings.index.stringOffsetsOfMacros
          let owner = owners.first { $0.macros.contains(UInt64(index.range.lowerBound)) }
          guard strings.index.isEmpty || owner != nil else {
            throw ScrubError(
              "macros of no unit", section: section.label, offset: UInt64(index.range.lowerBound),
              kind: .notUnderstood)
          }
          let table = try strings.table(owner?.strings, version: index.version >= 5 ? 5 : 4)
          guard index.number < UInt64(table.count) else {
            throw ScrubError(
              "string \(index.number) of \(table.count)", section: section.label,
              offset: UInt64(index.range.lowerBound))
          }
          guard table.count <= Self.oneByte else { return }
          uses[table, default: []].append(
            Use(section: section.index, range: index.range, number: Int(index.number)))
        })
    }
  }

  /// The string's text without roots.
  private func text(of number: Int, in table: IndexedStrings.Table) -> [UInt8] {
    guard let text = strings.string(at: UInt64(number), in: table) else { return [] }
    return roots.clean(text.span) ?? text.array()
  }

  private mutating func renumber(
    _ table: IndexedStrings.Table, _ uses: [Use], _ offsets: DwarfSections.Section
  ) {
    // An index may be written with more bytes than it needs.
    guard uses.allSatisfy({ $0.range.count == 1 }) else { return }
    var numbers = [Int?](repeating: nil, count: table.count)
    var order: [Int] = []
    for use in uses where numbers[use.number] == nil {
      numbers[use.number] = order.count
      order.append(use.number)
    }
    // Unreferenced strings (of type units, which a package keeps once) follow the others, sorted by their text.
    let unused = numbers.indices.filter { numbers[$0] == nil }.map {
      (number: $0, text: text(of: $0, in: table))
    }
    for (number, _) in unused.sorted(by: { $0.text.lexicographicallyPrecedes($1.text) }) {
      numbers[number] = order.count
      order.append(number)
    }
    guard order != Array(order.indices) else { return }
    for use in uses where numbers[use.number] != use.number {
      edits.append(
        InPlaceEdit(
          section: use.section, offset: use.range.lowerBound,
          replacement: [UInt8(numbers[use.number] ?? use.number)]))
    }
    var entries: [UInt8] = []
    for number in order {
      let start = table.entries.lowerBound + number * table.width
      entries += offsets.content[start..<start + table.width].array()
    }
    edits.append(
      InPlaceEdit(
        section: offsets.index, offset: table.entries.lowerBound, replacement: entries))
  }
}
