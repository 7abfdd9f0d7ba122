import Formats

/// What the end records say (APPNOTE 4.3.14 to 4.3.16): where the central directory is and how many members
/// it has.
struct ZipEnd {
  var members: UInt64
  var directoryOffset: UInt64
  var directorySize: UInt64
  /// The archive comment; omitted on writing.
  var comment: Bytes

  /// The records must end with the file, and the directory must end where they begin.
  init(_ file: Bytes, _ defects: inout ZipDefects) throws(ScrubError) {
    let position = try Self.locate(file, &defects)
    var reader = Reader(file.span, order: .little, section: Self.section, at: position + 4)
    let disk = try reader.u16()
    let directoryDisk = try reader.u16()
    let membersHere = try reader.u16()
    let members = try reader.u16()
    let size = try reader.u32()
    let offset = try reader.u32()
    let commentLength = Int(try reader.u16())
    let commentStart = position + ZipFormat.endSize
    comment = file[commentStart..<min(commentStart + commentLength, file.count)]
    if !comment.isEmpty { defects.remark(.comment, "has an archive comment of \(comment.count) bytes") }
    guard disk == 0, directoryDisk == 0, membersHere == members else {
      throw ScrubError("archive has several disks", section: Self.section, offset: UInt64(position))
    }
    self.members = UInt64(members)
    directorySize = UInt64(size)
    directoryOffset = UInt64(offset)
    var recordStart = position
    let locator = position - ZipFormat.locator64Size
    if locator >= 0, file.span.unsigned(at: locator, width: 4, order: .little) == ZipFormat.locator64Signature
    {
      recordStart = try readZIP64(file, locator: locator, members: members, size: size, offset: offset)
    }
    let (directoryEnd, overflow) = directoryOffset.addingReportingOverflow(directorySize)
    guard !overflow, directoryEnd == UInt64(recordStart) else {
      throw ScrubError(
        "central directory should end at 0x\(String(recordStart, radix: 16)), "
          + "its record says offset 0x\(String(directoryOffset, radix: 16)) and size \(directorySize)",
        section: Self.section, offset: UInt64(position))
    }
    try checkCount(position)
  }

  private static let section = "end of central directory"
  private static let section64 = "zip64 end of central directory"

  private func checkCount(_ position: Int) throws(ScrubError) {
    guard members <= UInt64(Limits.members) else {
      throw ScrubError(
        "claims \(members) members, the limit is \(Limits.members)", section: Self.section,
        offset: UInt64(position))
    }
    guard members * UInt64(ZipFormat.centralSize) <= directorySize else {
      throw ScrubError(
        "claims \(members) members, a central directory of \(directorySize) bytes has no room for them",
        section: Self.section, offset: UInt64(position))
    }
  }

  /// The only position of an end record that reaches exactly to the end of the file.
  private static func locate(_ file: Bytes, _ defects: inout ZipDefects) throws(ScrubError) -> Int {
    guard FileKind.of(file) == .zip else {
      throw ScrubError(file.isEmpty ? "file is empty" : "not a zip file")
    }
    let last = file.count - ZipFormat.endSize
    let first = max(0, last - Int(UInt16.max))
    var found: Int?
    var longest: (position: Int, excess: Int)?
    if last >= 0 {
      let span = file.span
      for position in stride(from: last, through: first, by: -1)
      where span[position] == 0x50
        && span.unsigned(at: position, width: 4, order: .little) == ZipFormat.endSignature
      {
        let comment = Int(span.unsigned(at: position + 20, width: 2, order: .little))
        let excess = last - position - comment
        if excess == 0 {
          // A second candidate inside the comment: readers disagree about which one counts.
          if found != nil {
            try defects.note(
              .strayData, ScrubError("two end records fit", section: section, offset: UInt64(position)))
          }
          found = found ?? position
        } else if longest == nil {
          longest = (position, excess)
        }
      }
    }
    if let found {
      if let longest, longest.position > found {
        try defects.note(
          .strayData,
          ScrubError("comment contains an end record", section: section, offset: UInt64(longest.position)))
      }
      return found
    }
    guard let longest else {
      throw ScrubError(
        "not a whole zip file: no end of central directory in its last 64 KiB, it is cut or has data behind")
    }
    guard longest.excess > 0 else {
      throw ScrubError(
        "comment is cut, \(-longest.excess) bytes are missing", section: section,
        offset: UInt64(longest.position))
    }
    try defects.note(
      .strayData,
      ScrubError(
        "\(longest.excess) bytes follow the end of the archive", section: section,
        offset: UInt64(longest.position)))
    return longest.position
  }

  /// Uses the ZIP64 values for full fields, and checks the others against them.
  /// - Returns: where the ZIP64 record begins.
  private mutating func readZIP64(
    _ file: Bytes, locator: Int, members: UInt16, size: UInt32, offset: UInt32
  ) throws(ScrubError) -> Int {
    var reader = Reader(file.span, order: .little, section: "zip64 locator", at: locator + 4)
    let disk = try reader.u32()
    let position = try reader.u64()
    let disks = try reader.u32()
    guard disk == 0, disks <= 1 else { throw reader.error("archive has several disks") }
    guard locator >= ZipFormat.end64Size, position == UInt64(locator - ZipFormat.end64Size) else {
      throw reader.error("zip64 end record is not directly before its locator")
    }
    var record = Reader(file.span, order: .little, section: Self.section64, at: Int(position))
    guard try record.u32() == ZipFormat.end64Signature, try record.u64() == UInt64(ZipFormat.end64Size - 12)
    else {
      throw ScrubError(
        "record of \(ZipFormat.end64Size) bytes expected", section: Self.section64, offset: position)
    }
    try record.skip(4)
    let disk64 = try record.u32()
    let directoryDisk = try record.u32()
    let membersHere = try record.u64()
    let members64 = try record.u64()
    let size64 = try record.u64()
    let offset64 = try record.u64()
    guard disk64 == 0, directoryDisk == 0, membersHere == members64 else {
      throw record.error("archive has several disks")
    }
    guard members == ZipFormat.sentinel16 || UInt64(members) == members64,
      size == ZipFormat.sentinel32 || UInt64(size) == size64,
      offset == ZipFormat.sentinel32 || UInt64(offset) == offset64
    else { throw record.error("contradicts the end of central directory") }
    self.members = members64
    directorySize = size64
    directoryOffset = offset64
    return Int(position)
  }
}
