/// One architecture's image inside a file: `loader.h`'s header and load commands, read for judging.
struct MachSlice: Sendable {
  struct Command: Sendable {
    var kind: Int
    /// Offset and size in bytes, in the slice.
    var offset: Int
    var size: Int
  }

  struct Segment: Sendable {
    var name: String
    var command: Command
    var fileOffset: Int
    var fileSize: Int
    var memorySize: Int
    var sections: [Section]
  }

  struct Section: Sendable {
    var name: String
    var offset: Int
    var size: Int
  }

  /// One nlist entry: where it lies, and its fields.
  struct Symbol: Sendable {
    var offset: Int
    var nameOffset: Int
    var type: Int
    var section: Int
    var description: Int
    var value: Int
  }

  var data: MachBytes
  /// Where the slice lies in its file.
  var fileRange: Range<Int>
  var is64: Bool
  var cpu: Int
  var fileType: Int
  var commands: [Command]

  static let signature = 0x1d
  static let uuid = 0x1b
  static let symtab = 0x2

  /// The slices of a thin or fat file.
  static func all(in file: MachBytes) throws -> [MachSlice] {
    guard [0xcafe_babe, 0xcafe_babf].contains(try file.big32(0)) else {
      return [try MachSlice(file, at: 0..<file.count)]
    }
    let isWide = try file.big32(0) == 0xcafe_babf
    let count = try file.big32(4)
    guard count <= 30 else { throw MachFault(description: "\(count) architectures") }
    return try (0..<count).map { index in
      let entry = 8 + index * (isWide ? 32 : 20)
      let start = isWide ? try file.big64(entry + 8) : try file.big32(entry + 8)
      let size = isWide ? try file.big64(entry + 16) : try file.big32(entry + 12)
      let range = try file.range(start, size)
      return try MachSlice(MachBytes(Array(try file[range])), at: range)
    }
  }

  static func all(in path: String) throws -> [MachSlice] { try all(in: MachBytes(path: path)) }

  /// Whether the bytes begin as a Mach-O image or as a fat file of them (whose magic Java's classes share).
  static func isMach(_ bytes: [UInt8]) -> Bool {
    let data = MachBytes(bytes)
    guard let magic = try? data.u32(0), let version = try? data.big32(4) else { return false }
    return magic == 0xfeed_facf || magic == 0xfeed_face || (magic == 0xbeba_feca && version <= 30)
      || (magic == 0xbfba_feca && version <= 30)
  }

  init(_ data: MachBytes, at fileRange: Range<Int>) throws {
    self.data = data
    self.fileRange = fileRange
    let magic = try data.u32(0)
    guard magic == 0xfeed_facf || magic == 0xfeed_face else {
      throw MachFault(description: "no little-endian Mach-O: magic \(String(magic, radix: 16))")
    }
    is64 = magic == 0xfeed_facf
    cpu = try data.u32(4)
    fileType = try data.u32(12)
    commands = []
    let start = is64 ? 32 : 28
    let end = start + (try data.u32(20))
    var offset = start
    for _ in 0..<(try data.u32(16)) {
      let size = try data.u32(offset + 4)
      guard size >= 8, size % 4 == 0, offset + size <= end else {
        throw MachFault(description: "load command at \(offset) of \(size) bytes")
      }
      commands.append(Command(kind: try data.u32(offset), offset: offset, size: size))
      offset += size
    }
    guard offset == end else { throw MachFault(description: "load commands end at \(offset), not at \(end)") }
  }

  func commands(_ kind: Int) -> [Command] { commands.filter { $0.kind == kind } }

  func command(_ kind: Int) throws -> Command? {
    let all = commands(kind)
    guard all.count <= 1 else { throw MachFault(description: "\(all.count) load commands \(kind)") }
    return all.first
  }

  /// Offset and size of the code signature; nil where there is none.
  func signatureRange() throws -> Range<Int>? {
    guard let command = try command(Self.signature) else { return nil }
    return try data.range(data.u32(command.offset + 8), data.u32(command.offset + 12))
  }

  func uuidRange() throws -> Range<Int>? {
    try command(Self.uuid).map { try data.range($0.offset + 8, 16) }
  }

  /// As codesign(1) and dwarfdump print it, without dashes: 32 upper case hex digits.
  func uuid() throws -> String? {
    guard let range = try uuidRange() else { return nil }
    return try data[range].map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }

  func segments() throws -> [Segment] {
    try commands.filter { $0.kind == (is64 ? 0x19 : 0x1) }.map { command in
      let at = command.offset
      let sections = at + (is64 ? 72 : 56)
      let step = is64 ? 80 : 68
      let count = try data.u32(at + (is64 ? 64 : 48))
      guard sections - at + count * step <= command.size else {
        throw MachFault(description: "\(count) sections in a command of \(command.size) bytes")
      }
      return Segment(
        name: try data.name(at + 8, 16), command: command,
        fileOffset: try is64 ? data.u64(at + 40) : data.u32(at + 32),
        fileSize: try is64 ? data.u64(at + 48) : data.u32(at + 36),
        memorySize: try is64 ? data.u64(at + 32) : data.u32(at + 28),
        sections: try (0..<count).map { index in
          let at = sections + index * step
          return Section(
            name: try data.name(at, 16), offset: try data.u32(at + (is64 ? 48 : 40)),
            size: try is64 ? data.u64(at + 40) : data.u32(at + 36))
        })
    }
  }

  func segment(_ name: String) throws -> Segment? { try segments().first { $0.name == name } }

  struct SymbolTable: Sendable {
    var command: Command
    var offset: Int
    var count: Int
    var strings: Range<Int>
  }

  func symbolTable() throws -> SymbolTable? {
    guard let command = try command(Self.symtab) else { return nil }
    let at = command.offset
    return SymbolTable(
      command: command, offset: try data.u32(at + 8), count: try data.u32(at + 12),
      strings: try data.range(data.u32(at + 16), data.u32(at + 20)))
  }

  func symbols() throws -> [Symbol] {
    guard let table = try symbolTable() else { return [] }
    let step = is64 ? 16 : 12
    _ = try data.range(table.offset, table.count * step)
    return try (0..<table.count).map { index in
      let at = table.offset + index * step
      return Symbol(
        offset: at, nameOffset: try data.u32(at), type: try data.u8(at + 4), section: try data.u8(at + 5),
        description: try data.u16(at + 6), value: try is64 ? data.u64(at + 8) : data.u32(at + 8))
    }
  }

  func name(of symbol: Symbol, in table: SymbolTable) throws -> String {
    try data.string(table.strings.lowerBound + symbol.nameOffset, before: table.strings.upperBound)
  }
}
