internal import CElf

/// The addresses of an ELF image's bytes: those in its headers, and for an object file, whose sections have none yet,
/// made-up ones that are far apart.
package struct ElfAddresses: Sendable {
  private let image: ElfImage
  package let isObject: Bool

  /// Those with bytes, ascending by address and by offset: a file may claim many, and require many lookups.
  private let byAddress: [ElfImage.Segment]
  private let byOffset: [ElfImage.Segment]

  package init(_ image: ElfImage) {
    self.image = image
    let loads = image.segments.filter { $0.isLoad && $0.fileSize > 0 }
    byAddress = loads.sorted { $0.address < $1.address }
    byOffset = loads.sorted { $0.offset < $1.offset }
    isObject = image.header.type == ElfImage.relocatable && image.segments.isEmpty
  }

  /// Sections are smaller than this (`Limits.sectionSize`).
  private static let objectSection: UInt64 = 1 << 36

  /// Nil for a section that is not loaded.
  package func base(of section: ElfImage.Section) -> UInt64? {
    guard section.isLoaded else { return nil }
    return isObject ? UInt64(section.index + 1) &* Self.objectSection : section.address
  }

  /// The address of a byte, nil if it is not loaded.
  /// - Parameters:
  ///   - offset: in the file.
  ///   - section: index of the section that contains the byte.
  package func address(of offset: Int, in section: Int?) -> UInt64? {
    if let section {
      guard let base = base(of: image.sections[section]) else { return nil }
      return base &+ UInt64(offset) &- image.sections[section].offset
    }
    let next = byOffset.partition { $0.offset <= UInt64(offset) }
    guard next > 0, byOffset[next - 1].fileRange.contains(offset) else { return nil }
    return byOffset[next - 1].address &+ (UInt64(offset) - byOffset[next - 1].offset)
  }

  /// The file offset of `count` bytes at an address that program headers load.
  package func offset(of address: UInt64, count: UInt64) -> Int? {
    let next = byAddress.partition { $0.address <= address }
    guard next > 0 else { return nil }
    let segment = byAddress[next - 1]
    let distance = address - segment.address
    guard distance <= segment.fileSize, count <= segment.fileSize - distance else { return nil }
    return Int(segment.offset + distance)
  }

  /// Loaded bytes with their names: sections, or segments if there are none.
  package func stretches(code: Bool) -> [LoadedStretch] {
    if image.sections.contains(where: \.isLoaded) {
      return image.sections.compactMap { section in
        guard let base = base(of: section), let range = section.fileRange,
          (section.flags & UInt64(SHF_EXECINSTR) != 0) == code, base < UInt64.max - section.size
        else { return nil }
        return LoadedStretch(name: section.name, address: base, bytes: image.bytes[range])
      }
    }
    return image.segments.compactMap { segment in
      guard segment.isLoad, (segment.flags & UInt32(PF_X) != 0) == code, !segment.fileRange.isEmpty,
        segment.address < UInt64.max - segment.fileSize
      else { return nil }
      return LoadedStretch(
        name: "program header \(segment.index)", address: segment.address,
        bytes: image.bytes[segment.fileRange])
    }
  }
}
