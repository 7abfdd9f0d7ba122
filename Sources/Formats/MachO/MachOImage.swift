/// One Mach-O file for a single architecture, as values: headers and load commands, checked against the file's size.
///
/// Names follow <mach-o/loader.h>.
package struct MachOImage: Sendable {
  package struct Header: Sendable {
    package var is64: Bool
    package var order: ByteOrder
    package var cpuType: UInt32
    package var cpuSubtype: UInt32
    package var fileType: UInt32
    package var flags: UInt32
    /// File range of the load commands.
    package var commands: Range<Int>

    /// File offsets of `ncmds` and `sizeofcmds`.
    package static let commandCountPosition = 16
    package static let commandsSizePosition = 20
  }

  package struct Command: Sendable {
    package var kind: UInt32
    /// File range, including the command header.
    package var range: Range<Int>
    package var name: String { LoadCommandKind.name(kind) }
  }

  package struct Segment: Sendable {
    package var name: String
    package var address: UInt64
    package var memorySize: UInt64
    /// File offset and size in bytes.
    package var offset: UInt64
    package var fileSize: UInt64
    /// Where the load command begins.
    package var commandPosition: Int
    /// Indices of its sections.
    package var sections: Range<Int>
    /// Empty if it has no bytes in this file.
    package var fileRange: Range<Int>
  }

  package struct Section: Sendable {
    package var index: Int
    package var segmentName: String
    package var name: String
    package var address: UInt64
    package var size: UInt64
    /// File offset in bytes.
    package var offset: UInt64
    /// As a power of two.
    package var alignment: UInt32
    package var relocationOffset: UInt64
    package var relocationCount: UInt64
    package var flags: UInt32
    /// File offset of the section's header in its segment command.
    package var headerPosition: Int
    /// The bytes the section owns in the file; nil if it owns none.
    package var fileRange: Range<Int>?

    /// `__TEXT,__cstring`, as tools and linker options spell it.
    package var label: String { "\(segmentName),\(name)" }
    /// `S_ATTR_PURE_INSTRUCTIONS` or `S_ATTR_SOME_INSTRUCTIONS`.
    package var isCode: Bool { flags & 0x8000_0400 != 0 }
    /// `S_ZEROFILL`, `S_GB_ZEROFILL`, `S_THREAD_LOCAL_ZEROFILL`.
    package var isZeroFill: Bool { [0x1, 0xc, 0x12].contains(flags & 0xff) }
  }

  package struct SymbolTable: Sendable {
    package var count: Int
    /// File offsets.
    package var symbols: Range<Int>
    package var strings: Range<Int>
    package var commandPosition: Int
  }

  package let bytes: Bytes
  package let header: Header
  package let commands: [Command]
  package let segments: [Segment]
  package let sections: [Section]
  package let symbolTable: SymbolTable?
  /// The position of the words of `LC_DYSYMTAB`, after the command header.
  package let dynamicSymbols: Int?
  /// The tables that load commands point to, ascending.
  package let parts: [Part]
  /// File offsets of the 16 bytes of each `LC_UUID`; there is one.
  package let uuids: [Range<Int>]
  /// The signature's bytes and the position of its load command.
  package let signature: (range: Range<Int>, commandPosition: Int)?
  /// Whether a segment's bytes are encrypted (`cryptid`).
  package let isEncrypted: Bool

  package var symbolSize: Int { header.is64 ? 16 : 12 }
  package var isDSYM: Bool { header.fileType == FileType.dSYM }
  package var isObject: Bool { header.fileType == FileType.object }
  package var architecture: String { Architecture.name(header.cpuType, header.cpuSubtype) }

  package init(_ bytes: Bytes) throws(ScrubError) {
    let header = try Self.header(bytes)
    let commands = try Self.commands(bytes, header)
    var tables = MachOTables(bytes, header)
    for command in commands { try tables.read(command) }
    self.bytes = bytes
    self.header = header
    self.commands = commands
    segments = tables.segments
    sections = tables.sections
    symbolTable = tables.symbolTable
    dynamicSymbols = tables.dynamicSymbols
    parts = tables.parts.sorted { ($0.range.lowerBound, $0.name) < ($1.range.lowerBound, $1.name) }
    uuids = tables.uuids
    signature = tables.signature
    isEncrypted = tables.isEncrypted
  }

  private static func header(_ bytes: Bytes) throws(ScrubError) -> Header {
    var big = Reader(bytes.span, order: .big, section: "Mach header")
    let magic = try big.u32()
    let order: ByteOrder = magic == 0xfeed_face || magic == 0xfeed_facf ? .big : .little
    guard [0xfeed_face, 0xfeed_facf, 0xcefa_edfe, 0xcffa_edfe].contains(magic) else {
      throw ScrubError("not a Mach-O image", section: "Mach header", offset: 0)
    }
    var reader = Reader(bytes.span, order: order, section: "Mach header")
    let is64 = try reader.u32() == 0xfeed_facf
    let cpuType = try reader.u32()
    let cpuSubtype = try reader.u32()
    let fileType = try reader.u32()
    let count = UInt64(try reader.u32())
    let size = UInt64(try reader.u32())
    let flags = try reader.u32()
    if is64 { try reader.skip(4) }
    let start = reader.offset
    try reader.skip(claimed: size)
    guard count * 8 <= size else {
      throw ScrubError(
        "\(count) load commands do not fit into \(size) bytes", section: "Mach header",
        offset: UInt64(Header.commandCountPosition))
    }
    return Header(
      is64: is64, order: order, cpuType: cpuType, cpuSubtype: cpuSubtype, fileType: fileType, flags: flags,
      commands: start..<reader.offset)
  }

  private static func commands(_ bytes: Bytes, _ header: Header) throws(ScrubError) -> [Command] {
    var commands: [Command] = []
    let count = bytes.span.unsigned(at: Header.commandCountPosition, width: 4, order: header.order)
    var reader = Reader(
      bytes[0..<header.commands.upperBound].span, order: header.order, section: "load commands",
      at: header.commands.lowerBound)
    for _ in 0..<count {
      let start = reader.offset
      let kind = try reader.u32()
      let size = try reader.u32()
      guard size >= 8, size % 4 == 0 else {
        throw ScrubError(
          "size \(size) of \(LoadCommandKind.name(kind)) is no multiple of 4, or too small",
          section: "load commands", offset: UInt64(start))
      }
      try reader.skip(claimed: UInt64(size) - 8)
      commands.append(Command(kind: kind, range: start..<reader.offset))
    }
    return commands
  }
}
