internal import BuildRoots
internal import CElf
import Formats

/// The rebuilt string table of an ELF image's symbols: the length of source file names (`STT_FILE`) depends on that of
/// their directory's name.
///
/// Only debuggers and the next linker read it, through `st_name` alone (gABI "Symbol Table"); so its offsets may
/// change, as in Mach-O (`SymbolTablePlan`).
struct SymbolStringPlan: Sendable {
  /// Indices of the string section, and of the symbol section that refers to it.
  let strings: Int
  let symbols: Int
  /// The new table; its first byte is the NUL that means no name.
  let content: CanonicalTable
  /// The table's bytes.
  let bytes: Bytes
  private let referenced: OffsetSet

  /// The new `st_name` of symbols, given the old one.
  func newName(_ old: UInt32) -> UInt32 {
    // Empty names are not in the set.
    referenced.rank(Int(old)).map { content.offsets[$0] } ?? 0
  }

  /// The decision on the tables with a root.
  enum Decision: Sendable {
    /// There is no such table.
    case none
    case rebuilt(SymbolStringPlan)
    /// This section is edited in place, for this reason.
    case inPlace(Int, ScrubError)
  }

  /// - Parameter hits: all roots of the image, in `regions`.
  static func decide(
    _ image: ElfImage, regions: [Region], hits: [Hit], roots: RootMap, layout: Options.Layout
  ) -> Decision {
    let leaking = Set(hits.compactMap { regions[$0.region].section })
    let tables = image.sections.filter { $0.type == UInt32(SHT_SYMTAB) && !$0.isLoaded }
    guard let symbols = tables.first(where: { leaking.contains(Int($0.link)) }) else { return .none }
    let strings = image.sections[Int(symbols.link)]
    do throws(ScrubError) {
      func refuse(_ message: String, _ section: ElfImage.Section) -> ScrubError {
        ScrubError(message, section: section.name, kind: .notUnderstood)
      }
      guard layout == .compact else { throw refuse("every section keeps its place", strings) }
      guard !leaking.contains(symbols.index) else { throw refuse("a path stands in the symbols", symbols) }
      try checkAlone(image, symbols, strings)
      return .rebuilt(try SymbolStringPlan(image, symbols, strings, roots))
    } catch {
      return .inPlace(strings.index, error)
    }
  }

  /// Only these symbols may refer into the table, and both must be movable.
  private static func checkAlone(
    _ image: ElfImage, _ symbols: ElfImage.Section, _ strings: ElfImage.Section
  ) throws(ScrubError) {
    func refuse(_ message: String, _ section: ElfImage.Section) -> ScrubError {
      ScrubError(message, section: section.name, kind: .notUnderstood)
    }
    guard strings.type == UInt32(SHT_STRTAB) else { throw refuse("it is no string table", strings) }
    if let other = image.sections.first(where: {
      Int($0.link) == strings.index && $0.index != symbols.index
    }) {
      throw refuse("\(other.name) refers to it too", strings)
    }
    // LLVM keeps the names of an object file's sections and symbols in one table.
    guard image.sectionNames != strings.index else {
      throw refuse("section headers refer to it too", strings)
    }
    let movable = ElfLayout(compact: image, sizes: [:])?.movable ?? []
    for section in [symbols, strings] {
      guard movable.contains(section.index), !section.isCompressed, let range = section.fileRange else {
        throw refuse("it cannot move", section)
      }
      let overlapping = image.sections.contains {
        $0.index != section.index && $0.fileRange?.overlaps(range) ?? false
      }
      guard !overlapping else { throw refuse("another section has the same bytes", section) }
    }
    let size = image.header.is64 ? 24 : 16
    guard symbols.entrySize == UInt64(size), symbols.size % UInt64(size) == 0 else {
      throw refuse("symbols are not of \(size) bytes", symbols)
    }
  }

  private init(
    _ image: ElfImage, _ symbols: ElfImage.Section, _ strings: ElfImage.Section, _ roots: RootMap
  ) throws(ScrubError) {
    let old = strings.fileRange.map { image.bytes[$0] } ?? Bytes([])
    var referenced = OffsetSet(size: old.count)
    guard old.count > 0, old[0] == 0 else {
      throw ScrubError("the table does not begin with NUL", section: strings.name, kind: .notUnderstood)
    }
    for (index, name) in image.symbolNames(in: symbols).enumerated() {
      guard Int(name) < old.count else {
        throw ScrubError(
          "name offset 0x\(String(name, radix: 16)) lies outside of \(strings.name)", section: symbols.name,
          offset: UInt64(index) * symbols.entrySize, kind: .notUnderstood)
      }
      if old[Int(name)] != 0 { referenced.insert(Int(name)) }
    }
    referenced.seal()
    let rewritten = try DebugStrings.rewritten(old, referenced, roots, section: strings.name)
    content = try CanonicalTable(
      table: old, arena: rewritten.arena, strings: rewritten.ranges, keepsStart: true)
    bytes = Bytes(content.bytes)
    self.referenced = referenced
    self.strings = strings.index
    self.symbols = symbols.index
  }
}

extension ElfImage {
  /// Every `st_name` of a symbol table, in order: the first word of an entry in both classes.
  /// - Precondition: `sh_entsize` is the size of a symbol.
  func symbolNames(in table: Section) -> [UInt32] {
    guard let range = table.fileRange else { return [] }
    let content = bytes[range]
    return stride(from: 0, to: content.count, by: Int(table.entrySize)).map {
      UInt32(truncatingIfNeeded: content.span.unsigned(at: $0, width: 4, order: header.order))
    }
  }
}
