internal import CElf

/// Compressed section contents: `SHF_COMPRESSED` (gABI "Section Compression") and the older `.zdebug_*`.
package enum CompressedSection {
  package static func inflate(
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

  /// The content's size in bytes according to the section's header; 0 if that cannot be read.
  package static func claimedSize(_ stored: Bytes, _ section: ElfImage.Section, _ header: ElfImage.Header)
    -> UInt64
  {
    // `ch_size` (gABI "Section Compression"), or big-endian after "ZLIB".
    let isOld = section.flags & UInt64(SHF_COMPRESSED) == 0
    let (offset, width) = isOld ? (4, 8) : header.is64 ? (8, 8) : (4, 4)
    guard stored.count >= offset + width else { return 0 }
    return stored.span.unsigned(at: offset, width: width, order: isOld ? .big : header.order)
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

  /// Compresses content in the same way as `stored`: the same kind and header, with one pinned encoder (zlib level 6,
  /// zstd level 3), so that equal contents become equal bytes on every machine.
  package static func deflate(
    _ content: Bytes, like stored: Bytes, _ section: ElfImage.Section, _ header: ElfImage.Header
  ) throws(ScrubError) -> Bytes {
    if section.flags & UInt64(SHF_COMPRESSED) == 0 {
      var old = stored[0..<12].array()
      old.store(UInt64(content.count), at: 4, width: 8, order: .big)
      return Bytes(old + (try Deflate.zlib(content)).array())
    }
    // Elf64_Chdr has 24 bytes with ch_size at 8, Elf32_Chdr 12 with ch_size at 4.
    var chdr = stored[0..<(header.is64 ? 24 : 12)].array()
    let type = Bytes(chdr).span.unsigned(at: 0, width: 4, order: header.order)
    chdr.store(
      UInt64(content.count), at: header.is64 ? 8 : 4, width: header.is64 ? 8 : 4, order: header.order)
    return Bytes(chdr + (try type == 2 ? Deflate.zstd(content) : Deflate.zlib(content)).array())
  }
}
