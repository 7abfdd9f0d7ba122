internal import CElf

extension ElfImage {
  /// Whether this is a supplementary object file (DWARF 5 section 7.3.6), as created by `dwz -m`: debug info that
  /// several files share. They refer to its strings by offset (`DW_FORM_strp_sup`, `DW_FORM_GNU_strp_alt`), and find it
  /// by the build-id in their `.gnu_debugaltlink`.
  package var isSupplementary: Bool {
    guard segments.isEmpty, sections.contains(where: { $0.debugName == ".debug_str" && !$0.isSplitDebug })
    else { return false }
    // dwz marks it as relocatable, but it contains nothing that a linker could use, not even symbols.
    return header.type != Self.relocatable || !sections.contains { $0.type == UInt32(SHT_SYMTAB) }
  }
}

/// `.gnu_debugaltlink`: the name of the supplementary file, followed by its build-id.
package struct SupplementaryLink: Sendable {
  package var name: String
  package var buildID: [UInt8]
  /// The position of the build-id, in file offsets.
  package var position: Range<Int>

  /// Nil if there is no such section, or it does not contain a name and id.
  package init?(_ image: ElfImage) {
    guard let section = image.section(named: ".gnu_debugaltlink"), !section.isCompressed,
      let range = section.fileRange, let name = image.bytes[range].string(at: 0), name.count + 1 < range.count
    else { return nil }
    self.name = String(decoding: name.array(), as: UTF8.self)
    position = range.lowerBound + name.count + 1..<range.upperBound
    buildID = image.bytes[position].array()
  }
}
