/// The local header of a zip member (APPNOTE.TXT section 4.3.7), read without its central directory, which may be
/// elsewhere or false.
package struct ZipRecord {
  package enum Method: Int {
    case stored = 0
    case deflated = 8
    case bzip2 = 12
    case zstd = 93
    case xz = 95
  }

  package private(set) var method = Method.stored
  /// As spelled in the header, truncated for reports.
  package private(set) var name = ""
  /// From the header's first byte to the data.
  package private(set) var dataOffset = 0
  /// Size of the encoded data in bytes; nil if a descriptor after it tells.
  package private(set) var encodedSize: Int?
  /// Why the data cannot be read although the header is valid.
  package private(set) var obstacle: String?
  /// Of the content; 0 if a descriptor tells.
  private var checksum: UInt32 = 0
  private var contentSize: UInt64 = 0

  private static let headerSize = 30
  private static let descriptorMagic: [UInt8] = [0x50, 0x4b, 7, 8]
  /// Methods that a writer may have used, although nothing here decodes them.
  private static let otherMethods: Set<Int> = [1, 2, 3, 4, 5, 6, 9, 10, 14, 16, 18, 19, 94, 96, 97, 98, 99]

  /// Nil if the fields do not form a header.
  package init?(_ input: Bytes) {
    guard input.count >= Self.headerSize else { return nil }
    let span = input.span
    func field(_ offset: Int, _ width: Int) -> UInt64 {
      span.unsigned(at: offset, width: width, order: .little)
    }
    let (version, flags, number) = (field(4, 2) & 0xff, field(6, 2), Int(field(8, 2)))
    let (nameSize, extraSize) = (Int(field(26, 2)), Int(field(28, 2)))
    dataOffset = Self.headerSize + nameSize + extraSize
    // Version 6.3 is the latest; these are the flags that a local header may have there.
    guard version <= 63, flags & ~0x282f == 0, nameSize > 0, dataOffset <= input.count else { return nil }
    checksum = UInt32(truncatingIfNeeded: field(14, 4))
    var encoded = field(18, 4)
    contentSize = field(22, 4)
    let extra = input[Self.headerSize + nameSize..<dataOffset]
    if encoded == 0xffff_ffff || contentSize == 0xffff_ffff {
      guard let sizes = Self.zip64(extra) else { return nil }
      (contentSize, encoded) = sizes
    }
    let shown = input[Self.headerSize..<Self.headerSize + min(nameSize, 120)]
    let text = String(decoding: shown.array(), as: UTF8.self)
    name = nameSize > 120 ? text + "…" : text
    if flags & 8 == 0 {
      guard encoded <= UInt64(input.count - dataOffset) else { return nil }
      encodedSize = Int(encoded)
    }
    if let method = Method(rawValue: number) {
      self.method = method
    } else if Self.otherMethods.contains(number) {
      obstacle = "its method of compression, \(number), is not known here"
    } else {
      return nil
    }
    if flags & 1 != 0 { obstacle = "it is encrypted" }
  }

  /// From the header's first byte to the end of the data; nil if a descriptor tells.
  package var size: Int? { encodedSize.map { dataOffset + $0 } }

  /// Section 4.5.3: the sizes that do not fit into 32 bits; in a local header always both.
  private static func zip64(_ extra: Bytes) -> (content: UInt64, encoded: UInt64)? {
    do throws(ScrubError) {
      var reader = Reader(extra.span, order: .little, section: "zip")
      while reader.remaining >= 4 {
        let (id, size) = (try reader.u16(), try reader.u16())
        if id == 1, size >= 16 { return (try reader.u64(), try reader.u64()) }
        try reader.skip(Int(size))
      }
      return nil
    } catch {
      return nil
    }
  }

  /// The number of stored bytes before a descriptor that states this number, which identifies it.
  package func storedSize(_ data: Bytes, _ budget: inout PayloadBudget) -> Int? {
    var position = 0
    while let found = data[position..<data.count].span.firstIndex(of: Self.descriptorMagic) {
      let size = position + found
      budget.charge(found + 4)
      if budget.isSpent { return nil }
      if isDescriptor(data, at: size, encoded: size, content: data[0..<size], &budget) != nil { return size }
      position = size + 4
    }
    budget.charge(data.count - position)
    return nil
  }

  /// The end of the member, from the header's first byte, if the decoded content is the expected one.
  package func end(in input: Bytes, encoded: Int, content: Bytes) -> Int? {
    let end = dataOffset + encoded
    if encodedSize != nil {
      return contentSize == UInt64(content.count) && Inflate.crc32(content) == checksum ? end : nil
    }
    return isDescriptor(input, at: end, encoded: encoded, content: content).map { end + $0 }
  }

  private func isDescriptor(
    _ bytes: Bytes, at offset: Int, encoded: Int, content: Bytes, _ budget: inout PayloadBudget
  ) -> Int? {
    // The checksum is computed only if the sizes match.
    guard descriptor(bytes, at: offset, encoded: encoded, size: content.count) != nil else { return nil }
    budget.charge(content.count)
    return isDescriptor(bytes, at: offset, encoded: encoded, content: content)
  }

  private func isDescriptor(_ bytes: Bytes, at offset: Int, encoded: Int, content: Bytes) -> Int? {
    guard let found = descriptor(bytes, at: offset, encoded: encoded, size: content.count),
      found.checksum == Inflate.crc32(content)
    else { return nil }
    return found.length
  }

  /// Section 4.3.9: an optional magic, a checksum, two sizes of four or eight bytes.
  private func descriptor(
    _ bytes: Bytes, at offset: Int, encoded: Int, size: Int
  ) -> (length: Int, checksum: UInt32)? {
    let span = bytes.span
    for start in [span.holds(Self.descriptorMagic, at: offset) ? 4 : 0, 0] {
      for width in [4, 8] where offset + start + 4 + 2 * width <= span.count {
        let sizes = offset + start + 4
        if span.unsigned(at: sizes, width: width, order: .little) == UInt64(encoded),
          span.unsigned(at: sizes + width, width: width, order: .little) == UInt64(size)
        {
          let sum = span.unsigned(at: offset + start, width: 4, order: .little)
          return (start + 4 + 2 * width, UInt32(truncatingIfNeeded: sum))
        }
      }
    }
    return nil
  }

  /// Size of a central directory entry (section 4.3.12), whose name must remain that of the member.
  package static func directoryEntrySize(_ input: Bytes) -> Int? {
    guard input.count >= 46 else { return nil }
    let span = input.span
    func field(_ offset: Int) -> Int { Int(span.unsigned(at: offset, width: 2, order: .little)) }
    let size = 46 + field(28) + field(30) + field(32)
    guard field(6) & 0xff <= 63, field(8) & ~0x282f == 0, field(10) <= 99, field(28) > 0, size <= input.count
    else { return nil }
    return size
  }
}
