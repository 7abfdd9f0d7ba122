internal import CElf

extension ElfImage.Section {
  /// Machine code.
  package var isCode: Bool { flags & UInt64(SHF_EXECINSTR) != 0 }

  /// Contains only strings, one after another.
  package var isStringTable: Bool {
    type == UInt32(SHT_STRTAB)
      || debugName.map { $0.hasPrefix(".debug_str") && !$0.contains("offsets") } ?? false
      || debugName.map { $0.hasPrefix(".debug_line_str") } ?? false
  }

  /// Contains only addresses, offsets, counts and hashes that a linker derives from other sections.
  package var isStructural: Bool {
    switch Int32(bitPattern: type) {
    case SHT_SYMTAB, SHT_DYNSYM, SHT_RELA, SHT_REL, SHT_HASH, SHT_DYNAMIC, SHT_INIT_ARRAY, SHT_FINI_ARRAY,
      SHT_GROUP, SHT_SYMTAB_SHNDX:
      true
    default:
      [
        ".gnu.hash", ".gnu.version", ".gnu.version_r", ".got", ".got.plt", ".eh_frame_hdr", ".relr.dyn",
      ].contains(name)
    }
  }

  /// Tables of addresses and lengths of code.
  package var isUnwindTable: Bool { name == ".eh_frame" || name == ".gcc_except_table" }

  /// Follows entirely from other sections.
  package var isDerived: Bool { isStructural && !name.hasPrefix(".got") || name == ".shstrtab" }

  /// Intermediate code of gcc or LLVM.
  package var isLTO: Bool {
    [".gnu.lto_", ".gnu.debuglto_", ".rela.gnu.debuglto_", ".rel.gnu.debuglto_", ".llvm.lto", ".llvmbc"]
      .contains {
        name.hasPrefix($0)
      }
  }
}
