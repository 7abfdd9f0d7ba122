/// Apple's accelerator tables (`__apple_names`, `__apple_types`, `__apple_namespac`, `__apple_objc`; LLVM's "Name
/// Accelerator Tables"): hash tables of names, with the offset of each name in `.debug_str`. The hashes are those of
/// the names, which are not paths, so the buckets keep their order.
package struct AcceleratorReferences {
  package static let sections: Set<String> = [
    ".apple_names", ".apple_types", ".apple_namespaces", ".apple_objc",
  ]

  package static func forEach(
    in section: DwarfSections.Section, order: ByteOrder,
    _ body: (SectionReference) throws(ScrubError) -> Void
  ) throws(ScrubError) {
    var reader = Reader(section.content.span, order: order, section: section.label)
    guard try reader.u32() == 0x4841_5348 else {
      throw reader.error("the table does not begin with HASH", kind: .notUnderstood)
    }
    let version = try reader.u16()
    guard version == 1 else {
      throw reader.error("accelerator table version \(version) is not known", kind: .notUnderstood)
    }
    try reader.skip(2)  // hash function
    let bucketCount = UInt64(try reader.u32())
    let hashCount = UInt64(try reader.u32())
    let headerDataSize = Int(try reader.u32())
    let entrySize = try entrySize(&reader, headerDataSize)
    try reader.skip(claimed: (bucketCount + hashCount) * 4)
    guard hashCount * 4 <= UInt64(reader.remaining) else {
      throw reader.error("\(hashCount) offsets exceed the table's end")
    }
    var chains: [Int] = []
    chains.reserveCapacity(Int(hashCount))
    for _ in 0..<hashCount { chains.append(Int(try reader.u32())) }

    // In file order; each is read once, although several hashes may lead to it.
    var end = reader.offset
    var last: Int?
    for start in chains.sorted() where start != last {
      guard start >= end else {
        throw ScrubError("chains of names overlap", section: section.label, offset: UInt64(start))
      }
      last = start
      try reader.seek(to: start)
      // A name, its number of entries, the entries; 0 ends the chain.
      while true {
        let reference = try reader.reference(.str, width: 4)
        if reference.target == 0 { break }
        try body(reference)
        let count = UInt64(try reader.u32())
        try reader.skip(claimed: count * UInt64(entrySize))
      }
      end = reader.offset
    }
  }

  /// The header's data: an offset base, and the forms of each entry's values.
  private static func entrySize(_ reader: inout Reader, _ headerDataSize: Int) throws(ScrubError) -> Int {
    let end = reader.offset + headerDataSize
    try reader.skip(4)
    let atomCount = try reader.u32()
    guard UInt64(atomCount) * 4 <= UInt64(max(min(end, reader.bytes.count) - reader.offset, 0)) else {
      throw reader.error("\(atomCount) atoms do not fit")
    }
    var size = 0
    let encoding = UnitEncoding(version: 4, addressSize: 8, offsetSize: 4)
    for _ in 0..<atomCount {
      try reader.skip(2)
      let form = Form(UInt64(try reader.u16()))
      guard case .fixed(let width) = form.handling(encoding) else {
        throw reader.error(
          "form 0x\(String(form.code, radix: 16)) has no size of its own", kind: .notUnderstood)
      }
      size += width
    }
    try reader.seek(to: end)
    return size
  }
}
