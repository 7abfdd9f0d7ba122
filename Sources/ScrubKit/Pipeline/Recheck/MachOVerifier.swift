internal import BuildRoots
import Formats

/// Reads an edited and sealed image again and compares it with its original; nothing is written unless this
/// passes.
struct MachOVerifier {
  let before: MachOImage
  let after: MachOImage
  let plan: MachOPlan
  /// File ranges of the new image that seals occupy.
  let seals: [Range<Int>]
  let policy: Policy

  private func failure(_ message: String, _ section: String, _ offset: Int? = nil) -> ScrubError {
    ScrubError("verify: \(message)", section: section, offset: offset.map { UInt64($0) })
  }

  /// - Throws: the first difference that was not planned.
  func verify(everyDIE: Bool) throws(ScrubError) {
    try after.searchAgain(plan.fates, policy)
    try compareCommands()
    try compareSections()
    try compareTables()
    try compareGaps()
    try compareSymbols()
    try DebugVerifier(
      plans: plan.debug, after: plan.debug.isEmpty ? [] : try after.debugGroups(), edits: plan.inPlace,
      roots: policy.roots
    ).verify(everyDIE: everyDIE)
    try SignatureVerifier.verify(after)
  }

  /// The old bytes of a range with the edits planned in it.
  private func planned(_ range: Range<Int>) -> [UInt8] {
    var bytes = before.bytes[range].array()
    for edit in plan.inPlace {
      let start = (edit.section.map { Int(before.sections[$0].offset) } ?? 0) + edit.offset
      guard range.contains(start), start + edit.replacement.count <= range.upperBound else { continue }
      bytes.replaceSubrange(
        start - range.lowerBound..<start - range.lowerBound + edit.replacement.count, with: edit.replacement)
    }
    return bytes
  }

  /// The same commands except for the removed ones, and in each the same words except for the UUID and for sizes and
  /// offsets of what moved.
  private func compareCommands() throws(ScrubError) {
    let kept = before.commands.indices.filter { !plan.paths.removed.contains($0) }.map { before.commands[$0] }
    guard kept.count == after.commands.count else {
      throw failure("has \(after.commands.count) load commands, needs \(kept.count)", "Mach header")
    }
    let counts = MachOImage.Header.commandCountPosition..<MachOImage.Header.commandsSizePosition + 4
    let start = before.header.commands.lowerBound
    guard before.bytes[0..<counts.lowerBound] == after.bytes[0..<counts.lowerBound],
      before.bytes[counts.upperBound..<start] == after.bytes[counts.upperBound..<start]
    else { throw failure("the header changed", "Mach header") }
    for (old, new) in zip(kept, after.commands) {
      guard old.range.count == new.range.count else { throw failure("the size changed", old.name) }
      var expected = planned(old.range)
      var found = after.bytes[new.range].array()
      for words in freeWords(of: old) {
        for index in words where index < expected.count { (expected[index], found[index]) = (0, 0) }
      }
      guard expected == found else {
        throw failure("the load command changed", old.name, new.range.lowerBound)
      }
    }
    let rest = after.commands.last?.range.upperBound ?? start
    let oldRest = before.commands.last?.range.upperBound ?? start
    let same = before.header.commands.upperBound - oldRest
    guard after.bytes[rest..<rest + same] == before.bytes[oldRest..<before.header.commands.upperBound],
      after.bytes[rest + same..<before.header.commands.upperBound].isZero
    else { throw failure("bytes behind the load commands changed", "load commands", rest) }
  }

  /// What may change in a command, in bytes from its start.
  private func freeWords(of command: MachOImage.Command) -> [Range<Int>] {
    let width = before.header.is64 ? 8 : 4
    switch command.kind {
    case LoadCommandKind.symbolTable where plan.symbols != nil: return [12..<24]
    case LoadCommandKind.dynamicSymbolTable where !(plan.symbols?.dropped.isEmpty ?? true):
      return [8..<32, 56..<60]
    case LoadCommandKind.codeSignature where plan.symbols != nil: return [8..<16]
    case LoadCommandKind.uuid where !seals.isEmpty: return [8..<24]
    case LoadCommandKind.segment, LoadCommandKind.segment64:
      guard let segment = before.segments.first(where: { $0.commandPosition == command.range.lowerBound })
      else { return [] }
      let isResized =
        segment.name == "__LINKEDIT" && plan.symbols != nil
        || segment.name == "__DWARF" && plan.layout == .compact
      guard isResized else { return [] }
      let sizes = [24 + width..<24 + 2 * width, 24 + 3 * width..<24 + 4 * width]
      // Address, size and offset of each section; `compareSections` reads them.
      return sizes
        + segment.sections.map { index in
          let start = before.sections[index].headerPosition - command.range.lowerBound + 32
          return start..<start + 2 * width + 4
        }
    default: return []
    }
  }

  /// Every section except rebuilt ones has the same content at the same place; debug sections of a dSYM bundle may have
  /// moved.
  private func compareSections() throws(ScrubError) {
    guard before.sections.count == after.sections.count else {
      throw failure("the number of sections changed", "load commands")
    }
    let compared = Set(plan.debug.filter(\.redirects).flatMap(\.dwarf.sections).map(\.index))
    for (old, new) in zip(before.sections, after.sections) {
      let mayMove = plan.layout == .compact && old.debugName != nil
      guard old.offset == new.offset && old.address == new.address || mayMove else {
        throw failure("the section moved", old.label)
      }
      guard let range = old.fileRange else { continue }
      guard let newRange = new.fileRange else { throw failure("the section is gone", old.label) }
      if compared.contains(old.index) { continue }
      guard planned(range) == after.bytes[newRange].array() else {
        throw failure("bytes differ that were not to change", old.label)
      }
    }
  }

  /// Tables that load commands point to, except for symbols, strings and signature.
  private func compareTables() throws(ScrubError) {
    let judged: [LinkEditTable] =
      plan.symbols != nil || !plan.times.isEmpty
      ? [.symbolTable, .stringTable, .codeSignature] : [.codeSignature]
    guard
      before.parts.filter({ !$0.range.isEmpty }).map(\.name).sorted() == after.parts.map(\.name).sorted()
        || !(plan.symbols?.dropped.isEmpty ?? true)
    else { throw failure("a table is missing", "load commands") }
    for part in before.parts where !judged.contains(part.table) {
      if part.table == .stringTable, plan.symbols?.strings != nil { continue }
      if part.table == .indirectSymbols, plan.symbols != nil {
        try compareIndirectSymbols()
        continue
      }
      guard planned(part.range) == after.bytes[part.range].array() else {
        throw failure("bytes differ that were not to change", part.name)
      }
    }
  }

  private func compareIndirectSymbols() throws(ScrubError) {
    let (old, new) = (before.indirectSymbols, after.indirectSymbols)
    guard old.count == new.count else { throw failure("the number changed", "indirect symbols") }
    let (symbols, newSymbols) = (try before.symbols(), try after.symbols())
    for (index, newIndex) in zip(old, new) {
      guard index < symbols.count else {
        guard index - (plan.symbols?.dropped.count ?? 0) == newIndex else {
          throw failure("a stub leads elsewhere", "indirect symbols")
        }
        continue
      }
      guard newIndex < newSymbols.count, isSameName(symbols[index], newSymbols[newIndex]) else {
        throw failure("a stub leads elsewhere", "indirect symbols")
      }
    }
  }

  /// Bytes outside sections and tables are unchanged; where the end moved, they are padding.
  private func compareGaps() throws(ScrubError) {
    let moved = plan.symbols?.strings == nil ? nil : before.symbolTable?.symbols.lowerBound
    let fixed =
      plan.layout == .compact
      ? MachOLayout.movableSegment(of: before)?.fileRange.lowerBound : moved
    for region in before.ownRegions() where region.kind == .gap {
      guard let range = region.fileRange, range.lowerBound < fixed ?? before.bytes.count else { continue }
      guard range.upperBound <= after.bytes.count, planned(range) == after.bytes[range].array() else {
        throw failure("bytes of no section changed", "gap", range.lowerBound)
      }
    }
    for region in after.ownRegions() where region.kind == .gap {
      guard let fixed, let range = region.fileRange, range.lowerBound >= fixed else { continue }
      guard region.content.isZero else { throw failure("filling is not zero", "gap", range.lowerBound) }
    }
  }

  /// The same symbols in the same order, without the removed ones; names that are the same except for the roots; times
  /// zero where planned.
  private func compareSymbols() throws(ScrubError) {
    guard before.symbolTable != nil else { return }
    let (old, new) = (try before.symbols(), try after.symbols())
    let kept = old.indices.filter { !(plan.symbols?.isDropped($0) ?? false) }
    guard kept.count == new.count else { throw failure("the number of symbols changed", "symbol table") }
    let times = Set(plan.times)
    for (index, symbol) in zip(kept, new) {
      let was = old[index]
      guard was.type == symbol.type, was.section == symbol.section, was.description == symbol.description,
        isSameName(was, symbol)
      else { throw failure("symbol \(index) changed", "symbol table") }
      if times.contains(index) {
        guard symbol.value == 0 else { throw failure("the time of symbol \(index) stayed", "symbol table") }
      } else if was.isIndirect {
        var (target, newTarget) = (was, symbol)
        (target.name, newTarget.name) =
          (UInt32(truncatingIfNeeded: was.value), UInt32(truncatingIfNeeded: symbol.value))
        guard isSameName(target, newTarget) else {
          throw failure("symbol \(index) stands for another one", "symbol table")
        }
      } else {
        guard was.value == symbol.value else { throw failure("symbol \(index) moved", "symbol table") }
      }
    }
  }

  private func isSameName(_ old: MachOSymbol, _ new: MachOSymbol) -> Bool {
    guard let name = before.name(of: old), let newName = after.name(of: new) else {
      return old.name == 0 && new.name == 0 || before.name(of: old) == nil && after.name(of: new) == nil
    }
    if name == newName { return true }
    let expected =
      plan.symbols?.strings != nil ? policy.roots.clean(name.span) : policy.roots.padded(name.span)
    return expected.map { Bytes($0) == newName } ?? false
  }
}
