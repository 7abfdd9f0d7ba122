import Formats

extension FileKind {
  /// A WebAssembly module or component, as loaded by Pyodide: `\0asm`.
  static let webAssembly = FileKind(
    "a WebAssembly module", begins: { $0.magic == 0x0061_736d },
    scrub: { part, _ in
      SearchOnly(options: part.options, reason: WebAssembly.reason).run(WebAssembly(part.bytes).regions())
    })
}

/// The sections of a WebAssembly module ("Core Specification", 5.5.2).
struct WebAssembly {
  static let reason = "WebAssembly modules are searched, not rewritten; compile without the path"

  private let bytes: Bytes
  /// The sections before the first one that cannot be read.
  private var parts: [SearchOnly.Part] = []

  init(_ bytes: Bytes) {
    self.bytes = bytes
    try? readSections()
  }

  /// Every byte once.
  func regions() -> [Region] { SearchOnly.regions(of: bytes, parts, rest: "header") }

  private mutating func readSections() throws(ScrubError) {
    let bytes = bytes
    var reader = Reader(bytes.span, order: .little, section: "WebAssembly module")
    // Magic, and version or layer.
    try reader.skip(8)
    while !reader.isAtEnd {
      let start = reader.offset
      let id = try reader.u8()
      let size = try reader.uleb()
      var content = reader
      try reader.skip(claimed: size)
      let name = id == 0 ? Self.customName(&content, end: reader.offset) : nil
      parts.append(
        SearchOnly.Part(
          name: name ?? Self.names[Int(id), default: "section \(id)"],
          range: UInt64(start)..<UInt64(reader.offset)))
    }
  }

  /// A custom section begins with its name: `.debug_str`, `producers`.
  @_lifetime(reader: copy reader)
  private static func customName(_ reader: inout Reader, end: Int) -> String? {
    guard let length = try? reader.uleb(), length <= UInt64(end - reader.offset) else { return nil }
    let start = reader.offset
    let bytes = reader.bytes
    return String(decoding: (start..<start + Int(length)).map { bytes[$0] }, as: UTF8.self)
  }

  private static let names: [Int: String] = [
    0: "custom", 1: "type", 2: "import", 3: "function", 4: "table", 5: "memory", 6: "global", 7: "export",
    8: "start", 9: "element", 10: "code", 11: "data", 12: "data count", 13: "tag",
  ]
}
