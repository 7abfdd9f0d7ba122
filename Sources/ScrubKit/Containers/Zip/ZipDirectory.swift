import Formats

/// Reads the central directory (APPNOTE 4.3.12): every field that describes a member, nothing of its data.
struct ZipDirectory {
  private static let section = "central directory"

  /// - Throws: if an entry is truncated or refused by `check`, or the entries do not exactly fill the directory.
  static func members(
    _ file: Bytes, _ end: ZipEnd, _ defects: inout ZipDefects
  ) throws(ScrubError) -> [Wheel.Member] {
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
      let member = try entry(directory, at: position, index: members.count, &defects)
      try Effort.charge(512)
      position += member.centralEntry.count
      members.append(member)
    }
    guard members.count == end.members else {
      throw ScrubError("\(end.members) members are announced, \(members.count) are there", section: section)
    }
    try checkDuplicates(members, &defects)
    return members
  }

  private static func entry(
    _ directory: Bytes, at start: Int, index: Int, _ defects: inout ZipDefects
  ) throws(ScrubError) -> Wheel.Member {
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
    let first = defects.list.count
    let name: String
    do throws(ScrubError) {
      name = try MemberName.check(nameBytes, section: section, offset: UInt64(start))
    } catch {
      try defects.note(.unsafeName, error)
      name = String(decoding: nameBytes.array(), as: UTF8.self)
    }
    let extraStart = nameStart + nameLength
    let commentStart = extraStart + extraLength
    do throws(ScrubError) {
      var isUnreadable = false
      let extra = try ExtraFields.read(directory[extraStart..<commentStart], section: section, &defects)
      var sizes = ZipSizes(uncompressed: uncompressed, compressed: compressed, offset: offset)
      do throws(ScrubError) {
        try sizes.complete(extra, section: section, isLocal: false)
      } catch {
        try defects.note(.extraField, error)
        isUnreadable = true
      }
      guard disk == 0 else { throw ScrubError("member lies on another disk", section: section) }
      if let (kind, error) = obstacle(flags: flags, method: method, sizes) {
        try defects.note(kind, error)
        isUnreadable = true
      }
      let member = Wheel.Member(
        index: index, name: name, nameBytes: nameBytes, versionMadeBy: versionMadeBy,
        versionNeeded: versionNeeded,
        flags: flags, method: ZipMethod(rawValue: method) ?? .unsupported, methodNumber: method,
        time: DOSTime(time: time, date: date), crc: crc, compressedSize: sizes.compressed,
        uncompressedSize: sizes.uncompressed, internalAttributes: internalAttributes,
        externalAttributes: externalAttributes, headerOffset: sizes.headerOffset, extra: extra,
        comment: directory[commentStart..<commentStart + commentLength],
        centralEntry: directory[start..<commentStart + commentLength],
        localTime: DOSTime(time: time, date: date), localExtra: extra, localHeader: nameBytes,
        compressed: nameBytes,
        extent: 0..<0, isUnreadable: isUnreadable)
      if member.isDirectory, sizes.uncompressed != 0 {
        try defects.note(
          .headerMismatch,
          ScrubError("directory has \(sizes.uncompressed) bytes of content", section: section))
      }
      try checkUnicodePath(extra, nameBytes, &defects)
      defects.complete(since: first, member: name)
      if member.hasDescriptor {
        defects.remark(.dataDescriptor, "has its sizes in a data descriptor behind its data", member: name)
      }
      if !member.comment.isEmpty { defects.remark(.comment, "has a comment", member: name) }
      return member
    } catch { throw error.inside(path: "", member: name) }
  }

  /// Why the member's data cannot be read; nil if it can.
  private static func obstacle(
    flags: UInt16, method: UInt16, _ sizes: ZipSizes
  ) -> (ZipDefects.Kind, ScrubError)? {
    func obstacle(_ kind: ZipDefects.Kind, _ message: String) -> (ZipDefects.Kind, ScrubError) {
      (kind, ScrubError(message, section: section))
    }
    let encryption = ZipFormat.Flag.encrypted | ZipFormat.Flag.strongEncryption | ZipFormat.Flag.maskedHeaders
    if flags & encryption != 0 { return obstacle(.encrypted, "member is encrypted") }
    let known = ZipFormat.Flag.deflateOptions | ZipFormat.Flag.descriptor | ZipFormat.Flag.utf8
    if flags & ~known != 0 {
      return obstacle(.encrypted, "flags \(Inflate.hex(UInt32(flags & ~known))) are not supported")
    }
    guard let known = ZipMethod(rawValue: method), known != .unsupported else {
      return obstacle(.compressionMethod, "compression method \(method) is neither stored nor deflate")
    }
    guard sizes.uncompressed <= Limits.memberSize else {
      return obstacle(
        .impossibleSize, "claims \(sizes.uncompressed) bytes, the limit is \(Limits.memberSize)")
    }
    let (most, overflow) = sizes.compressed.multipliedReportingOverflow(by: Limits.compressionRatio)
    if known == .deflate, !overflow, sizes.uncompressed > most {
      return obstacle(
        .impossibleSize,
        "claims \(sizes.uncompressed) bytes from \(sizes.compressed), "
          + "more than \(Limits.compressionRatio) times as many is impossible")
    }
    if known == .stored, sizes.uncompressed != sizes.compressed {
      return obstacle(
        .impossibleSize,
        "stored member has \(sizes.compressed) bytes, \(sizes.uncompressed) are announced")
    }
    return nil
  }

  /// Info-ZIP's second name (APPNOTE 4.6.9), which some readers prefer.
  static func checkUnicodePath(
    _ extra: ExtraFields, _ name: Bytes, _ defects: inout ZipDefects
  ) throws(ScrubError) {
    guard let field = extra.first(ZipFormat.Extra.unicodePath) else { return }
    guard field.count >= 5, field[5..<field.count] == name else {
      try defects.note(
        .headerMismatch, ScrubError("Unicode path extra field has another name", section: section))
      return
    }
  }

  private static func checkDuplicates(
    _ members: [Wheel.Member], _ defects: inout ZipDefects
  ) throws(ScrubError) {
    var seen = Set<[UInt8]>(minimumCapacity: members.count)
    for member in members where !seen.insert(MemberName.key(member.name)).inserted {
      try defects.note(
        .duplicateName, ScrubError("member occurs twice", at: Place(member: member.name, section: section)))
    }
  }
}
