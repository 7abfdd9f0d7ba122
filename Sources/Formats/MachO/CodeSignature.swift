/// The contents of `LC_CODE_SIGNATURE`: a SuperBlob of blobs, with all numbers big-endian regardless of the image's
/// order (xnu's osfmk/kern/cs_blobs.h).
package struct CodeSignature: Sendable {
  package enum Magic {
    package static let superBlob: UInt32 = 0xfade_0cc0
    package static let codeDirectory: UInt32 = 0xfade_0c02
    package static let requirements: UInt32 = 0xfade_0c01
    package static let wrapper: UInt32 = 0xfade_0b01
  }

  package enum Slot {
    package static let codeDirectory: UInt32 = 0
    package static let infoPlist: UInt32 = 1
    package static let requirements: UInt32 = 2
    package static let entitlements: UInt32 = 5
    package static let entitlementsDER: UInt32 = 7
    /// Further code directories, with other hashes.
    package static let alternates: Range<UInt32> = 0x1000..<0x1005
    /// A CMS signature, made with a key.
    package static let cms: UInt32 = 0x10000
  }

  package struct Blob: Sendable {
    package var slot: UInt32
    package var magic: UInt32
    /// Bytes from the SuperBlob's start.
    package var range: Range<Int>
  }

  /// All data of `LC_CODE_SIGNATURE`.
  package let bytes: Bytes
  /// Length of the SuperBlob in bytes, as it states; anything after it is slack.
  package let length: Int
  /// In index order.
  package let blobs: [Blob]
  package let directories: [CodeDirectory]

  /// - Throws: `.notUnderstood` for a signature of another kind, `.failure` for one that contradicts itself.
  package init(_ bytes: Bytes) throws(ScrubError) {
    var reader = Reader(bytes.span, order: .big, section: "code signature")
    guard try reader.u32() == Magic.superBlob else {
      throw ScrubError("is no embedded SuperBlob", section: "code signature", offset: 0, kind: .notUnderstood)
    }
    let length = try reader.u32()
    let count = try reader.u32()
    guard length >= 12, length <= bytes.count, count <= (length - 12) / 8 else {
      throw ScrubError(
        "\(count) blobs in \(length) bytes, there are \(bytes.count)", section: "code signature", offset: 4)
    }
    var blobs: [Blob] = []
    var directories: [CodeDirectory] = []
    for _ in 0..<count {
      let slot = try reader.u32()
      let start = Int(try reader.u32())
      let next = reader.offset
      try reader.seek(to: start)
      let magic = try reader.u32()
      let size = Int(try reader.u32())
      guard size >= 8, start + size <= Int(length) else {
        throw ScrubError(
          "a blob of \(size) bytes does not fit", section: "code signature", offset: UInt64(start))
      }
      blobs.append(Blob(slot: slot, magic: magic, range: start..<start + size))
      if slot == Slot.codeDirectory || Slot.alternates.contains(slot) {
        directories.append(try CodeDirectory(bytes, at: start..<start + size))
      }
      try reader.seek(to: next)
    }
    // The kernel expects each kind once; more would be hashed again and again.
    guard directories.count <= 6, Set(blobs.map(\.slot)).count == blobs.count else {
      throw ScrubError("a blob exists twice", section: "code signature", offset: 12)
    }
    self.bytes = bytes
    self.length = Int(length)
    self.blobs = blobs
    self.directories = directories
  }

  package subscript(slot: UInt32) -> Blob? { blobs.first { $0.slot == slot } }

  /// Whether it was signed with a key: codesign's ad hoc signatures have an empty wrapper instead.
  package var hasIdentity: Bool { (self[Slot.cms]?.range.count ?? 0) > 8 }

  /// Why the hashes cannot be recomputed; nil if they can.
  package var obstacle: String? {
    if directories.isEmpty { return "the code signature has no code directory" }
    return directories.lazy.compactMap(\.obstacle).first
  }

  /// The padding before each blob, in file order, and after the last one: lld aligns its code directory. Nil if blobs
  /// overlap, or there is anything else between them.
  private var filling: [Int]? {
    var position = 12 + 8 * blobs.count
    var filling: [Int] = []
    let starts = blobs.sorted { $0.range.lowerBound < $1.range.lowerBound }.map(\.range)
    for range in starts + [length..<length] {
      guard range.lowerBound >= position, range.lowerBound - position < 16,
        bytes[position..<range.lowerBound].isZero
      else { return nil }
      filling.append(range.lowerBound - position)
      position = range.upperBound
    }
    return filling
  }

  /// Whether the blobs follow the index one after another, so that they can be laid out again.
  package var isPacked: Bool { filling != nil && directories.allSatisfy(\.endsWithCode) }

  /// The same signature for code of another length; the page hashes are zero until they are sealed.
  /// - Precondition: the signature is packed.
  package func resized(codeLimit: Int) -> [UInt8] {
    let filling = filling ?? []
    let ordered = blobs.enumerated().sorted { $0.1.range.lowerBound < $1.1.range.lowerBound }
    var contents: [UInt8] = []
    var offsets = [Int](repeating: 0, count: blobs.count)
    let start = 12 + 8 * blobs.count
    for ((index, blob), gap) in zip(ordered, filling) {
      contents += [UInt8](repeating: 0, count: gap)
      offsets[index] = start + contents.count
      let directory = directories.first { $0.range == blob.range }
      contents += directory?.resized(codeLimit: codeLimit) ?? bytes[blob.range].array()
    }
    contents += [UInt8](repeating: 0, count: filling.last ?? 0)
    return Self.superBlob(
      zip(blobs, offsets).map { ($0.slot, $1) }, contents, length: start + contents.count)
  }

  package static func superBlob(_ index: [(slot: UInt32, offset: Int)], _ contents: [UInt8], length: Int)
    -> [UInt8]
  {
    var head = [UInt8](repeating: 0, count: 12 + 8 * index.count)
    head.store(UInt64(Magic.superBlob), at: 0, width: 4, order: .big)
    head.store(UInt64(length), at: 4, width: 4, order: .big)
    head.store(UInt64(index.count), at: 8, width: 4, order: .big)
    for (number, entry) in index.enumerated() {
      head.store(UInt64(entry.slot), at: 12 + 8 * number, width: 4, order: .big)
      head.store(UInt64(entry.offset), at: 16 + 8 * number, width: 4, order: .big)
    }
    return head + contents
  }
}
