internal import CElf
import Platform

/// Owns one libelf descriptor over bytes in memory; the only place where libelf's pointers live.
///
/// The `Bytes` given must outlive the handle; libelf reads them in place.
@safe package struct ElfHandle: ~Copyable {
  private let elf: OpaquePointer
  private let order: ByteOrder

  /// Opens an ELF image (ELF gABI chapter 4) that is completely in memory.
  package init(_ bytes: Bytes) throws(ScrubError) {
    guard bytes.count > Int(EI_DATA), ElfImage.hasMagic(bytes) else {
      throw ScrubError("not an ELF image", section: "ELF header", offset: 0)
    }
    _ = elf_version(UInt32(EV_CURRENT))
    let opened = unsafe bytes.withUnsafeBytes { buffer in
      unsafe elf_memory(
        UnsafeMutablePointer(mutating: buffer.baseAddress!.assumingMemoryBound(to: CChar.self)), buffer.count)
    }
    guard let opened = unsafe opened else { throw Self.failure("ELF header") }
    unsafe elf = opened
    order = bytes[Int(EI_DATA)] == UInt8(ELFDATA2MSB) ? .big : .little
  }

  deinit { _ = unsafe elf_end(elf) }

  private static func failure(_ what: String, offset: UInt64? = nil) -> ScrubError {
    let reason = unsafe elf_errmsg(-1).map { unsafe String(cString: $0) } ?? "unknown error"
    return ScrubError(reason, section: what, offset: offset)
  }

  /// The ELF header, class-independent (gABI "ELF Header").
  package func header() throws(ScrubError) -> ElfImage.Header {
    var raw = GElf_Ehdr()
    guard unsafe gelf_getehdr(elf, &raw) != nil else { throw Self.failure("ELF header", offset: 0) }
    return ElfImage.Header(
      is64: unsafe gelf_getclass(elf) == ELFCLASS64, order: order, type: raw.e_type, machine: raw.e_machine,
      sectionHeaderOffset: raw.e_shoff, sectionHeaderEntrySize: Int(raw.e_shentsize),
      claimedSectionCount: Int(raw.e_shnum),
      programHeaderOffset: raw.e_phoff, programHeaderEntrySize: Int(raw.e_phentsize),
      headerSize: Int(raw.e_ehsize))
  }

  /// The number of section headers, including extended numbering (gABI "Sections", `SHN_XINDEX`).
  package func sectionCount() throws(ScrubError) -> Int {
    var count = 0
    guard unsafe elf_getshdrnum(elf, &count) == 0 else { throw Self.failure("section headers") }
    return count
  }

  package func segmentCount() throws(ScrubError) -> Int {
    var count = 0
    guard unsafe elf_getphdrnum(elf, &count) == 0 else { throw Self.failure("program headers") }
    return count
  }

  package func nameTableIndex() throws(ScrubError) -> Int {
    var index = 0
    guard unsafe elf_getshdrstrndx(elf, &index) == 0 else { throw Self.failure("section headers") }
    return index
  }

  package func section(_ index: Int, names: Int) throws(ScrubError) -> ElfImage.Section {
    var raw = GElf_Shdr()
    guard let section = unsafe elf_getscn(elf, index), unsafe gelf_getshdr(section, &raw) != nil else {
      throw Self.failure("section header \(index)")
    }
    // A section without a name is legal; a name that cannot be read means a false header.
    var name = ""
    if names != 0, raw.sh_type != UInt32(SHT_NULL) {
      guard let text = unsafe elf_strptr(elf, names, Int(raw.sh_name)) else {
        throw Self.failure("section header \(index)")
      }
      name = unsafe String(cString: text)
    }
    return ElfImage.Section(
      index: index, name: name, type: raw.sh_type, flags: raw.sh_flags, address: raw.sh_addr,
      offset: raw.sh_offset, size: raw.sh_size, link: raw.sh_link, info: raw.sh_info,
      alignment: raw.sh_addralign, entrySize: raw.sh_entsize)
  }

  package func segment(_ index: Int) throws(ScrubError) -> ElfImage.Segment {
    var raw = GElf_Phdr()
    guard unsafe gelf_getphdr(elf, Int32(index), &raw) != nil else {
      throw Self.failure("program header \(index)")
    }
    return ElfImage.Segment(
      index: index, type: raw.p_type, flags: raw.p_flags, offset: raw.p_offset, fileSize: raw.p_filesz,
      claimedFileSize: raw.p_filesz, memorySize: raw.p_memsz, address: raw.p_vaddr, alignment: raw.p_align)
  }

  /// The defined symbols of a symbol table section (gABI "Symbol Table").
  package func forEachSymbol(in section: ElfImage.Section, _ body: (ElfImage.Symbol) -> Void) {
    guard let scn = unsafe elf_getscn(elf, section.index), let data = unsafe elf_getdata(scn, nil),
      let entrySize = Int(exactly: section.entrySize), entrySize > 0
    else { return }
    let count = unsafe Int32(clamping: data.pointee.d_size / entrySize)
    for index in 0..<count {
      var raw = GElf_Sym()
      guard unsafe gelf_getsym(data, index, &raw) != nil else { return }
      guard raw.st_shndx != UInt16(SHN_UNDEF), raw.st_info & 0xf <= 2 else { continue }
      guard let text = unsafe elf_strptr(elf, Int(section.link), Int(raw.st_name)) else { continue }
      unsafe body(ElfImage.Symbol(name: String(cString: text), value: raw.st_value, size: raw.st_size))
    }
  }
}
