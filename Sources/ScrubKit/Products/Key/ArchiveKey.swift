import Formats

/// What a linker takes from a static archive: its members in order, without times, owners and modes, and what its
/// symbol table says about them.
struct ArchiveKey {
  let archive: StaticArchive
  let contents: ContentKeys

  func key() throws(ScrubError) -> ContentKey {
    let keys = archive.members.map { member in
      member.kind == .file ? contents.key(of: archive.content(of: member)) : nil
    }
    // An archive with nothing but debug info is marked as such. An empty archive still exists for a linker.
    guard keys.contains(where: { $0?.isLoaded ?? false }) || archive.files.isEmpty else {
      return contents.whole(archive.bytes, isLoaded: false)
    }
    let counts = archive.members.filter { member in
      keys[member.index]?.isLoaded ?? (member.kind != .names)
    }
    let numbers = Dictionary(
      uniqueKeysWithValues: counts.filter { $0.kind == .file }.enumerated().map {
        (UInt64($1.extent.lowerBound), UInt64($0))
      })
    var writer = KeyWriter("archive", .runtime)
    writer.list(counts.count)
    for member in counts {
      switch member.kind {
      case .file:
        writer.bytes(archive.bytes[member.nameRange])
        if let key = keys[member.index] { writer.key(key) }
      case .symbols(let form): try write(form, archive.content(of: member), numbers, &writer)
      case .unknown:
        writer.bytes(archive.bytes[member.nameRange])
        writer.bytes(archive.content(of: member))
      case .names: break
      }
    }
    return ContentKey(digest: writer.finish(), level: .runtime)
  }

  /// Which member each symbol is in. Offsets depend on sizes, which include debug info.
  private func write(
    _ form: ArchiveSymbols.Form, _ content: Bytes, _ numbers: [UInt64: UInt64], _ writer: inout KeyWriter
  ) throws(ScrubError) {
    let table = try ArchiveSymbols(content, form)
    switch form {
    case .gnu(let width): writer.text("gnu \(width)")
    case .bsd(let width): writer.text("bsd \(width)")
    }
    writer.list(table.entries.count)
    for entry in table.entries {
      guard let number = numbers[entry.header] else {
        throw ScrubError(
          "header offset 0x\(String(entry.header, radix: 16)) is no member's", section: "symbol table",
          offset: UInt64(entry.position))
      }
      writer.number(number)
    }
    if case .bsd = form {
      // The bytes between the offsets, which locate each name.
      for entry in table.entries { writer.bytes(content[entry.position - table.width..<entry.position]) }
    }
    writer.bytes(content[table.names..<content.count])
  }
}
