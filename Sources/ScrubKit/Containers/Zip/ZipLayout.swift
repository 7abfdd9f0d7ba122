import Formats

/// Checks the local headers (APPNOTE 4.3.7) against the central directory and that members, one after another, fill the
/// file up to the directory. No gap is accepted, not even for alignment: builders align with extra fields, and only
/// some readers see what lies in a gap.
struct ZipLayout {
  private static let section = "local header"

  /// - Returns: the members completed from their local headers, in directory order, and their order in the file.
  static func complete(
    _ members: [Wheel.Member], _ file: Bytes, directoryOffset: UInt64,
    _ defects: inout ZipDefects
  ) throws(ScrubError) -> (members: [Wheel.Member], order: [Int]) {
    var members = members
    let order = members.indices.sorted { members[$0].headerOffset < members[$1].headerOffset }
    let start = order.first.map { members[$0].headerOffset } ?? directoryOffset
    let isHead = defects.allowsScriptHead && file.span.holds(Array("#!".utf8), at: 0)
    if start != 0, !isHead {
      try defects.note(.strayData, ScrubError("\(start) bytes before the first member", offset: 0))
    }
    for (place, index) in order.enumerated() {
      let next = place + 1 < order.count ? members[order[place + 1]].headerOffset : directoryOffset
      let first = defects.list.count
      do throws(ScrubError) { try complete(&members[index], file, next: next, &defects) } catch {
        members[index].isUnreadable = true
        let isOverlap = next <= members[index].headerOffset
        try defects.note(
          isOverlap ? .overlap : .headerMismatch, error.inside(path: "", member: members[index].name))
      }
      defects.complete(since: first, member: members[index].name)
    }
    return (members, order)
  }

  private static func complete(
    _ member: inout Wheel.Member, _ file: Bytes, next: UInt64, _ defects: inout ZipDefects
  ) throws(ScrubError) {
    let start = member.headerOffset
    guard next > start, let room = file.slice(at: start, length: next - start) else {
      throw ScrubError("overlaps another member or the central directory", section: section, offset: start)
    }
    var reader = Reader(room.span, order: .little, section: section, origin: start)
    guard try reader.u32() == ZipFormat.localSignature else {
      throw ScrubError("needs the header's signature", section: section, offset: start)
    }
    _ = try reader.u16()
    let flags = try reader.u16()
    let method = try reader.u16()
    let time = try reader.u16()
    let date = try reader.u16()
    let crc = try reader.u32()
    let compressed = try reader.u32()
    let uncompressed = try reader.u32()
    let nameLength = Int(try reader.u16())
    let extraLength = Int(try reader.u16())
    try reader.need(nameLength + extraLength)
    let headerSize = ZipFormat.localSize + nameLength + extraLength
    if room[ZipFormat.localSize..<ZipFormat.localSize + nameLength] != member.nameBytes {
      try mismatch("name", start, &defects)
    }
    if flags != member.flags { try mismatch("flags", start, &defects) }
    if method != member.methodNumber { try mismatch("method", start, &defects) }
    let extra = try ExtraFields.read(
      room[ZipFormat.localSize + nameLength..<headerSize], section: section, &defects)
    try ZipDirectory.checkUnicodePath(extra, member.nameBytes, &defects)
    var sizes = ZipSizes(uncompressed: uncompressed, compressed: compressed, offset: nil)
    do throws(ScrubError) { try sizes.complete(extra, section: section, isLocal: true) } catch {
      try defects.note(.extraField, error)
    }
    // With a descriptor, the fields are zero or already have their final values.
    let mayBeZero = member.hasDescriptor
    if !(crc == member.crc || (mayBeZero && crc == 0)) { try mismatch("CRC-32", start, &defects) }
    let isSame =
      (sizes.uncompressed == member.uncompressedSize || (mayBeZero && sizes.uncompressed == 0))
      && (sizes.compressed == member.compressedSize || (mayBeZero && sizes.compressed == 0))
    if !isSame { try mismatch("size", start, &defects) }
    guard let data = room.slice(at: UInt64(headerSize), length: member.compressedSize) else {
      throw ScrubError(
        "needs \(member.compressedSize) bytes of data, \(room.count - headerSize) before the next header",
        section: section, offset: start)
    }
    let rest = room[headerSize + data.count..<room.count]
    if member.hasDescriptor {
      do throws(ScrubError) {
        try checkDescriptor(rest, member, at: start + UInt64(headerSize + data.count))
      } catch {
        try defects.note(.headerMismatch, error)
      }
    } else if !rest.isEmpty {
      try defects.note(
        .strayData,
        ScrubError(
          "\(rest.count) bytes behind the data belong to no member", section: section,
          offset: start + UInt64(headerSize + data.count)))
    }
    member.localTime = DOSTime(time: time, date: date)
    member.localExtra = extra
    member.localHeader = room[0..<headerSize]
    member.compressed = data
    member.extent = Int(start)..<Int(next)
  }

  private static func mismatch(
    _ what: String, _ offset: UInt64, _ defects: inout ZipDefects
  ) throws(ScrubError) {
    try defects.note(
      .headerMismatch,
      ScrubError("\(what) differs from the central directory's", section: section, offset: offset))
  }

  /// APPNOTE 4.3.9: with or without signature, sizes of 4 or 8 bytes; its length tells which.
  private static func checkDescriptor(
    _ bytes: Bytes, _ member: Wheel.Member, at offset: UInt64
  ) throws(ScrubError) {
    var reader = Reader(bytes.span, order: .little, section: "data descriptor", origin: offset)
    guard [12, 16, 20, 24].contains(bytes.count) else {
      throw reader.error("needs 12 to 24 bytes up to the next header, there are \(bytes.count)")
    }
    if bytes.count == 16 || bytes.count == 24 {
      guard try reader.u32() == ZipFormat.descriptorSignature else { throw reader.error("needs a signature") }
    }
    let width = bytes.count >= 20 ? 8 : 4
    guard try reader.u32() == member.crc, try reader.unsigned(width) == member.compressedSize,
      try reader.unsigned(width) == member.uncompressedSize
    else { throw reader.error("differs from the central directory's entry") }
  }
}
