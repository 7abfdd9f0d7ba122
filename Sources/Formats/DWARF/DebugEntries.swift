/// Walks the DIEs of `.debug_info` or `.debug_types` value by value: slower than `InfoReferences`, and only used where
/// split DWARF requires knowing what a value is.
package struct DebugEntries {
  /// One attribute's value.
  package struct Value {
    /// `DW_AT_*`.
    package var attribute: UInt64
    /// The actual form, also for `DW_FORM_indirect`.
    package var form: Form
    /// Its range in the section; for `DW_FORM_implicit_const` in `.debug_abbrev`.
    package var range: Range<Int>
    /// The numeric value, after relocation; 0 for strings, blocks and 16-byte numbers.
    package var number: UInt64 = 0
  }

  package let dwarf: DwarfSections
  package let section: DwarfSections.Section
  private let index: UnitIndex
  private var abbreviations: EntryAbbreviations

  package init(_ section: DwarfSections.Section, of dwarf: DwarfSections, index: UnitIndex) throws(ScrubError)
  {
    guard let abbreviations = dwarf[".debug_abbrev"] else {
      throw ScrubError("there is no .debug_abbrev", section: section.label)
    }
    self.dwarf = dwarf
    self.section = section
    self.index = index
    self.abbreviations = EntryAbbreviations(abbreviations.content, dwarf.order)
  }

  /// The headers of all units.
  package func units() throws(ScrubError) -> [UnitHeader] {
    var reader = Reader(section.content.span, order: dwarf.order, section: section.label)
    var units: [UnitHeader] = []
    while !reader.isAtEnd, !reader.isPadding {
      units.append(try UnitHeader(&reader, isTypes: section.name == ".debug_types"))
      try reader.seek(to: units[units.count - 1].range.upperBound)
    }
    return units
  }

  /// Calls `entry` with each DIE's position and declaration (nil for the null entry that ends a list of children), then
  /// `value` with its values.
  package mutating func walk(
    _ unit: UnitHeader, onlyFirst: Bool = false,
    entry: (Int, EntryAbbreviation?) throws(ScrubError) -> Void = { _, _ throws(ScrubError) in },
    value: (Value) throws(ScrubError) -> Void = { _ throws(ScrubError) in }
  ) throws(ScrubError) {
    var offset = unit.abbreviations
    if let relocations = section.relocations {
      offset = relocations.value(
        of: offset, at: unit.abbreviationsPosition, width: unit.encoding.offsetSize)
    }
    offset &+= index.abbreviations(ofUnitAt: unit.range.lowerBound, in: section.name)
    let table = try abbreviations.table(at: offset)
    if !onlyFirst { try Effort.charge(4 * unit.range.count) }
    var reader = Reader(section.content.span, order: dwarf.order, section: section.label, at: unit.firstDIE)
    while reader.offset < unit.range.upperBound {
      let position = reader.offset
      let code = try reader.uleb()
      guard code != 0 else {
        try entry(position, nil)
        continue
      }
      guard let declaration = table[code] else {
        throw reader.error("abbreviation code \(code) is not declared")
      }
      // Values may occupy no bytes.
      try Effort.charge(4 * declaration.attributes.count)
      try entry(position, declaration)
      for attribute in declaration.attributes { try value(read(attribute, unit.encoding, &reader)) }
      if onlyFirst { return }
    }
    guard reader.offset == unit.range.upperBound else {
      throw reader.error(
        "the last DIE ends behind its unit's end 0x\(String(unit.range.upperBound, radix: 16))")
    }
  }

  private func read(
    _ attribute: EntryAbbreviation.Attribute, _ encoding: UnitEncoding, _ reader: inout Reader
  ) throws(ScrubError) -> Value {
    var form = attribute.form
    if form.isOne(.indirect) { form = Form(try reader.uleb()) }
    if form.isOne(.implicitConst) {
      guard let constant = attribute.constant else {
        throw reader.error("DW_FORM_indirect names DW_FORM_implicit_const")
      }
      return Value(attribute: attribute.name, form: form, range: constant)
    }
    let start = reader.offset
    var number: UInt64 = 0
    switch form.handling(encoding) {
    case .fixed(let size) where (1...8).contains(size): number = try reader.unsigned(size)
    case .reference: number = try reader.unsigned(encoding.offsetSize)
    // Signed ones are not references: their value does not matter here, and may have more bits.
    case .leb where form.isOne(.sdata): try reader.skipLEB()
    case .leb: number = try reader.uleb()
    default: try reader.value(form, encoding) { _ throws(ScrubError) in }
    }
    if let relocations = section.relocations {
      number = relocations.value(of: number, at: start, width: min(reader.offset - start, 8))
    }
    return Value(attribute: attribute.name, form: form, range: start..<reader.offset, number: number)
  }
}
