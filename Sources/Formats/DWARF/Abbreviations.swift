/// One step through the values of a DIE, compiled from its abbreviation (DWARF 5 section 7.5.3) for a walker that looks
/// for string references: a run of fixed-size values becomes one step.
package struct AbbreviationStep: Sendable {
  package enum Kind: UInt8, Sendable {
    /// Skip `number` bytes.
    case skip
    case leb
    case string
    /// Skip a block whose length precedes it in `number` bytes.
    case block
    case lebBlock
    /// An offset into the string table whose raw value is `number`.
    case reference
    /// `DW_AT_stmt_list` of `number` bytes.
    case lineReference
    case indirect
  }

  package var kind: Kind
  package var number: Int = 0
}

/// The tables of several units, most of them read once: units share a table, or alternate between a few.
package struct AbbreviationTables {
  private struct Key: Hashable {
    var offset: UInt64
    var encoding: UnitEncoding
  }
  private let section: Bytes
  private let order: ByteOrder
  private var known: [Key: AbbreviationTable] = [:]
  private var knownSize = 0
  /// Bytes of declarations that may still be read.
  private var budget: Int

  package init(_ section: Bytes, _ order: ByteOrder) {
    self.section = section
    self.order = order
    budget = Limits.abbreviations(of: section.count)
  }

  package mutating func table(at offset: UInt64, _ encoding: UnitEncoding) throws(ScrubError)
    -> AbbreviationTable
  {
    let key = Key(offset: offset, encoding: encoding)
    if let table = known[key] { return table }
    let table = try AbbreviationTable(section.span, at: offset, encoding: encoding, order: order)
    budget -= table.size
    try Effort.charge(32 * table.size)
    guard budget >= 0 else {
      throw ScrubError(
        "abbreviation tables overlap too often", section: ".debug_abbrev", offset: offset,
        kind: .notUnderstood)
    }
    // Tables that do not overlap all fit.
    if knownSize > section.count { (known, knownSize) = ([:], 0) }
    known[key] = table
    knownSize += table.size
    return table
  }
}

/// The abbreviations of one unit. All steps are in one array: a walker that accesses a separate array for every DIE
/// spends more time on reference counting than on reading.
package struct AbbreviationTable: Sendable {
  package private(set) var steps: [AbbreviationStep] = []
  /// Compilers number from 1 without gaps: the steps of code n end where those of code n + 1 begin.
  package private(set) var ends: [Int] = [0]
  private var sparse: [UInt64: Range<Int>] = [:]
  /// Bytes of its declarations.
  package let size: Int

  /// Parses the table at `offset` of `.debug_abbrev`.
  package init(_ bytes: Span<UInt8>, at offset: UInt64, encoding: UnitEncoding, order: ByteOrder)
    throws(ScrubError)
  {
    var reader = Reader(bytes, order: order, section: ".debug_abbrev")
    guard offset <= UInt64(bytes.count) else {
      throw ScrubError(
        "abbreviation table lies outside, the size is 0x\(String(bytes.count, radix: 16))",
        section: ".debug_abbrev", offset: offset)
    }
    try reader.seek(to: Int(offset))
    var others: [(code: UInt64, steps: [AbbreviationStep])] = []
    while true {
      let code = try reader.uleb()
      if code == 0 { break }
      if code == UInt64(ends.count) {
        try Self.append(to: &steps, &reader, encoding)
        ends.append(steps.count)
      } else {
        var own: [AbbreviationStep] = []
        try Self.append(to: &own, &reader, encoding)
        others.append((code, own))
      }
    }
    size = reader.offset - Int(offset)
    // After the numbered ones, whose steps are consecutive.
    for other in others {
      let start = steps.count
      steps += other.steps
      if sparse.updateValue(start..<steps.count, forKey: other.code) != nil {
        throw reader.error("abbreviation code \(other.code) is declared twice")
      }
    }
  }

  private static func append(
    to steps: inout [AbbreviationStep], _ reader: inout Reader, _ encoding: UnitEncoding
  ) throws(ScrubError) {
    _ = try reader.uleb()  // tag
    try reader.skip(1)  // has children
    var run = 0
    while true {
      let attribute = try reader.uleb()
      let form = Form(try reader.uleb())
      if form.isOne(.implicitConst) { try reader.skipLEB() }
      if attribute == 0, form.code == 0 { break }
      let step: AbbreviationStep
      switch form.handling(encoding) {
      case .fixed(let size) where attribute == DwarfAttribute.stmtList && (size == 4 || size == 8):
        step = AbbreviationStep(kind: .lineReference, number: size)
      case .leb where attribute == DwarfAttribute.stmtList,
        .indirect where attribute == DwarfAttribute.stmtList:
        throw reader.error("DW_AT_stmt_list has form 0x\(String(form.code, radix: 16))", kind: .notUnderstood)
      case .fixed(let size):
        run += size
        continue
      case .leb: step = AbbreviationStep(kind: .leb)
      case .string: step = AbbreviationStep(kind: .string)
      case .block(let width): step = AbbreviationStep(kind: .block, number: width)
      case .lebBlock: step = AbbreviationStep(kind: .lebBlock)
      case .reference(let table): step = AbbreviationStep(kind: .reference, number: table.rawValue)
      case .indirect: step = AbbreviationStep(kind: .indirect)
      case .unknown:
        throw reader.error("form 0x\(String(form.code, radix: 16)) is not known", kind: .notUnderstood)
      }
      if run > 0 { steps.append(AbbreviationStep(kind: .skip, number: run)) }
      run = 0
      steps.append(step)
    }
    if run > 0 { steps.append(AbbreviationStep(kind: .skip, number: run)) }
  }

  /// The range in `steps` for a code that is not among the numbered ones; nil if it is not declared.
  package func stepsOfSparse(_ code: UInt64) -> Range<Int>? { sparse[code] }
}
