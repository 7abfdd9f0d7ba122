import Formats

/// The headers of one member in the written wheel (APPNOTE 4.3.7, 4.3.12), byte for byte those of CPython's
/// zipfile where it wrote the original.
struct ZipHeaders {
  private let member: Wheel.Member
  private let clamp: TimeClamp?
  private let isReplaced: Bool
  private let crc: UInt32
  private let compressedSize: UInt64
  private let uncompressedSize: UInt64

  init(_ member: Wheel.Member, _ content: PackedMember?, _ clamp: TimeClamp?) {
    self.member = member
    // Members that are not late keep their headers unchanged.
    self.clamp = clamp.flatMap { $0.isLate(member) ? $0 : nil }
    isReplaced = content != nil
    crc = content?.crc ?? member.crc
    compressedSize = content.map { UInt64($0.compressed.count) } ?? member.compressedSize
    uncompressedSize = content?.uncompressedSize ?? member.uncompressedSize
  }

  /// Whether the local header and what follows it can be copied.
  var isUnchanged: Bool { !isReplaced && clamp == nil && !member.hasDescriptor }

  private var needsZIP64: Bool {
    compressedSize > ZipFormat.limit64 || uncompressedSize > ZipFormat.limit64
  }

  /// Our deflate uses zlib's default level, and sizes are in the header.
  private var flags: UInt16 {
    member.flags & ~(ZipFormat.Flag.descriptor | (isReplaced ? ZipFormat.Flag.deflateOptions : 0))
  }

  private func extra(_ fields: ExtraFields) -> [UInt8] {
    guard let clamp, let bytes = clamp.clamped(fields) else { return fields.withoutZIP64 }
    return ExtraFields(fields, replacedBy: bytes).withoutZIP64
  }

  func local() -> [UInt8] {
    if !isReplaced, !member.hasDescriptor { return clampedLocal() }
    var extra = extra(member.localExtra)
    if needsZIP64 {
      extra.append(little: ZipFormat.Extra.zip64)
      extra.append(little: UInt16(16))
      extra.append(little: uncompressedSize)
      extra.append(little: compressedSize)
    }
    let time = clamp?.clamped(member.localTime) ?? member.localTime
    var header: [UInt8] = []
    header.reserveCapacity(ZipFormat.localSize + member.nameBytes.count + extra.count)
    header.append(little: ZipFormat.localSignature)
    header.append(little: versionNeeded(needsZIP64))
    header.append(little: flags)
    header.append(little: member.method.rawValue)
    header.append(little: time.time)
    header.append(little: time.date)
    header.append(little: crc)
    header.append(little: needsZIP64 ? ZipFormat.sentinel32 : UInt32(compressedSize))
    header.append(little: needsZIP64 ? ZipFormat.sentinel32 : UInt32(uncompressedSize))
    header.append(little: UInt16(member.nameBytes.count))
    header.append(little: UInt16(extra.count))
    header.append(member.nameBytes)
    header += extra
    return header
  }

  /// The header with only its times changed.
  private func clampedLocal() -> [UInt8] {
    var header = member.localHeader.array()
    guard let clamp else { return header }
    var time: [UInt8] = []
    time.append(little: clamp.clamped(member.localTime).packed)
    header.replaceSubrange(10..<14, with: time)
    if let extra = clamp.clamped(member.localExtra) {
      header.replaceSubrange(header.count - extra.count..<header.count, with: extra)
    }
    return header
  }

  func appendCentral(to directory: inout [UInt8], offset: UInt64) {
    if isUnchanged, offset == member.headerOffset, member.comment.isEmpty {
      directory.append(member.centralEntry)
      return
    }
    var zip64: [UInt8] = []
    if needsZIP64 {
      zip64.append(little: uncompressedSize)
      zip64.append(little: compressedSize)
    }
    let isFar = offset > ZipFormat.limit64
    if isFar { zip64.append(little: offset) }
    var extra: [UInt8] = []
    if !zip64.isEmpty {
      extra.append(little: ZipFormat.Extra.zip64)
      extra.append(little: UInt16(zip64.count))
      extra += zip64
    }
    extra += self.extra(member.extra)
    let time = clamp?.clamped(member.time) ?? member.time
    let version = max(member.versionMadeBy & 0xff, zip64.isEmpty ? 0 : ZipFormat.version64)
    directory.append(little: ZipFormat.centralSignature)
    directory.append(little: member.versionMadeBy & 0xff00 | version)
    directory.append(little: versionNeeded(!zip64.isEmpty))
    directory.append(little: flags)
    directory.append(little: member.method.rawValue)
    directory.append(little: time.time)
    directory.append(little: time.date)
    directory.append(little: crc)
    directory.append(little: needsZIP64 ? ZipFormat.sentinel32 : UInt32(compressedSize))
    directory.append(little: needsZIP64 ? ZipFormat.sentinel32 : UInt32(uncompressedSize))
    directory.append(little: UInt16(member.nameBytes.count))
    directory.append(little: UInt16(extra.count))
    directory.append(little: UInt16(0))
    directory.append(little: UInt16(0))
    directory.append(little: member.internalAttributes)
    directory.append(little: member.externalAttributes)
    directory.append(little: isFar ? ZipFormat.sentinel32 : UInt32(offset))
    directory.append(member.nameBytes)
    directory += extra
  }

  private func versionNeeded(_ isZIP64: Bool) -> UInt16 {
    max(member.versionNeeded, isZIP64 ? ZipFormat.version64 : 0)
  }

  /// APPNOTE 4.3.14 to 4.3.16, with ZIP64 records where CPython's zipfile writes them.
  static func appendEnd(
    to directory: inout [UInt8], members: UInt64, directoryOffset: UInt64, directorySize: UInt64
  ) {
    if members >= UInt64(ZipFormat.sentinel16) + 1 || directoryOffset > ZipFormat.limit64
      || directorySize > ZipFormat.limit64
    {
      directory.append(little: ZipFormat.end64Signature)
      directory.append(little: UInt64(ZipFormat.end64Size - 12))
      directory.append(little: ZipFormat.version64)
      directory.append(little: ZipFormat.version64)
      directory.append(little: UInt64(0))
      directory.append(little: members)
      directory.append(little: members)
      directory.append(little: directorySize)
      directory.append(little: directoryOffset)
      directory.append(little: ZipFormat.locator64Signature)
      directory.append(little: UInt32(0))
      directory.append(little: directoryOffset + directorySize)
      directory.append(little: UInt32(1))
    }
    directory.append(little: ZipFormat.endSignature)
    directory.append(little: UInt32(0))
    directory.append(little: UInt16(min(members, UInt64(ZipFormat.sentinel16))))
    directory.append(little: UInt16(min(members, UInt64(ZipFormat.sentinel16))))
    directory.append(little: UInt32(min(directorySize, UInt64(ZipFormat.sentinel32))))
    directory.append(little: UInt32(min(directoryOffset, UInt64(ZipFormat.sentinel32))))
    directory.append(little: UInt16(0))
  }
}
