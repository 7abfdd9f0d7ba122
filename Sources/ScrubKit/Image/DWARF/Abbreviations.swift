/// One abbreviation (DWARF 5 section 7.5.3), compiled to what a walker that looks for string references has
/// to do: runs of fixed-size values become one step.
struct Abbreviation: Sendable {
  enum Step: Sendable {
    case skip(Int)
    case leb
    case string
    case block(lengthWidth: Int)
    case lebBlock
    case reference(ReferenceTarget)
    /// `DW_AT_stmt_list`, whose form gives its width.
    case lineReference(width: Int)
    case indirect
  }

  var tag: UInt64
  var hasChildren: Bool
  var steps: [Step]
}

/// The abbreviations of one unit.
struct AbbreviationTable: Sendable {
  /// Compilers number from 1 without holes; then this is indexed by code - 1.
  private var dense: [Abbreviation] = []
  private var sparse: [UInt64: Abbreviation] = [:]

  /// Parses the table at `offset` of `.debug_abbrev`.
  init(_ bytes: Span<UInt8>, at offset: UInt64, encoding: UnitEncoding, order: ByteOrder) throws(ScrubError) {
    var reader = Reader(bytes, order: order, section: ".debug_abbrev")
    guard offset <= UInt64(bytes.count) else {
      throw ScrubError(
        "abbreviation table lies outside, the size is 0x\(String(bytes.count, radix: 16))",
        section: ".debug_abbrev", offset: offset)
    }
    try reader.seek(to: Int(offset))
    while true {
      let code = try reader.uleb()
      if code == 0 { break }
      let abbreviation = try Self.abbreviation(&reader, encoding)
      if code == UInt64(dense.count + 1) {
        dense.append(abbreviation)
      } else if sparse.updateValue(abbreviation, forKey: code) != nil {
        throw reader.error("abbreviation code \(code) is declared twice")
      }
    }
  }

  /// `DW_AT_stmt_list`.
  private static let stmtList: UInt64 = 0x10

  private static func abbreviation(
    _ reader: inout Reader, _ encoding: UnitEncoding
  ) throws(ScrubError) -> Abbreviation {
    let tag = try reader.uleb()
    let hasChildren = try reader.u8() != 0
    var steps: [Abbreviation.Step] = []
    var run = 0
    while true {
      let attribute = try reader.uleb()
      let form = Form(try reader.uleb())
      if form.code == 0x21 { try reader.skipLEB() }
      if attribute == 0, form.code == 0 { break }
      let step: Abbreviation.Step
      switch form.handling(encoding) {
      case .fixed(let size) where attribute == Self.stmtList && (size == 4 || size == 8):
        step = .lineReference(width: size)
      case .leb where attribute == Self.stmtList, .indirect where attribute == Self.stmtList:
        throw reader.error("DW_AT_stmt_list has form 0x\(String(form.code, radix: 16))", kind: .notUnderstood)
      case .fixed(let size):
        run += size
        continue
      case .leb: step = .leb
      case .string: step = .string
      case .block(let width): step = .block(lengthWidth: width)
      case .lebBlock: step = .lebBlock
      case .reference(let table): step = .reference(table)
      case .indirect: step = .indirect
      case .unknown:
        throw reader.error("form 0x\(String(form.code, radix: 16)) is not known", kind: .notUnderstood)
      }
      if run > 0 { steps.append(.skip(run)) }
      run = 0
      steps.append(step)
    }
    if run > 0 { steps.append(.skip(run)) }
    return Abbreviation(tag: tag, hasChildren: hasChildren, steps: steps)
  }

  subscript(code: UInt64) -> Abbreviation? {
    code <= UInt64(dense.count) && code > 0 ? dense[Int(code) - 1] : sparse[code]
  }
}
