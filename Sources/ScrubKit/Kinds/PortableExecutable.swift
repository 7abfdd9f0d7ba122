import Formats

extension FileKind {
  /// A Windows image: `MZ`, then two counts and a number of relocations, none of them large: no text begins like this.
  static let portableExecutable = FileKind(
    "a PE image",
    begins: { $0.magic >> 16 == 0x4d5a && $0.magic & 0xff == 0 && $0.word & 0x00ff_00ff == 0 },
    scrub: { part, _ in
      SearchOnly(options: part.options, reason: PortableExecutable.reason)
        .run(PortableExecutable(part.bytes).regions())
    })
}

/// The sections of a Windows image: `.pyd`, `.dll`, `.exe` (Microsoft, "PE Format").
struct PortableExecutable {
  static let reason = "images of Windows (PE) are searched, not rewritten; compile without the path"

  private let bytes: Bytes
  private var parts: [SearchOnly.Part] = []

  /// An image without a readable section table has no sections, but is still searched.
  init(_ bytes: Bytes) {
    self.bytes = bytes
    parts = (try? sections()) ?? []
  }

  /// Every byte once.
  func regions() -> [Region] { SearchOnly.regions(of: bytes, parts, rest: "headers and gaps") }

  /// As in "Section Table (Section Headers)": SizeOfRawData bytes at PointerToRawData.
  private func sections() throws(ScrubError) -> [SearchOnly.Part] {
    var reader = Reader(bytes.span, order: .little, section: "PE header")
    try reader.seek(to: Self.signaturePointer)
    try reader.seek(to: Int(try reader.u32()))
    guard try reader.u32() == Self.signature else { throw reader.error("has no PE signature") }
    // "COFF File Header": Machine, NumberOfSections, TimeDateStamp.
    try reader.skip(2)
    let count = try reader.u16()
    try reader.skip(4)
    let symbolTable = UInt64(try reader.u32())
    // The string table follows the symbols.
    let strings = symbolTable == 0 ? nil : symbolTable + UInt64(try reader.u32()) * Self.symbolSize
    if strings == nil { try reader.skip(4) }
    let optionalHeaderSize = Int(try reader.u16())
    // Characteristics.
    try reader.skip(2 + optionalHeaderSize)

    var parts: [SearchOnly.Part] = []
    for _ in 0..<count {
      try reader.need(Self.rowSize)
      let name = bytes[reader.offset..<reader.offset + 8]
      // Name, VirtualSize, VirtualAddress.
      try reader.skip(16)
      let size = UInt64(try reader.u32())
      let start = UInt64(try reader.u32())
      // Relocations, line numbers, Characteristics.
      try reader.skip(16)
      parts.append(SearchOnly.Part(name: text(name, strings), range: start..<start + size))
    }
    return parts
  }

  private static let signaturePointer = 0x3c
  /// `PE\0\0`.
  private static let signature: UInt32 = 0x4550
  private static let rowSize = 40
  private static let symbolSize: UInt64 = 18
  /// The longest name accepted beyond its field; the longest known names have twenty bytes.
  private static let longestName = 64

  /// A name of more than eight bytes, such as `.debug_str`, is in the string table: `/123` gives its offset.
  /// - Parameter strings: the table's file offset.
  private func text(_ field: Bytes, _ strings: UInt64?) -> String {
    let name = Self.text(field)
    guard name.hasPrefix("/"), let offset = UInt32(name.dropFirst()), let strings else { return name }
    let start = strings + UInt64(offset)
    let length = min(UInt64(Self.longestName), UInt64(bytes.count) - min(start, UInt64(bytes.count)))
    return bytes.slice(at: start, length: length).map(Self.text) ?? name
  }

  private static func text(_ bytes: Bytes) -> String {
    String(decoding: bytes.array().prefix { $0 != 0 }, as: UTF8.self)
  }
}
