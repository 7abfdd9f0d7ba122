/// The DWARF of one image: its sections' contents, inflated, under their ELF names (DWARF 5 section 7.4 and appendix
/// B), whatever their container.
package struct DwarfSections: Sendable {
  package struct Section: Sendable {
    /// `.debug_info`, also for `.zdebug_info`, `.debug_info.dwo` and Mach-O's `__debug_info`.
    package var name: String
    /// Its name in the file, for errors and places.
    package var label: String
    package var content: Bytes
    /// The section's index in its image.
    package var index: Int
    /// Only in relocatable files.
    package var relocations: Relocations?
    /// The symbols in it, except the one for the whole section, in symbol table order.
    package var labels: [Label] = []
    /// Why labels and references to them cannot follow strings that move; nil if they can.
    package var fixture: String?
  }

  /// A symbol inside a debug section, as left by older assemblers and in hand-written code.
  package struct Label: Sendable {
    /// Bytes from the section's start; a label at its end is the section's size.
    package var offset: UInt64
    /// The location of `st_value`: symbol table's section, and bytes from its start.
    package var field: (section: Int, offset: Int)
  }

  package var order: ByteOrder
  /// Whether these are the sections of split DWARF (`.dwo` and `.dwp`, DWARF 5 section 7.3), which have their own
  /// string tables and line tables.
  package var isSplit = false
  /// Bytes per address in the image, for libdwarf's callbacks.
  package var addressSize: UInt8
  /// In image order. Names may repeat (COMDAT groups in relocatable files).
  package var sections: [Section]
  /// Why references in these sections cannot be followed; nil if they can.
  package var obstacle: ScrubError?

  package subscript(name: String) -> Section? { sections.first { $0.name == name } }

  /// Whether libdwarf can read them: it would have to relocate object files first, and rejects sections that exist more
  /// than once.
  package var isForLibdwarf: Bool {
    !sections.contains { $0.relocations != nil } && Set(sections.map(\.name)).count == sections.count
  }

  package var isEmpty: Bool { !sections.contains { $0.name == ".debug_info" || $0.name == ".debug_line" } }
}

extension [DwarfSections] {
  /// The debug section with this index in its image, and the group it belongs to.
  package func section(_ index: Int) -> (DwarfSections.Section, group: DwarfSections)? {
    for group in self {
      if let section = group.sections.first(where: { $0.index == index }) { return (section, group) }
    }
    return nil
  }
}

/// What an offset in the debug info points into, and where it may have to be redirected.
package enum ReferenceTarget: Int, Sendable, CaseIterable {
  /// DWARF 5 section 7.26.
  case str
  /// DWARF 5 section 6.2.4.
  case lineStr
  /// A line number program (`DW_AT_stmt_list`, DWARF 5 section 3.1.1; `debug_line_offset`, section 6.3.1).
  case line

  package static let stringTables: [ReferenceTarget] = [.str, .lineStr]

  package var sectionName: String {
    switch self {
    case .str: ".debug_str"
    case .lineStr: ".debug_line_str"
    case .line: ".debug_line"
    }
  }
}

/// One offset into another debug section.
package struct SectionReference: Sendable {
  package var kind: ReferenceTarget
  /// 4 bytes in 32-bit DWARF, 8 in 64-bit DWARF.
  package var width: Int
  /// The location of the offset, in bytes from its section's start.
  package var position: Int
  /// The offset's value, in bytes from the target section's start.
  package var target: UInt64

  package init(
    kind: ReferenceTarget, width: Int, position: Int, target: UInt64
  ) {
    self.kind = kind
    self.width = width
    self.position = position
    self.target = target
  }
}

extension Bytes {
  /// The NUL-terminated string at `offset`, without its NUL; nil if there is none.
  package func string(at offset: UInt64) -> Bytes? {
    guard let start = Int(exactly: offset), start <= count, let end = span.firstIndex(of: 0, from: start)
    else {
      return nil
    }
    return self[start..<end]
  }
}
