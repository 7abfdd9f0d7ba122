/// Reads the central directory (APPNOTE 4.3.12): every field that says what a member is, nothing of its data.
struct ZipDirectory {
  private static let section = "central directory"

  /// - Throws: where an entry is cut, refused by `check`, or the entries are not exactly the directory.
  static func members(_ file: Bytes, _ end: ZipEnd) throws(ScrubError) -> [Wheel.Member] {
    guard let directory = file.slice(at: end.directoryOffset, length: end.directorySize) else {
      throw ScrubError("directory lies outside of the file", section: section)
    }
    var members: [Wheel.Member] = []
    members.reserveCapacity(Int(end.members))
    var position = 0
    while position < directory.count {
      guard members.count < end.members else {
        throw ScrubError(
          "\(end.members) members are announced, more follow", section: section, offset: UInt64(position))
      }
      let member = try entry(directory, at: position, index: members.count)
      position += member.centralEntry.count
      members.append(member)
    }
    guard members.count == end.members else {
      throw ScrubError("\(end.members) members are announced, \(members.count) are there", section: section)
    }
    try checkDuplicates(members)
    return members
  }

  private static func entry(_ directory: Bytes, at start: Int, index: Int) throws(ScrubError) -> Wheel.Member
  {
    var reader = Reader(directory.span, order: .little, section: section, at: start)
    guard try reader.u32() == ZipFormat.centralSignature else {
      throw ScrubError("needs an entry's signature", section: section, offset: UInt64(start))
    }
    let versionMadeBy = try reader.u16()
    let versionNeeded = try reader.u16()
    let flags = try reader.u16()
    let method = try reader.u16()
    let time = try reader.u16()
    let date = try reader.u16()
    let crc = try reader.u32()
    let compressed = try reader.u32()
    let uncompressed = try reader.u32()
    let nameLength = Int(try reader.u16())
    let extraLength = Int(try reader.u16())
    let commentLength = Int(try reader.u16())
    let disk = try reader.u16()
    let internalAttributes = try reader.u16()
    let externalAttributes = try reader.u32()
    let offset = try reader.u32()
    try reader.need(nameLength + extraLength + commentLength)
    let nameStart = start + ZipFormat.centralSize
    let nameBytes = directory[nameStart..<nameStart + nameLength]
    let name = try MemberName.check(nameBytes, section: section, offset: UInt64(start))
    let extraStart = nameStart + nameLength
    let commentStart = extraStart + extraLength
    do throws(ScrubError) {
      let extra = try ExtraFields(directory[extraStart..<commentStart], section: section)
      let sizes = try ZipSizes(
        uncompressed: uncompressed, compressed: compressed, offset: offset, extra: extra, section: section)
      guard disk == 0 else { throw ScrubError("member lies on another disk", section: section) }
      let member = Wheel.Member(
        index: index, name: name, nameBytes: nameBytes, versionMadeBy: versionMadeBy,
        versionNeeded: versionNeeded,
        flags: flags, method: try check(flags: flags, method: method, sizes),
        time: DOSTime(time: time, date: date), crc: crc, compressedSize: sizes.compressed,
        uncompressedSize: sizes.uncompressed, internalAttributes: internalAttributes,
        externalAttributes: externalAttributes, headerOffset: sizes.headerOffset, extra: extra,
        comment: directory[commentStart..<commentStart + commentLength],
        centralEntry: directory[start..<commentStart + commentLength],
        localTime: DOSTime(time: time, date: date), localExtra: extra, localHeader: nameBytes,
        compressed: nameBytes,
        extent: 0..<0)
      if member.isDirectory, sizes.uncompressed != 0 {
        throw ScrubError("directory has \(sizes.uncompressed) bytes of content", section: section)
      }
      try checkUnicodePath(extra, nameBytes)
      return member
    } catch { throw error.inside(path: "", member: name) }
  }

  private static func check(flags: UInt16, method: UInt16, _ sizes: ZipSizes) throws(ScrubError) -> ZipMethod
  {
    let encryption = ZipFormat.Flag.encrypted | ZipFormat.Flag.strongEncryption | ZipFormat.Flag.maskedHeaders
    if flags & encryption != 0 { throw ScrubError("member is encrypted", section: section) }
    let known = ZipFormat.Flag.deflateOptions | ZipFormat.Flag.descriptor | ZipFormat.Flag.utf8
    if flags & ~known != 0 {
      throw ScrubError("flags \(Inflate.hex(UInt32(flags & ~known))) are not supported", section: section)
    }
    guard let method = ZipMethod(rawValue: method) else {
      throw ScrubError("compression method \(method) is neither stored nor deflate", section: section)
    }
    guard sizes.uncompressed <= Limits.memberSize else {
      throw ScrubError(
        "claims \(sizes.uncompressed) bytes, the limit is \(Limits.memberSize)", section: section)
    }
    let (most, overflow) = sizes.compressed.multipliedReportingOverflow(by: Limits.compressionRatio)
    if method == .deflate, !overflow, sizes.uncompressed > most {
      throw ScrubError(
        "claims \(sizes.uncompressed) bytes from \(sizes.compressed), "
          + "more than \(Limits.compressionRatio) times as many is impossible", section: section)
    }
    if method == .stored, sizes.uncompressed != sizes.compressed {
      throw ScrubError(
        "stored member has \(sizes.compressed) bytes, \(sizes.uncompressed) are announced", section: section)
    }
    return method
  }

  /// Info-ZIP's second name (APPNOTE 4.6.9), which some readers prefer.
  static func checkUnicodePath(_ extra: ExtraFields, _ name: Bytes) throws(ScrubError) {
    guard let field = extra.first(ZipFormat.Extra.unicodePath) else { return }
    guard field.count >= 5, field[5..<field.count] == name else {
      throw ScrubError("Unicode path extra field has another name", section: section)
    }
  }

  private static func checkDuplicates(_ members: [Wheel.Member]) throws(ScrubError) {
    var seen = Set<[UInt8]>(minimumCapacity: members.count)
    for member in members where !seen.insert(MemberName.key(member.name)).inserted {
      throw ScrubError("member occurs twice", at: Place(member: member.name, section: section))
    }
  }
}
