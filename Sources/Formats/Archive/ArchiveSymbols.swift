/// The table at the front of an archive that tells a linker which member defines a symbol: for each symbol, the
/// offset of that member's header.
package struct ArchiveSymbols {
  package enum Form: Sendable, Hashable {
    /// `/` with numbers of 4 bytes, `/SYM64/` with 8; big-endian.
    case gnu(width: Int)
    /// `__.SYMDEF` with 4 bytes, `__.SYMDEF_64` with 8; in the target's byte order.
    case bsd(width: Int)

    package init?(name: [UInt8], isBSD: Bool) {
      switch (String(decoding: name, as: UTF8.self), isBSD) {
      case ("/", false): self = .gnu(width: 4)
      case ("/SYM64/", false): self = .gnu(width: 8)
      case ("__.SYMDEF", true), ("__.SYMDEF SORTED", true): self = .bsd(width: 4)
      case ("__.SYMDEF_64", true), ("__.SYMDEF_64 SORTED", true): self = .bsd(width: 8)
      default: return nil
      }
    }
  }

  /// One header offset, and its position in the table's content.
  package struct Entry {
    package var position: Int
    package var header: UInt64

    package init(
      position: Int, header: UInt64
    ) {
      self.position = position
      self.header = header
    }
  }

  package let width: Int
  package let order: ByteOrder
  package let entries: [Entry]
  /// Where the symbols' names begin in the content.
  package let names: Int

  /// - Throws: if the counts do not fit the content.
  package init(_ content: Bytes, _ form: Form) throws(ScrubError) {
    switch form {
    case .gnu(let width):
      self.width = width
      order = .big
      // Empty archives may have an empty table.
      entries = content.isEmpty ? [] : try Self.gnu(content, width)
      names = min(width * (1 + entries.count), content.count)
    case .bsd(let width):
      self.width = width
      if content.isEmpty {
        (order, entries) = (.little, [])
      } else if let little = try? Self.bsd(content, width, .little) {
        (order, entries) = (.little, little)
      } else {
        (order, entries) = (.big, try Self.bsd(content, width, .big))
      }
      names = min(2 * width * (1 + entries.count), content.count)
    }
  }

  /// The number of symbols, the offsets, then the names.
  private static func gnu(_ content: Bytes, _ width: Int) throws(ScrubError) -> [Entry] {
    var reader = Reader(content.span, order: .big, section: "symbol table")
    let count = try reader.unsigned(width)
    guard count <= UInt64(reader.remaining / width) else {
      throw reader.error("needs \(count) offsets, \(reader.remaining) bytes left")
    }
    var entries: [Entry] = []
    for _ in 0..<count { entries.append(Entry(position: reader.offset, header: try reader.unsigned(width))) }
    return entries
  }

  /// The size of the pairs in bytes, pairs of name and header offset, the size of the names, the names
  /// (`<mach-o/ranlib.h>`).
  private static func bsd(_ content: Bytes, _ width: Int, _ order: ByteOrder) throws(ScrubError) -> [Entry] {
    var reader = Reader(content.span, order: order, section: "symbol table")
    let size = try reader.unsigned(width)
    guard size % UInt64(2 * width) == 0, size <= UInt64(reader.remaining) else {
      throw reader.error("needs \(size) bytes of pairs, \(reader.remaining) left")
    }
    var entries: [Entry] = []
    for _ in 0..<size / UInt64(2 * width) {
      try reader.skip(width)
      entries.append(Entry(position: reader.offset, header: try reader.unsigned(width)))
    }
    try reader.skip(claimed: try reader.unsigned(width))
    return entries
  }

  /// The table's content with each header offset replaced.
  /// - Parameter moved: new header offsets by old ones.
  /// - Throws: if an offset does not belong to a header, or the new one does not fit.
  package func redirected(_ content: Bytes, _ moved: [UInt64: UInt64]) throws(ScrubError) -> Bytes {
    var result = content.array()
    for entry in entries {
      guard let new = moved[entry.header] else {
        throw ScrubError(
          "header offset 0x\(String(entry.header, radix: 16)) is no member's", section: "symbol table",
          offset: UInt64(entry.position))
      }
      guard width == 8 || new <= UInt64(UInt32.max) else {
        throw ScrubError("archive is too large for it", section: "symbol table")
      }
      for index in 0..<width {
        let shift = UInt64(8 * (order == .little ? index : width - 1 - index))
        result[entry.position + index] = UInt8(truncatingIfNeeded: new >> shift)
      }
    }
    return Bytes(result)
  }
}
