/// The DWARF of one image: its sections' contents, inflated, under their ELF names (DWARF 5 section 7.4 and
/// appendix B), whatever container they come from.
struct DwarfSections: Sendable {
  struct Section: Sendable {
    /// `.debug_info`, without a `z` and also for Mach-O's `__debug_info`.
    var name: String
    var content: Bytes
    /// The section's index in its image.
    var index: Int
  }

  var order: ByteOrder
  /// Bytes of an address in the image, for libdwarf's callbacks.
  var addressSize: UInt8
  /// In the image's order. Names may repeat (COMDAT groups in relocatable files).
  var sections: [Section]

  subscript(name: String) -> Section? { sections.first { $0.name == name } }

  var isEmpty: Bool { !sections.contains { $0.name == ".debug_info" || $0.name == ".debug_line" } }
}

/// The two string tables that references are redirected in (DWARF 5 sections 7.26 and 6.2.4).
enum StringTableKind: Int, Sendable, CaseIterable {
  case str
  case lineStr

  var sectionName: String {
    switch self {
    case .str: ".debug_str"
    case .lineStr: ".debug_line_str"
    }
  }
}

/// One place that holds an offset into a string table.
struct StringReference: Sendable {
  var table: StringTableKind
  /// 4 bytes in 32-bit DWARF, 8 in 64-bit DWARF.
  var width: Int
  /// Where the offset stands, in bytes from its section's start.
  var position: Int
  /// The offset itself, in bytes from the string table's start.
  var target: UInt64
}
