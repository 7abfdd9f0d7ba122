/// `.debug_str_offsets` (DWARF 5 section 7.26), through which `DW_FORM_strx` and similar forms refer to strings. Every
/// entry is a reference, used or not.
package struct StringOffsetsReferences {
  package static func forEach(
    in section: DwarfSections.Section, order: ByteOrder, hasHeaders: Bool,
    _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var reader = Reader(section.content.span, order: order, section: section.label)
    if !hasHeaders {
      while reader.remaining >= 4 { try body(try reader.reference(.str, width: 4)) }
      return
    }
    while !reader.isAtEnd, !reader.isPadding {
      let (length, offsetSize) = try reader.unitLength()
      let end = reader.offset + length
      let version = try reader.u16()
      guard version == 5 else {
        throw reader.error("string offsets table version \(version) is not known", kind: .notUnderstood)
      }
      try reader.skip(2)  // padding
      guard reader.offset <= end, (end - reader.offset) % offsetSize == 0 else {
        throw reader.error("table of \(length) bytes does not hold whole offsets")
      }
      while reader.offset < end {
        try body(try reader.reference(.str, width: offsetSize))
      }
    }
  }
}

/// The name indexes of `.debug_names` (DWARF 5 section 6.1.1.4): their string offsets point into `.debug_str`. The
/// hashes are those of the names, which are not paths, so the buckets keep their order.
package struct NameIndexReferences {
  package static func forEach(
    in section: DwarfSections.Section, order: ByteOrder,
    _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var reader = Reader(section.content.span, order: order, section: section.label)
    while !reader.isAtEnd, !reader.isPadding {
      let (length, offsetSize) = try reader.unitLength()
      let end = reader.offset + length
      let version = try reader.u16()
      guard version == 5 else {
        throw reader.error("name index version \(version) is not known", kind: .notUnderstood)
      }
      try reader.skip(2)  // padding
      let unitCount = UInt64(try reader.u32())
      let localTypeCount = UInt64(try reader.u32())
      let foreignTypeCount = UInt64(try reader.u32())
      let bucketCount = UInt64(try reader.u32())
      let nameCount = UInt64(try reader.u32())
      try reader.skip(4)  // abbrev_table_size
      let augmentation = UInt64(try reader.u32())
      try reader.skip(claimed: (augmentation + 3) & ~3)
      let width = UInt64(offsetSize)
      try reader.skip(claimed: (unitCount + localTypeCount) * width + foreignTypeCount * 8)
      try reader.skip(claimed: bucketCount * 4 + (bucketCount > 0 ? nameCount * 4 : 0))
      guard reader.offset <= end, nameCount * width <= UInt64(end - reader.offset) else {
        throw reader.error("\(nameCount) names exceed the index's end 0x\(String(end, radix: 16))")
      }
      for _ in 0..<nameCount {
        try body(try reader.reference(.str, width: offsetSize))
      }
      try reader.seek(to: end)
    }
  }
}
