/// One code directory: hashes of the image's pages (`CS_CodeDirectory` of xnu's osfmk/kern/cs_blobs.h).
package struct CodeDirectory: Sendable {
  package enum Flags {
    package static let adHoc: UInt32 = 0x2
    package static let linkerSigned: UInt32 = 0x2_0000
  }

  /// The signature that contains the directory.
  package let signature: Bytes
  /// Bytes from the signature's start.
  package let range: Range<Int>
  package let version: UInt32
  package let flags: UInt32
  /// The position of the hash of page 0, from the signature's start.
  package let hashes: Int
  package let specialSlotCount: Int
  package let codeSlotCount: Int
  package let codeLimit: UInt64
  package let hashSize: Int
  package let hashType: UInt8
  /// In bytes; nil if the whole code is one page.
  package let pageSize: Int?
  /// The range of the identifier without its NUL, from the signature's start.
  package let identifier: Range<Int>
  private let hasScatter: Bool
  private let hasPreEncrypted: Bool

  /// Offsets of fields within the directory.
  package enum Field {
    package static let length = 4
    package static let version = 8
    package static let flags = 12
    package static let hashOffset = 16
    package static let identifierOffset = 20
    package static let specialSlotCount = 24
    package static let codeSlotCount = 28
    package static let codeLimit = 32
    package static let hashSize = 36
    package static let hashType = 37
    package static let pageSize = 39
    package static let codeLimit64 = 56
    package static let execSegmentBase = 64
    package static let execSegmentLimit = 72
    package static let execSegmentFlags = 80
  }

  package init(_ signature: Bytes, at range: Range<Int>) throws(ScrubError) {
    self.signature = signature
    self.range = range
    var reader = Reader(
      signature[range].span, order: .big, section: "code directory", origin: UInt64(range.lowerBound))
    guard try reader.u32() == CodeSignature.Magic.codeDirectory else {
      throw reader.error("is no code directory")
    }
    try reader.skip(4)
    version = try reader.u32()
    flags = try reader.u32()
    let hashOffset = Int(try reader.u32())
    let identifierOffset = Int(try reader.u32())
    specialSlotCount = Int(try reader.u32())
    codeSlotCount = Int(try reader.u32())
    let limit = UInt64(try reader.u32())
    hashSize = Int(try reader.u8())
    hashType = try reader.u8()
    try reader.skip(1)  // platform
    let pageShift = try reader.u8()
    try reader.skip(4)  // spare2
    guard pageShift < 32 else { throw reader.error("page size 2^\(pageShift) is out of range") }
    pageSize = pageShift == 0 ? nil : 1 << Int(pageShift)
    hasScatter = version >= 0x20100 ? try reader.u32() != 0 : false
    if version >= 0x20200 { try reader.skip(4) }  // teamOffset
    var limit64: UInt64 = 0
    if version >= 0x20300 {
      try reader.skip(4)
      limit64 = try reader.u64()
    }
    if version >= 0x20400 { try reader.skip(24) }  // executable segment
    if version >= 0x20500 {
      try reader.skip(4)  // runtime
      hasPreEncrypted = try reader.u32() != 0
    } else {
      hasPreEncrypted = false
    }
    codeLimit = limit64 > 0 ? limit64 : limit
    let size = range.count
    // Counts are below 2^32, hash sizes below 2^8: no product overflows.
    guard hashOffset <= size, codeSlotCount * hashSize <= size - hashOffset,
      specialSlotCount * hashSize <= hashOffset
    else {
      throw ScrubError(
        "\(specialSlotCount) and \(codeSlotCount) hashes of \(hashSize) bytes do not fit",
        section: "code directory", offset: UInt64(range.lowerBound + Field.hashOffset))
    }
    hashes = range.lowerBound + hashOffset
    try reader.seek(to: identifierOffset)
    let name = try reader.cString()
    identifier = range.lowerBound + name.lowerBound..<range.lowerBound + name.upperBound
  }

  /// The hash function and how many of its bytes are kept; nil if it is unknown.
  package var algorithm: Digest.Algorithm? {
    switch (hashType, hashSize) {
    case (1, 20): .sha1
    case (2, 32), (3, 20): .sha256
    case (4, 48): .sha384
    default: nil
    }
  }

  package var obstacle: String? {
    if algorithm == nil { return "the code directory's hash type \(hashType) is not known" }
    if hasScatter || hasPreEncrypted { return "the code directory has hashes of a kind that is not known" }
    return nil
  }

  /// Whether the page hashes are the last part of the directory.
  package var endsWithCode: Bool { hashes + codeSlotCount * hashSize == range.upperBound }

  /// The range of a special slot's hash; nil if the directory does not have that slot.
  package func specialHash(_ slot: UInt32) -> Range<Int>? {
    guard slot > 0, Int(slot) <= specialSlotCount else { return nil }
    let start = hashes - Int(slot) * hashSize
    return start..<start + hashSize
  }

  package func hash(_ bytes: Bytes) -> [UInt8] {
    guard let algorithm else { return [UInt8](repeating: 0, count: hashSize) }
    return Array(Digest.of(bytes, algorithm).prefix(hashSize))
  }

  package static func pages(_ codeLimit: Int, _ pageSize: Int?) -> Int {
    guard let pageSize else { return 1 }
    return codeLimit / pageSize + (codeLimit % pageSize > 0 ? 1 : 0)
  }

  /// The directory with as many empty page hashes as code of this length requires.
  package func resized(codeLimit: Int) -> [UInt8] {
    let count = Self.pages(codeLimit, pageSize)
    var new = signature[range.lowerBound..<hashes].array()
    new += [UInt8](repeating: 0, count: count * hashSize)
    new.store(UInt64(new.count), at: Field.length, width: 4, order: .big)
    new.store(UInt64(count), at: Field.codeSlotCount, width: 4, order: .big)
    Self.store(codeLimit: codeLimit, version: version, in: &new)
    return new
  }

  /// `codeLimit64` is used if the limit does not fit into 32 bits.
  package static func store(codeLimit: Int, version: UInt32, in directory: inout [UInt8]) {
    let isLong = codeLimit > Int(UInt32.max)
    directory.store(
      isLong ? UInt64(UInt32.max) : UInt64(codeLimit), at: Field.codeLimit, width: 4, order: .big)
    if version >= 0x20300 {
      directory.store(isLong ? UInt64(codeLimit) : 0, at: Field.codeLimit64, width: 8, order: .big)
    }
  }
}
