/// One complete abbreviation declaration (DWARF 5 section 7.5.3): slower than `AbbreviationTable`, for readers that
/// need to know what each value is.
package struct EntryAbbreviation: Sendable {
  package struct Attribute: Sendable {
    /// `DW_AT_*`.
    package var name: UInt64
    package var form: Form
    /// The range of a `DW_FORM_implicit_const` value in `.debug_abbrev`.
    package var constant: Range<Int>?
  }

  package var tag: UInt64
  package var hasChildren: Bool
  package var attributes: [Attribute]
}

/// The declarations of several units' tables, each read once.
package struct EntryAbbreviations {
  private let section: Bytes
  private let order: ByteOrder
  private var tables: [UInt64: [UInt64: EntryAbbreviation]] = [:]
  /// Bytes that may still be read: tables that overlap could be read again and again.
  private var budget: Int

  package init(_ section: Bytes, _ order: ByteOrder) {
    self.section = section
    self.order = order
    budget = 16 * section.count + 4096
  }

  /// The table at `offset`, by code.
  package mutating func table(at offset: UInt64) throws(ScrubError) -> [UInt64: EntryAbbreviation] {
    let section = section
    if let known = tables[offset] { return known }
    guard offset <= UInt64(section.count) else {
      throw ScrubError(
        "abbreviation table lies outside, the size is 0x\(String(section.count, radix: 16))",
        section: ".debug_abbrev", offset: offset)
    }
    var reader = Reader(section.span, order: order, section: ".debug_abbrev", at: Int(offset))
    var table: [UInt64: EntryAbbreviation] = [:]
    while true {
      let code = try reader.uleb()
      if code == 0 { break }
      let declaration = try Self.declaration(&reader)
      guard table.updateValue(declaration, forKey: code) == nil else {
        throw reader.error("abbreviation code \(code) is declared twice")
      }
    }
    budget -= reader.offset - Int(offset)
    try Effort.charge(64 * (reader.offset - Int(offset)))
    guard budget >= 0 else {
      throw reader.error("abbreviation tables overlap too often", kind: .notUnderstood)
    }
    tables[offset] = table
    return table
  }

  private static func declaration(_ reader: inout Reader) throws(ScrubError) -> EntryAbbreviation {
    var declaration = EntryAbbreviation(
      tag: try reader.uleb(), hasChildren: try reader.u8() != 0, attributes: [])
    while true {
      let name = try reader.uleb()
      let form = Form(try reader.uleb())
      var constant: Range<Int>?
      if form.isOne(.implicitConst) {
        let start = reader.offset
        try reader.skipLEB()
        constant = start..<reader.offset
      }
      if name == 0, form.code == 0 { return declaration }
      declaration.attributes.append(
        EntryAbbreviation.Attribute(name: name, form: form, constant: constant))
    }
  }
}
