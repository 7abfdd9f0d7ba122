/// Answers the queries of `SharedBytes` for Mach-O.
extension MachOImage {
  package var instructions: InstructionSet {
    switch header.cpuType {
    case Architecture.x64: .x64
    case Architecture.arm64, Architecture.arm64ILP32: .aarch64
    default: .other
    }
  }

  package func loadedStretches(code: Bool) -> [LoadedStretch] {
    sections.compactMap { section in
      guard let range = section.fileRange, section.segmentName != "__DWARF", section.isCode == code,
        section.address < UInt64.max - UInt64(range.count)
      else {
        return nil
      }
      return LoadedStretch(name: section.label, address: section.address, bytes: bytes[range])
    }
  }

  /// Load commands and the tables of `__LINKEDIT` are also mapped, but no code refers to them.
  package func loadedAddresses() -> (_ offset: Int, _ section: Int?) -> UInt64? {
    { offset, section in
      guard let section, sections[section].segmentName != "__DWARF" else { return nil }
      return sections[section].address &+ UInt64(offset) &- sections[section].offset
    }
  }

  package func references(to targets: [References.Target]) -> FoundReferences {
    guard sections.lazy.compactMap(\.fileRange).reduce(0, { $0 &+ $1.count }) <= 2 * bytes.count,
      sections.reduce(0, { $0 &+ $1.relocationCount }) <= UInt64(bytes.count / 8)
    else { return .overlapping(targets) }
    var references = References(targets)
    var obstacle: String?
    for symbol in (try? symbols()) ?? []
    where !symbol.isStab && symbol.type & SymbolType.typeMask == SymbolType.section {
      references.point(
        to: symbol.value,
        .init(name: "symbol \(name(of: symbol).map { String(decoding: $0.array(), as: UTF8.self) } ?? "?")"))
    }
    var fixups = MachOFixups(self)
    fixups.visit { target, place in
      references.point(to: target, .init(name: "pointer", place: place))
    }
    obstacle = fixups.obstacle
    let functions = FunctionStarts(functionStarts)
    let code = CodeReferences(
      instructions: instructions, order: header.order, isFixed: false, code: loadedStretches(code: true),
      data: loadedStretches(code: false), functions: functions)
    obstacle = code.find(into: &references) ?? obstacle
    references.finish()
    return FoundReferences(answers: references.answers, functions: functions, obstacle: obstacle)
  }

  package func isStringTable(_ region: Region) -> Bool {
    region.kind == .table(.stringTable)
  }

  package func stringUsers(of region: Region) throws(ScrubError) -> [UInt64] {
    try symbols().map { UInt64($0.name) }.sorted()
  }

  /// `LC_FUNCTION_STARTS`: distances, the first one from the start of `__TEXT`.
  private var functionStarts: [UInt64] {
    guard let part = part(.functionStarts) else { return [] }
    let content = bytes[part.range]
    var reader = Reader(content.span, order: header.order, section: part.name)
    var starts: [UInt64] = []
    var address = segments.first { $0.name == "__TEXT" }?.address ?? 0
    while !reader.isAtEnd, let distance = try? reader.uleb(), distance != 0 {
      address = address &+ distance
      starts.append(address)
    }
    return starts
  }
}

extension Architecture {
  package static let x64: UInt32 = 0x0100_0007
  package static let arm64ILP32: UInt32 = 0x0200_000c
}
