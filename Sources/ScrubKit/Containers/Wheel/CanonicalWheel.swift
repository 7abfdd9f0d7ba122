import Formats

/// The canonical form of a wheel (`--canonical`): every byte depends on what is installed, not on who packed it.
///
/// Members are sorted by name, `.dist-info` after the rest and RECORD last. All have the same time and one of a few
/// modes, are marked as made by Unix and deflated by the pinned encoder. There are no extra fields, descriptors,
/// comments or internal attributes, and directories only if they are empty. RECORD has a row for each file in that
/// order.
struct CanonicalWheel {
  /// A member other than RECORD, as it will be written.
  struct Entry: Sendable {
    /// The original member.
    var member: Wheel.Member
    /// Its name, possibly a new one.
    var name: String
    var content: CanonicalContent
    /// Whether its content differs from the original.
    var isChanged: Bool
  }

  let wheel: Wheel
  let record: Record
  let epoch: Int64?

  /// - Parameter entries: all files except RECORD and its signatures.
  /// - Returns: nil if the wheel already has this form.
  /// - Throws: if the encoder is not the one that defines this form, or two files have the same name.
  func output(
    _ entries: [Entry], workers: Workers, _ report: inout FileReport
  ) throws(ScrubError) -> WheelOutput? {
    guard Deflate.isPinned else {
      throw ScrubError(
        "--canonical needs zlib's deflate, byte by byte; the zlib of this program writes other bytes",
        at: Place(path: wheel.path))
    }
    let unmarked = wheel.members.first {
      $0.flags & ZipFormat.Flag.utf8 == 0 && $0.name.utf8.contains { $0 >= 0x80 }
    }
    if let unmarked {
      throw ScrubError(
        "--canonical needs names in ASCII, or marked as UTF-8: installers spell this one in different ways",
        at: Place(path: wheel.path, member: unmarked.name))
    }
    let ordered = entries.sorted { key($0.name).lexicographicallyPrecedes(key($1.name)) }
    let time = DOSTime(seconds: epoch ?? DOSTime.first)

    // RECORD: its rows follow from the files.
    let content = canonicalRecord(ordered)
    var members: [(member: Wheel.Member, content: PackedMember)] = []
    for entry in ordered {
      members.append(
        (entry.member.canonical(entry.name, time, InstalledMode(entry.member)), entry.content.packed))
    }
    let names = ordered.map(\.name) + [record.name]
    for directory in Self.emptyDirectories(wheel, holding: names) {
      members.append((directory.canonical(directory.name, time, .directory), PackedMember(directory: ())))
    }
    members.sort { key($0.member.name).lexicographicallyPrecedes(key($1.member.name)) }
    guard let recordMember = wheel.member(named: record.name) else {
      throw ScrubError("has no RECORD", at: Place(path: wheel.path))
    }
    // Installers write a RECORD of their own, so its mode does not matter.
    members.append(
      (recordMember.canonical(record.name, time, .file), try PackedMember(content, method: .deflate)))

    // Container: the new zip.
    let bytes = Bytes.joined(Self.segments(members))
    guard bytes != wheel.file.bytes else { return nil }

    // Verify: read again, and compare what would be installed.
    do throws(ScrubError) {
      try CanonicalVerifier(
        before: wheel, after: Wheel.read(bytes).members, entries: entries, record: content
      )
      .verify(workers)
    } catch { throw error.inside(path: wheel.path) }
    report.ranges += ranges(members)
    report.changes +=
      CanonicalChanges(
        before: wheel, after: members, recordRows: content == record.bytes ? 0 : entries.count + 1
      ).list
    for member in wheel.members where !member.comment.isEmpty {
      let text = String(decoding: member.comment.array(), as: UTF8.self)
      report.notes.append(
        Note("comment dropped: \(text)", at: Place(path: wheel.path, member: member.name)))
    }
    return WheelOutput(original: wheel.file, segments: [.bytes(bytes)])
  }

  /// `-` sorts before `/`, so plain names would put `x-1.dist-info` before `x/y`.
  private func key(_ name: String) -> [UInt8] {
    let isMetadata = name.utf8.starts(with: record.name.utf8.dropLast("RECORD".utf8.count))
    return [isMetadata ? 1 : 0] + Array(name.utf8)
  }

  /// uv creates them; non-empty directories follow from their files.
  /// - Parameter names: of files.
  static func emptyDirectories(_ wheel: Wheel, holding names: [String]) -> [Wheel.Member] {
    let directories = wheel.members.filter(\.isDirectory)
    guard !directories.isEmpty else { return [] }
    var parents: Set<String> = []
    for name in names + directories.map(\.name) {
      var path = name.utf8.last == 0x2f ? name.dropLast() : Substring(name)
      while let slash = path.lastIndex(of: "/") {
        path = path[..<slash]
        guard parents.insert(String(path)).inserted else { break }
      }
    }
    return directories.filter { !parents.contains(String($0.name.dropLast())) }
  }

  private func canonicalRecord(_ entries: [Entry]) -> Bytes {
    var text: [UInt8] = []
    for entry in entries {
      text += "\(RecordRow.quoted(entry.name)),sha256=\(entry.content.digest),\(entry.content.size)\n".utf8
    }
    text += "\(RecordRow.quoted(record.name)),,\n".utf8
    return Bytes(text)
  }

  /// Where each member was and is: file offsets, headers included.
  private func ranges(_ members: [(member: Wheel.Member, content: PackedMember)]) -> [ChangedRange] {
    var ranges: [ChangedRange] = []
    var position = 0
    for (member, content) in members {
      let old = wheel.members[member.index]
      let new =
        position..<position + ZipHeaders(member, content, nil).local().count + content.compressed.count
      position = new.upperBound
      let reason: ChangedRange.Reason =
        old.crc != content.crc ? .rewritten : old.compressed == content.compressed ? .headers : .rewritten
      ranges.append(
        ChangedRange(
          place: Place(path: wheel.path, section: old.name), reason: reason, old: old.extent, new: new))
    }
    let kept = Set(members.map(\.member.index))
    for old in wheel.members where !kept.contains(old.index) {
      ranges.append(
        ChangedRange(
          place: Place(path: wheel.path, section: old.name), reason: .filling, old: old.extent, new: nil))
    }
    return ranges
  }

  private static func segments(_ members: [(member: Wheel.Member, content: PackedMember)]) -> [Bytes] {
    var segments: [Bytes] = []
    var position: UInt64 = 0
    var directory: [UInt8] = []
    for (member, content) in members {
      let headers = ZipHeaders(member, content, nil)
      let local = Bytes(headers.local())
      headers.appendCentral(to: &directory, offset: position)
      segments += [local, content.compressed]
      position += UInt64(local.count + content.compressed.count)
    }
    let size = UInt64(directory.count)
    ZipHeaders.appendEnd(
      to: &directory, members: UInt64(members.count), directoryOffset: position, directorySize: size)
    return segments + [Bytes(directory)]
  }
}

/// The content of a file in a canonical wheel.
struct CanonicalContent: Sendable {
  let packed: PackedMember
  /// SHA-256, as RECORD spells it.
  let digest: String

  /// In bytes.
  var size: UInt64 { packed.uncompressedSize }

  /// - Throws: if there is not enough memory.
  init(_ content: Bytes, of member: Wheel.Member) throws(ScrubError) {
    packed = try PackedMember(content, method: .deflate).sharing(member)
    digest = RecordHash.sha256.digest(content)
  }
}

extension PackedMember {
  fileprivate init(directory: Void) {
    self.init(crc: 0, uncompressedSize: 0, compressed: Bytes([]))
  }

  /// Uses the wheel's own bytes if they are the same, so that nothing is held twice.
  fileprivate func sharing(_ member: Wheel.Member) -> PackedMember {
    guard member.method == .deflate, compressed == member.compressed else { return self }
    return PackedMember(crc: crc, uncompressedSize: uncompressedSize, compressed: member.compressed)
  }
}

extension Wheel.Member {
  /// The member with its canonical header; the writer fills in where its bytes are.
  fileprivate func canonical(_ name: String, _ time: DOSTime, _ mode: InstalledMode) -> Wheel.Member {
    let method: ZipMethod = mode == .directory ? .stored : .deflate
    let nothing = Bytes([])
    return Wheel.Member(
      index: index, name: name, nameBytes: Bytes(Array(name.utf8)),
      versionMadeBy: UInt16(mode.system) << 8 | ZipFormat.version20, versionNeeded: ZipFormat.version20,
      flags: name.utf8.allSatisfy { $0 < 0x80 } ? 0 : ZipFormat.Flag.utf8, method: method,
      methodNumber: method.rawValue, time: time, crc: crc, compressedSize: compressedSize,
      uncompressedSize: uncompressedSize, internalAttributes: 0, externalAttributes: mode.attributes,
      headerOffset: headerOffset, extra: .none, comment: nothing, centralEntry: nothing, localTime: time,
      localExtra: .none, localHeader: nothing, compressed: nothing, extent: 0..<0, isUnreadable: false)
  }
}
