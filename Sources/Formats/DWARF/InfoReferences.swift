/// Walks every DIE of `.debug_info` or `.debug_types` and reports the string references.
///
/// The walk is flat: a null entry is one byte like any other, so the tree's depth never matters.
package struct InfoReferences {
  package static func forEach(
    in section: DwarfSections.Section, abbreviations: Bytes, order: ByteOrder, index: UnitIndex,
    _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    let isTypes = section.name == ".debug_types"
    let content = section.content
    var tables = AbbreviationTables(abbreviations, order)
    var reader = Reader(content.span, order: order, section: section.label)

    while !reader.isAtEnd, !reader.isPadding {
      var unit = try UnitHeader(&reader, isTypes: isTypes)
      if let relocations = section.relocations {
        unit.abbreviations = relocations.value(
          of: unit.abbreviations, at: unit.abbreviationsPosition, width: unit.encoding.offsetSize)
      }
      unit.abbreviations &+= index.abbreviations(ofUnitAt: unit.range.lowerBound, in: section.name)
      try Effort.charge(2 * unit.range.count)
      try walk(unit, tables.table(at: unit.abbreviations, unit.encoding), &reader, body)
    }
  }

  private static func walk(
    _ unit: UnitHeader, _ table: AbbreviationTable, _ reader: inout Reader,
    _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    let width = unit.encoding.offsetSize
    let end = unit.range.upperBound
    // Spans, so that nothing is retained per DIE.
    let steps = table.steps.span
    let ends = table.ends.span
    while reader.offset < end {
      let code = try reader.uleb()
      if code == 0 { continue }
      var index: Int
      let last: Int
      if code < UInt64(ends.count) {
        index = ends[Int(code) &- 1]
        last = ends[Int(code)]
      } else if let range = table.stepsOfSparse(code) {
        index = range.lowerBound
        last = range.upperBound
      } else {
        throw reader.error("abbreviation code \(code) is not declared")
      }
      while index < last {
        let step = steps[index]
        index &+= 1
        switch step.kind {
        case .skip: try reader.skip(step.number)
        case .leb: try reader.skipLEB()
        case .string: _ = try reader.cString()
        case .block: try reader.skip(claimed: try reader.unsigned(step.number))
        case .lebBlock: try reader.skip(claimed: try reader.uleb())
        case .reference:
          let kind: ReferenceTarget = step.number == ReferenceTarget.str.rawValue ? .str : .lineStr
          try body(try reader.reference(kind, width: width))
        case .lineReference:
          try body(try reader.reference(.line, width: step.number))
        case .indirect:
          // The form is in the DIE, before the value; its constant would be in the abbreviation.
          let form = Form(try reader.uleb())
          if form.isOne(.implicitConst) {
            throw reader.error("DW_FORM_indirect names DW_FORM_implicit_const")
          }
          try reader.value(form, unit.encoding, body)
        }
      }
    }
    guard reader.offset == unit.range.upperBound else {
      throw reader.error(
        "the last DIE ends behind its unit's end 0x\(String(unit.range.upperBound, radix: 16))")
    }
  }
}
