internal import CElf

extension ElfImage {
  /// The index of the section that holds the sections' names, with `SHN_XINDEX` resolved (gABI "ELF Header").
  package var sectionNames: Int {
    let field = header.is64 ? 0x3e : 0x32
    guard bytes.count >= field + 2 else { return 0 }
    let index = Int(bytes.span.unsigned(at: field, width: 2, order: header.order))
    return index == Int(SHN_XINDEX) ? sections.first.map { Int($0.link) } ?? 0 : index
  }
}
