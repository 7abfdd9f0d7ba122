import Formats

/// An ad hoc signature that replaces one made with a key: the same name and entitlements, no team, no hardened runtime.
struct AdHocSignature {
  private let image: MachOImage
  private let old: CodeSignature
  private let model: CodeDirectory

  init(_ image: MachOImage, replacing old: CodeSignature) throws(ScrubError) {
    // The directory that current systems use.
    guard let model = old.directories.first(where: { $0.hashType == 2 }) ?? old.directories.first else {
      throw ScrubError("has no code directory", section: "code signature")
    }
    self.image = image
    self.old = old
    self.model = model
  }

  private static let hashSize = 32
  /// Supports the executable segment, but no later fields.
  private static let version: UInt32 = 0x20400
  private static let headerSize = 88

  func bytes(codeLimit: Int) -> [UInt8] {
    // No requirements (an empty set), unchanged entitlements, no CMS signature (an empty wrapper).
    let requirements: [UInt8] = blob(CodeSignature.Magic.requirements, [0, 0, 0, 0])
    var blobs: [(slot: UInt32, content: [UInt8])] = [(CodeSignature.Slot.requirements, requirements)]
    for slot in [CodeSignature.Slot.entitlements, CodeSignature.Slot.entitlementsDER] {
      if let entitlements = old[slot] { blobs.append((slot, old.bytes[entitlements.range].array())) }
    }
    let directory = directory(blobs, codeLimit: codeLimit)
    blobs.insert((CodeSignature.Slot.codeDirectory, directory), at: 0)
    blobs.append((CodeSignature.Slot.cms, blob(CodeSignature.Magic.wrapper, [])))

    var contents: [UInt8] = []
    var index: [(slot: UInt32, offset: Int)] = []
    let start = 12 + 8 * blobs.count
    for entry in blobs {
      index.append((entry.slot, start + contents.count))
      contents += entry.content
    }
    return CodeSignature.superBlob(index, contents, length: start + contents.count)
  }

  private func blob(_ magic: UInt32, _ content: [UInt8]) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 8)
    head.store(UInt64(magic), at: 0, width: 4, order: .big)
    head.store(UInt64(8 + content.count), at: 4, width: 4, order: .big)
    return head + content
  }

  /// The page hashes are zero until they are sealed.
  private func directory(_ blobs: [(slot: UInt32, content: [UInt8])], codeLimit: Int) -> [UInt8] {
    let identifier = old.bytes[model.identifier].array() + [0]
    // What the old directory says about files beside the image remains true: Info.plist (1) and resources (3).
    var special: [UInt32: [UInt8]] = [:]
    if model.hashType == 2 {
      for slot: UInt32 in [1, 3] {
        guard let range = model.specialHash(slot), !old.bytes[range].isZero else { continue }
        special[slot] = old.bytes[range].array()
      }
    }
    for blob in blobs { special[blob.slot] = Digest.of(Bytes(blob.content), .sha256) }
    let count = Int(special.keys.max() ?? 0)
    let pageCount = CodeDirectory.pages(codeLimit, model.pageSize)
    let hashOffset = Self.headerSize + identifier.count + count * Self.hashSize

    var bytes = [UInt8](repeating: 0, count: Self.headerSize) + identifier
    for slot in stride(from: count, to: 0, by: -1) {
      bytes += special[UInt32(slot)] ?? [UInt8](repeating: 0, count: Self.hashSize)
    }
    bytes += [UInt8](repeating: 0, count: pageCount * Self.hashSize)
    func store(_ value: Int, _ position: Int, _ width: Int = 4) {
      bytes.store(UInt64(value), at: position, width: width, order: .big)
    }
    store(Int(CodeSignature.Magic.codeDirectory), 0)
    store(bytes.count, CodeDirectory.Field.length)
    store(Int(Self.version), CodeDirectory.Field.version)
    store(Int(CodeDirectory.Flags.adHoc), CodeDirectory.Field.flags)
    store(hashOffset, CodeDirectory.Field.hashOffset)
    store(Self.headerSize, CodeDirectory.Field.identifierOffset)
    store(count, CodeDirectory.Field.specialSlotCount)
    store(pageCount, CodeDirectory.Field.codeSlotCount)
    store(Self.hashSize, CodeDirectory.Field.hashSize, 1)
    store(2, CodeDirectory.Field.hashType, 1)
    store(model.pageSize?.trailingZeroBitCount ?? 0, CodeDirectory.Field.pageSize, 1)
    CodeDirectory.store(codeLimit: codeLimit, version: Self.version, in: &bytes)
    if model.version >= Self.version {
      let fields = CodeDirectory.Field.execSegmentBase..<Self.headerSize
      let start = model.range.lowerBound
      let old = old.bytes[start + fields.lowerBound..<start + fields.upperBound].array()
      bytes.replaceSubrange(fields, with: old)
    } else if let text = image.segments.first(where: { $0.name == "__TEXT" }) {
      store(text.fileRange.lowerBound, CodeDirectory.Field.execSegmentBase, 8)
      store(text.fileRange.count, CodeDirectory.Field.execSegmentLimit, 8)
      // CS_EXECSEG_MAIN_BINARY.
      store(image.header.fileType == 2 ? 1 : 0, CodeDirectory.Field.execSegmentFlags, 8)
    }
    return bytes
  }
}
