internal import CElf

extension ElfImage {
  /// `EM_LOONGARCH`, which older headers lack.
  private static let loongArch: UInt16 = 258

  /// The relocations of each debug section of a relocatable file, by the index of the section they apply to.
  /// - Throws: where a relocation's symbol cannot be read.
  func debugRelocations() throws(ScrubError) -> [Int: Relocations] {
    guard header.type == Self.relocatable else { return [:] }
    let handle = try ElfHandle(bytes)
    var found: [Int: [Relocations.Entry]] = [:]
    for table in sections where table.type == UInt32(SHT_RELA) || table.type == UInt32(SHT_REL) {
      guard let target = sections.indices.contains(Int(table.info)) ? sections[Int(table.info)] : nil,
        target.debugName != nil, table.fileRange != nil
      else { continue }
      // Relaxing linkers leave even lengths to relocations; their files cannot be walked before the link.
      if header.machine == UInt16(EM_RISCV) || header.machine == Self.loongArch {
        throw ScrubError(
          "lengths are subject to relocation on this machine", section: table.name, kind: .notUnderstood)
      }
      if table.isCompressed {
        throw ScrubError("relocations are compressed", section: table.name, kind: .notUnderstood)
      }
      let numbers = sections.first { $0.type == UInt32(SHT_SYMTAB_SHNDX) && $0.link == table.link }
      try handle.forEachRelocation(in: table, is64: header.is64, extension: numbers) { entry in
        found[target.index, default: []].append(entry)
      }
    }
    return found.mapValues { Relocations($0, addendWidth: header.is64 ? 8 : 4) }
  }
}
