internal import CElf

/// `.gnu_debuglink`: the name of the file that holds the image's debug info, and the CRC-32 of that file's bytes
/// (GDB manual, "Separate Debug Files").
package struct DebugLink: Sendable {
  /// A file name without directories.
  package var name: String
  package var checksum: UInt32
  /// The position of the checksum, in file offsets.
  package var position: Range<Int>

  /// Nil if there is no such section, or it does not contain a name and checksum.
  package init?(_ image: ElfImage) {
    guard let section = image.section(named: ".gnu_debuglink"), !section.isCompressed,
      let range = section.fileRange, let name = image.bytes[range].string(at: 0), !name.isEmpty
    else { return nil }
    // Zeroes up to a multiple of four bytes, then the checksum in the file's byte order.
    let start = (name.count + 4) & ~3
    guard start + 4 <= range.count, let text = String(validating: name.array(), as: UTF8.self),
      !text.contains("/")
    else { return nil }
    self.name = text
    position = range.lowerBound + start..<range.lowerBound + start + 4
    checksum = UInt32(image.bytes.span.unsigned(at: position.lowerBound, width: 4, order: image.header.order))
  }
}

extension ElfImage {
  /// Whether this is the output of `objcopy --only-keep-debug`: loaded sections are described, but have no bytes.
  package var isSeparateDebugFile: Bool { Self.isSeparateDebugFile(sections) }

  package static func isSeparateDebugFile(_ sections: [Section]) -> Bool {
    let loaded = sections.filter { $0.isLoaded && $0.type != UInt32(SHT_NOTE) }
    return loaded.contains { $0.type == UInt32(SHT_NOBITS) && $0.name == ".text" }
      || (!loaded.isEmpty && loaded.allSatisfy { $0.type == UInt32(SHT_NOBITS) })
  }

  /// The distinct build-ids.
  package var buildIDContents: [[UInt8]] {
    var found: [[UInt8]] = []
    for range in buildIDs where !found.contains(bytes[range].array()) { found.append(bytes[range].array()) }
    return found
  }
}
