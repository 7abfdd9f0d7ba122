import Formats

/// Which bytes of a linked Mach-O image count in place, and which only locate others.
extension MachOImage {
  private static let linkEdit = "__LINKEDIT"

  /// Sections of `__DWARF` that only a debugger reads.
  private func isDebugInfo(_ section: Section) -> Bool {
    section.debugName != nil || section.segmentName == "__DWARF" && section.name == "__swift_ast"
  }

  /// Headers, load commands and the segments that are mapped for the program, in file offsets. Of `__LINKEDIT`, dyld
  /// reads tables; of `__DWARF`, only sections that do not belong there.
  var placedRanges: [Range<Int>] {
    [0..<header.commands.upperBound]
      + segments.filter { $0.name != Self.linkEdit && $0.name != "__DWARF" }.map(\.fileRange)
      + sections.filter { !isDebugInfo($0) }.compactMap(\.fileRange)
  }

  /// Bytes in no segment except `__LINKEDIT`, and in none of its tables.
  var strayBytes: StrayBytes {
    StrayBytes(
      bytes,
      owned: FileRanges(placedRanges + sections.compactMap(\.fileRange) + parts.map(\.range)))
  }

  /// Whether a dSYM bundle's file holds anything that a program could use.
  var carriesMoreThanDebugInfo: Bool {
    sections.contains { $0.fileRange != nil && !isDebugInfo($0) } || !strayBytes.isEmpty
  }

  /// Tables must lie in `__LINKEDIT` without overlap, and it must be mapped as a whole: only then do its size and their
  /// offsets follow from its contents.
  func checkLinkEdit() throws(ScrubError) {
    func refuse(_ message: String) -> ScrubError { ObjectKey.refuse(message, Self.linkEdit) }
    let found = segments.filter { $0.name == Self.linkEdit }
    guard segments.count(where: { $0.name == "__DWARF" }) < 2, found.count < 2 else {
      throw refuse("there are two segments of one name")
    }
    guard let segment = found.first else {
      if !parts.isEmpty { throw refuse("tables are in no segment") }
      return
    }
    // vm_prot_t of the segment command: after address, size, offset and size.
    let protections = segment.commandPosition + 24 + (header.is64 ? 32 : 16)
    let initial = bytes.span.unsigned(at: protections + 4, width: 4, order: header.order)
    guard initial & 0x4 == 0, segment.sections.isEmpty else { throw refuse("is no segment of tables") }
    // Linkers state the exact size, or round it up to pages: of 16 KiB on Apple's processors, of various sizes on
    // others.
    let pages: [UInt64] = header.cpuType == Architecture.arm64 ? [1, 1 << 14] : [1, 1 << 12, 1 << 14]
    let sizes = pages.map { (segment.fileSize &+ $0 &- 1) & ~($0 - 1) }
    guard segment.fileSize < 1 << 62, sizes.contains(segment.memorySize),
      segment.offset % (1 << 12) == 0
    else { throw refuse("is not mapped as a whole") }
    var end = segment.fileRange.lowerBound
    for part in parts {
      guard part.range.lowerBound >= end, part.range.upperBound <= segment.fileRange.upperBound else {
        throw refuse("\(part.name) is not a part of its own")
      }
      end = part.range.upperBound
    }
    // Earlier bytes are mapped by other segments.
    guard !segments.contains(where: { $0.name != Self.linkEdit && $0.fileRange.overlaps(segment.fileRange) })
    else { throw refuse("shares bytes with another segment") }
  }

  /// Fields of load commands, in file offsets, that depend on data that is not loaded.
  var fieldsOfTables: [Range<Int>] {
    var fields: [Range<Int>] = []
    let width = header.is64 ? 8 : 4
    for segment in segments {
      // After command, size and name: address and size in memory, offset and size in the file.
      let start = segment.commandPosition + 24
      if segment.name == Self.linkEdit {
        fields += [start + width..<start + 2 * width, start + 3 * width..<start + 4 * width]
      } else if segment.name == "__DWARF" {
        let command = commands.first { $0.range.lowerBound == segment.commandPosition }
        fields.append(start..<(command?.range.upperBound ?? start))
      }
    }
    for command in commands {
      let start = command.range.lowerBound + 8
      let words: [Int] =
        switch command.kind {
        case LoadCommandKind.symbolTable: [0, 1, 2, 3]
        // Three ranges of symbols, then the offsets of six tables.
        case LoadCommandKind.dynamicSymbolTable: [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16]
        case LoadCommandKind.codeSignature: [0, 1]
        case LoadCommandKind.dyldInfo, LoadCommandKind.dyldInfoOnly: [0, 2, 4, 6, 8]
        default: LoadCommandKind.linkeditData[command.kind] == nil ? [] : [0]
        }
      fields += words.map { start + 4 * $0..<start + 4 * $0 + 4 }
        .filter { $0.upperBound <= command.range.upperBound }
    }
    return fields
  }
}
