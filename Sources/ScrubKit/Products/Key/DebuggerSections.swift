internal import CElf
import Formats

/// Which sections of an ELF file only debuggers read: DWARF and its relocations, stabs, links to debug files, and the
/// static symbol table with its names. Everything else is content, whoever may read it. Names are compared as a whole,
/// because `.debug_payload` is something that somebody added.
struct DebuggerSections: Sendable {
  /// By section index.
  private let isDebugger: [Bool]

  subscript(index: Int) -> Bool { isDebugger.indices.contains(index) && isDebugger[index] }

  init(_ image: ElfImage) {
    let sections = image.sections
    // In a damaged file, each of many sections may claim all of it.
    var budget = image.bytes.count
    var found = sections.map { section in
      Self.isDebugInfo(section) || BuildAttributes.isAll(of: section, in: image, &budget)
    }
    // Symbols, and the strings that they and the section headers use as names.
    for section in sections where section.type == UInt32(SHT_SYMTAB) && !section.isLoaded {
      found[section.index] = true
      Self.mark(strings: Int(section.link), in: sections, &found)
    }
    for section in sections where section.type == UInt32(SHT_SYMTAB_SHNDX) && !section.isLoaded {
      let table = Int(section.link)
      if sections.indices.contains(table), found[table] { found[section.index] = true }
    }
    Self.mark(strings: image.sectionNames, in: sections, &found)
    // Relocations are treated like their target section.
    for section in sections where !section.isLoaded {
      guard section.type == UInt32(SHT_REL) || section.type == UInt32(SHT_RELA) else { continue }
      let target = Int(section.info)
      if sections.indices.contains(target), Self.isDebugInfo(sections[target]) { found[section.index] = true }
    }
    isDebugger = found
  }

  private static func mark(strings index: Int, in sections: [ElfImage.Section], _ found: inout [Bool]) {
    guard sections.indices.contains(index), sections[index].type == UInt32(SHT_STRTAB),
      !sections[index].isLoaded
    else { return }
    found[index] = true
  }

  private static func isDebugInfo(_ section: ElfImage.Section) -> Bool {
    guard !section.isLoaded else { return false }
    switch section.type {
    case UInt32(SHT_PROGBITS), UInt32(SHT_NOBITS), mipsDebugInfo: break
    case UInt32(SHT_STRTAB): return stabNames.contains(section.name)
    default: return false
    }
    return isDebugInfo(named: section.name)
  }

  /// `SHT_MIPS_DWARF`.
  private static let mipsDebugInfo: UInt32 = 0x7000_001e

  /// Whether only debuggers look for a section of this name: DWARF 5 section 7.3.5 and appendix G, GNU's and LLVM's
  /// extensions, and stabs.
  static func isDebugInfo(named name: String) -> Bool {
    var name = name[...]
    if name.hasSuffix(".dwo") { name = name.dropLast(4) }
    if name.hasPrefix(".zdebug_") { name = "." + name.dropFirst(2) }
    return names.contains(String(name))
  }

  private static let stabNames: Set<String> = [".stabstr", ".stab.indexstr", ".stab.exclstr"]

  private static let names: Set<String> = stabNames.union([
    ".debug_abbrev", ".debug_addr", ".debug_aranges", ".debug_cu_index", ".debug_frame", ".debug_funcnames",
    ".debug_gdb_scripts", ".debug_gnu_pubnames", ".debug_gnu_pubtypes", ".debug_info", ".debug_line",
    ".debug_line_str", ".debug_loc", ".debug_loclists", ".debug_macinfo", ".debug_macro", ".debug_names",
    ".debug_pubnames", ".debug_pubtypes", ".debug_ranges", ".debug_rnglists", ".debug_str",
    ".debug_str_offsets", ".debug_sup", ".debug_tu_index", ".debug_typenames", ".debug_types",
    ".debug_varnames", ".debug_weaknames", ".gdb_index", ".gnu_debugaltlink", ".gnu_debugdata",
    ".gnu_debuglink", ".line", ".stab", ".stab.excl", ".stab.index",
  ])
}

/// `.gnu.build.attributes`: how each function was compiled, for tools that audit packages (annobin's "watermark"
/// notes). strip(1) merges them, so they count only if there is something else among them.
private enum BuildAttributes {
  static func isAll(of section: ElfImage.Section, in image: ElfImage, _ budget: inout Int) -> Bool {
    guard section.name.hasPrefix(".gnu.build.attributes"), section.type == UInt32(SHT_NOTE),
      !section.isLoaded, let range = section.fileRange
    else { return false }
    budget -= range.count
    guard budget >= 0 else { return false }
    let content = image.bytes[range]
    var reader = Reader(content.span, order: image.header.order, section: section.name)
    do throws(ScrubError) {
      while !reader.isAtEnd {
        let nameSize = try reader.u32()
        let descriptorSize = try reader.u32()
        let type = try reader.u32()
        // NT_GNU_BUILD_ATTRIBUTE_OPEN and _FUNC, with an empty descriptor or an address range.
        guard type == 0x100 || type == 0x101, [0, 4, 8, 16].contains(descriptorSize), nameSize >= 4,
          try reader.u8() == UInt8(ascii: "G"), try reader.u8() == UInt8(ascii: "A")
        else { return false }
        try reader.skip(claimed: ((UInt64(nameSize) + 3) & ~3) - 2 + UInt64(descriptorSize))
      }
      return true
    } catch {
      return false
    }
  }
}
