internal import CElf

/// Compressed section contents: `SHF_COMPRESSED` (gABI "Section Compression") and the older `.zdebug_*`.
enum CompressedSection {
  static func inflate(
    _ stored: Bytes, _ section: ElfImage.Section, _ header: ElfImage.Header
  ) throws(ScrubError) -> Bytes {
    do throws(ScrubError) {
      return try inflateContent(stored, section, header)
    } catch {
      var placed = error
      placed.place.section = section.name
      throw placed
    }
  }

  private static func inflateContent(
    _ stored: Bytes, _ section: ElfImage.Section, _ header: ElfImage.Header
  ) throws(ScrubError) -> Bytes {
    var reader = Reader(stored.span, order: header.order, section: section.name)
    if section.flags & UInt64(SHF_COMPRESSED) == 0 {
      // "ZLIB" and the size, big-endian whatever the file's order.
      var old = Reader(stored.span, order: .big, section: section.name)
      guard try old.u32() == 0x5a4c_4942 else { throw old.error("does not begin with ZLIB") }
      return try Inflate.zlib(stored[12..<stored.count], size: try old.u64())
    }
    let type = try reader.u32()
    if header.is64 { try reader.skip(4) }
    let size = try reader.unsigned(header.is64 ? 8 : 4)
    try reader.skip(header.is64 ? 8 : 4)  // ch_addralign
    let payload = stored[reader.offset..<stored.count]
    switch type {
    case 1: return try Inflate.zlib(payload, size: size)
    case 2: return try Inflate.zstd(payload, size: size)
    default:
      throw ScrubError("compression type \(type) is not known", section: section.name, offset: 0)
    }
  }
}
