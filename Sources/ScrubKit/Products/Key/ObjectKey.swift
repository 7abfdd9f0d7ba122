internal import CElf
import Formats

/// What a linker takes from an ELF object file for the program, without what it takes for debuggers.
///
/// All sections count except those known to be only for debuggers. Indices of sections and symbols shift with debug
/// info, so they are written as indices among those that count.
struct ObjectKey {
  private let image: ElfImage
  private let debugger: DebuggerSections
  /// New indices of the sections that count, by their index in the file.
  private let numbers: [Int: Int]
  private let kept: [ElfImage.Section]
  private let symbols: ObjectSymbols?
  private let buildID: Range<Int>?

  /// - Throws: `notUnderstood` if something refers to sections or symbols in an unknown way.
  init(_ image: ElfImage, _ debugger: DebuggerSections) throws(ScrubError) {
    self.image = image
    self.debugger = debugger
    let machines = [UInt16(EM_MIPS)]
    guard !machines.contains(image.header.machine) else {
      throw Self.refuse("relocations of this machine are laid out differently", "ELF header")
    }
    let groups = try Self.groups(image)
    kept = image.sections.filter { section in
      // Relocations count with their target section.
      guard !debugger[section.index], !Self.isRelocation(section), section.type != UInt32(SHT_NULL) else {
        return false
      }
      // A group that consists only of debug sections is dropped with them.
      return groups[section.index].map { members in members.isEmpty || !members.allSatisfy { debugger[$0] } }
        ?? true
    }
    buildID = BuildIDNotes.sound(in: image)
    numbers = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1.index, $0) })
    for table in image.sections where Self.isRelocation(table) && !debugger[table.index] {
      guard numbers[Int(table.info)] != nil else { throw Self.refuse("relocates nothing", table.name) }
    }
    let tables = image.sections.filter { $0.type == UInt32(SHT_SYMTAB) }
    guard tables.count < 2 else { throw Self.refuse("there are two symbol tables", tables[1].name) }
    symbols = try tables.first.map { (table) throws(ScrubError) in try ObjectSymbols(image, table) }
  }

  private static func isRelocation(_ section: ElfImage.Section) -> Bool {
    section.type == UInt32(SHT_REL) || section.type == UInt32(SHT_RELA)
  }

  static func refuse(_ message: String, _ section: String) -> ScrubError {
    ScrubError(message, section: section, kind: .notUnderstood)
  }

  /// The members of each group (gABI "Section Groups"), by the group's index.
  private static func groups(_ image: ElfImage) throws(ScrubError) -> [Int: [Int]] {
    var groups: [Int: [Int]] = [:]
    for section in image.sections where section.type == UInt32(SHT_GROUP) {
      let content = section.fileRange.map { image.bytes[$0] } ?? Bytes([])
      var reader = Reader(content.span, order: image.header.order, section: section.name)
      try reader.skip(4)
      var members: [Int] = []
      while !reader.isAtEnd { members.append(Int(try reader.u32())) }
      groups[section.index] = members
    }
    return groups
  }

  func digest() throws(ScrubError) -> [UInt8] {
    var writer = KeyWriter("object file", .runtime)
    let header = 0..<ElfHeaderFields.size(is64: image.header.is64)
    writer.stretch(image.bytes, header, masking: ElfHeaderFields.aboutSections(is64: image.header.is64))
    var names = ObjectSymbols.Written(budget: 4 * image.bytes.count)

    writer.list(kept.count)
    for section in kept { try write(section, &writer, &names) }

    // Symbols known by name to other files.
    let globals = symbols?.globals { numbers[$0] != nil } ?? []
    writer.list(globals.count)
    for symbol in globals { try write(symbol: symbol, &writer, &names) }

    let relocations = image.sections.filter { Self.isRelocation($0) && numbers[Int($0.info)] != nil }
    writer.list(relocations.count)
    for table in relocations { try write(relocations: table, &writer, &names) }
    image.strayBytes().write(to: &writer)
    return writer.finish()
  }

  private func write(
    _ section: ElfImage.Section, _ writer: inout KeyWriter, _ names: inout ObjectSymbols.Written
  ) throws(ScrubError) {
    writer.text(section.name)
    for value in [
      UInt64(section.type), section.flags, section.address, section.size, section.alignment,
      section.entrySize,
    ] { writer.number(value) }
    writer.number(numbers[Int(section.link)].map { UInt64($0) + 1 } ?? 0)
    let content = section.fileRange.map { image.bytes[$0] } ?? Bytes([])
    switch section.type {
    case UInt32(SHT_GROUP):
      // The symbol that names the group, flags, members.
      try write(symbol: Int(section.info), &writer, &names)
      var reader = Reader(content.span, order: image.header.order, section: section.name)
      writer.number(UInt64(try reader.u32()))
      var members: [Int] = []
      while !reader.isAtEnd {
        if let number = numbers[Int(try reader.u32())] { members.append(number) }
      }
      writer.list(members.count)
      for member in members { writer.number(UInt64(member)) }
    case Self.addressSignificance:
      var reader = Reader(content.span, order: image.header.order, section: section.name)
      var named: [Int] = []
      while !reader.isAtEnd {
        guard let symbol = Int(exactly: try reader.uleb()) else {
          throw reader.error("symbol is out of range")
        }
        named.append(symbol)
      }
      writer.list(named.count)
      for symbol in named { try write(symbol: symbol, &writer, &names) }
    case UInt32(SHT_NOTE):
      writer.number(UInt64(section.info))
      guard let range = section.fileRange else { return writer.list(0) }
      // It is a hash that includes debug info.
      writer.stretch(image.bytes, range, masking: [buildID].compactMap { $0 })
    default:
      writer.number(UInt64(section.info))
      writer.bytes(content)
    }
  }

  /// `SHT_LLVM_ADDRSIG`: symbol indices as ULEB128.
  private static let addressSignificance: UInt32 = 0x6fff_4c03

  private func write(
    symbol: Int, _ writer: inout KeyWriter, _ names: inout ObjectSymbols.Written
  ) throws(ScrubError) {
    guard let symbols else { throw Self.refuse("there is no symbol table", "symbols") }
    try symbols.write(symbol, &writer, &names) { numbers[$0] }
  }

  private func write(
    relocations table: ElfImage.Section, _ writer: inout KeyWriter, _ names: inout ObjectSymbols.Written
  ) throws(ScrubError) {
    let (is64, isRela) = (image.header.is64, table.type == UInt32(SHT_RELA))
    let size = is64 ? (isRela ? 24 : 16) : (isRela ? 12 : 8)
    guard !table.isCompressed, table.entrySize == UInt64(size), table.size % UInt64(size) == 0 else {
      throw Self.refuse("relocations are not of \(size) bytes", table.name)
    }
    let content = table.fileRange.map { image.bytes[$0] } ?? Bytes([])
    writer.number(UInt64(numbers[Int(table.info)] ?? 0))
    writer.flag(isRela)
    writer.list(content.count / size)
    var reader = Reader(content.span, order: image.header.order, section: table.name)
    let width = is64 ? 8 : 4
    while !reader.isAtEnd {
      writer.number(try reader.unsigned(width))
      let info = try reader.unsigned(width)
      writer.number(is64 ? info & 0xffff_ffff : info & 0xff)
      if isRela { writer.number(try reader.unsigned(width)) }
      try write(symbol: Int(is64 ? info >> 32 : info >> 8), &writer, &names)
    }
  }
}
