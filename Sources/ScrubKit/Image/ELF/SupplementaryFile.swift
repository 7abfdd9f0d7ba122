internal import CElf

extension ElfImage {
  /// Whether this is a supplementary object file (DWARF 5 section 7.3.6), as `dwz -m` makes it: debug info that
  /// several files share. They refer to its strings by offset (`DW_FORM_strp_sup`, `DW_FORM_GNU_strp_alt`), and
  /// find it by the build-id that stands in their `.gnu_debugaltlink`.
  var isSupplementary: Bool {
    guard segments.isEmpty, sections.contains(where: { $0.debugName == ".debug_str" && !$0.isSplitDebug })
    else { return false }
    // dwz calls it relocatable; but nothing that a linker could want is in it, not even symbols.
    return header.type != Self.relocatable || !sections.contains { $0.type == UInt32(SHT_SYMTAB) }
  }
}
