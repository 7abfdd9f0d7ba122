/// What a loader sees of a linked ELF file: its header, the program headers and what these load (gABI, chapter 5).
///
/// Masked: where section headers stand and how many there are, since loaders never look at them and debug sections move
/// them; and the build-id, which is a hash of debug info as well.
struct LoadedElfKey {
  let image: ElfImage

  func digest() -> [UInt8] {
    let header = image.header
    let programHeaders =
      Int(header.programHeaderOffset)..<Int(header.programHeaderOffset)
      + image.segments.count * header.programHeaderEntrySize
    let ranges = FileRanges(
      [0..<ElfHeaderFields.size(is64: header.is64), programHeaders]
        + image.segments.filter(\.isLoad).map(\.fileRange))
    let masks = ElfHeaderFields.aboutSections(is64: header.is64) + image.buildIDs
    var writer = KeyWriter("loaded elf", .runtime)
    writer.list(ranges.all.count)
    for range in ranges.all {
      writer.number(UInt64(range.lowerBound))
      writer.stretch(image.bytes, range, masking: masks)
    }
    return writer.finish()
  }
}

/// Places in the ELF header (gABI "ELF Header"), in bytes.
enum ElfHeaderFields {
  static func size(is64: Bool) -> Int { is64 ? 64 : 52 }

  /// `e_shoff`, and `e_shentsize` to `e_shstrndx`.
  static func aboutSections(is64: Bool) -> [Range<Int>] {
    is64 ? [0x28..<0x30, 0x3a..<0x40] : [0x20..<0x24, 0x2e..<0x34]
  }
}
