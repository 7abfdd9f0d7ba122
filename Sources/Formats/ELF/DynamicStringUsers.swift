internal import CElf

/// Everything except the dynamic section that refers to a string table: symbols, versions and section headers.
package struct DynamicStringUsers {
  package let image: ElfImage

  package init(
    image: ElfImage
  ) {
    self.image = image
  }

  /// Offsets into the table at `table` (file offsets), sorted.
  /// - Throws: `.notUnderstood` if there may be references of an unknown kind.
  package func offsets(in table: Range<Int>) throws(ScrubError) -> [UInt64] {
    guard
      let strings = image.sections.first(where: {
        $0.type == UInt32(SHT_STRTAB) && $0.fileRange == table
      })
    else {
      throw ScrubError("no section header says who else refers to the string table", kind: .notUnderstood)
    }
    var offsets: [UInt64] = []
    for section in image.sections where Int(section.link) == strings.index {
      guard let range = section.fileRange else { continue }
      let content = image.bytes[range]
      switch section.type {
      case UInt32(SHT_DYNAMIC): break
      case UInt32(SHT_DYNSYM), UInt32(SHT_SYMTAB): try symbols(content, section, &offsets)
      case UInt32(bitPattern: SHT_GNU_verdef): try definitions(content, section, &offsets)
      case UInt32(bitPattern: SHT_GNU_verneed): try requirements(content, section, &offsets)
      default:
        throw ScrubError(
          "refers to \(strings.name) in a way not known", section: section.name, kind: .notUnderstood)
      }
    }
    // `sh_name` is a section header's first word, and an offset into the table of `e_shstrndx`. LLVM has no other
    // table.
    let names = image.sectionNames
    let nameTable = image.sections.indices.contains(names) ? image.sections[names].fileRange : nil
    if let nameTable, nameTable != table, nameTable.overlaps(table) {
      throw ScrubError("names of sections overlap it", section: strings.name, kind: .notUnderstood)
    }
    if nameTable == table {
      for section in image.sections {
        offsets.append(
          image.bytes.span.unsigned(
            at: image.sectionHeaderOffset(of: section), width: 4, order: image.header.order))
      }
    }
    return offsets.sorted()
  }

  /// `st_name` is the first word of a symbol in both classes (gABI "Symbol Table").
  private func symbols(
    _ content: Bytes, _ section: ElfImage.Section, _ offsets: inout [UInt64]
  ) throws(ScrubError) {
    let size = image.header.is64 ? 24 : 16
    var reader = Reader(content.span, order: image.header.order, section: section.name)
    while reader.remaining >= size {
      offsets.append(UInt64(try reader.u32()))
      try reader.skip(size - 4)
    }
  }

  /// `Verdef` and `Verdaux` (LSB "Symbol Versioning"): the names of what this image defines.
  private func definitions(
    _ content: Bytes, _ section: ElfImage.Section, _ offsets: inout [UInt64]
  ) throws(ScrubError) {
    try records(content, section) { reader, auxiliary throws(ScrubError) in
      if auxiliary {
        offsets.append(UInt64(try reader.u32()))
        return (0, 0, Int(try reader.u32()))
      }
      try reader.skip(6)
      let count = Int(try reader.u16())
      try reader.skip(4)
      return (count, Int(try reader.u32()), Int(try reader.u32()))
    }
  }

  /// `Verneed` and `Vernaux`: files, and the names of the versions needed from them.
  private func requirements(
    _ content: Bytes, _ section: ElfImage.Section, _ offsets: inout [UInt64]
  ) throws(ScrubError) {
    try records(content, section) { reader, auxiliary throws(ScrubError) in
      if auxiliary {
        try reader.skip(8)
        offsets.append(UInt64(try reader.u32()))
        return (0, 0, Int(try reader.u32()))
      }
      try reader.skip(2)
      let count = Int(try reader.u16())
      offsets.append(UInt64(try reader.u32()))
      return (count, Int(try reader.u32()), Int(try reader.u32()))
    }
  }

  /// The number of auxiliary records, the distance to the first one, the distance to the next record.
  private typealias Links = (count: Int, auxiliary: Int, next: Int)

  /// Two levels of records, chained by their distances.
  private func records(
    _ content: Bytes, _ section: ElfImage.Section,
    _ read: (_ reader: inout Reader, _ isAuxiliary: Bool) throws(ScrubError) -> Links
  ) throws(ScrubError) {
    var reader = Reader(content.span, order: image.header.order, section: section.name)
    // Chains may overlap; in total they cannot have more records than fit the section.
    var budget = content.count / 8
    func spend() throws(ScrubError) {
      budget -= 1
      if budget < 0 { throw ScrubError("records overlap", section: section.name, kind: .notUnderstood) }
    }
    var start = 0
    while true {
      try spend()
      try reader.seek(to: start)
      let links = try read(&reader, false)
      var auxiliary = start + links.auxiliary
      for index in 0..<links.count {
        try spend()
        try reader.seek(to: auxiliary)
        let next = try read(&reader, true).next
        if next == 0, index < links.count - 1 {
          throw ScrubError("chain of records ends early", section: section.name, kind: .notUnderstood)
        }
        auxiliary += next
      }
      if links.next == 0 { return }
      start += links.next
    }
  }
}
