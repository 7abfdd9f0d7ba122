/// The bytes of an archive outside its members' contents, split so that no name runs into the next one.
package enum ArchiveNames {
  package struct Stretch: Sendable {
    package var region: Region
    /// The member that has this name; nil for the tables.
    package var member: String?
    /// Where the stretch begins, relative to what its section's name denotes.
    package var offset: UInt64
    /// Whether the bytes are names, whose text may change as long as its length does not.
    package var isName: Bool

    package init(
      region: Region, member: String? = nil, offset: UInt64, isName: Bool
    ) {
      self.region = region
      self.member = member
      self.offset = offset
      self.isName = isName
    }
  }

  package static func stretches(of archive: StaticArchive) -> [Stretch] {
    archive.members.flatMap { member -> [Stretch] in
      header(archive, member) + (member.kind == .file ? [] : table(archive, member))
    }
  }

  private static func stretch(
    _ archive: StaticArchive, _ range: Range<Int>, _ section: String, from start: Int, member: String?,
    isName: Bool
  ) -> Stretch {
    Stretch(
      region: Region(name: section, section: nil, content: archive.bytes[range], fileRange: range),
      member: member, offset: UInt64(range.lowerBound - start), isName: isName)
  }

  /// The name alone, without its terminating slash; then the other fields; then a name stored before the content.
  private static func header(_ archive: StaticArchive, _ member: StaticArchive.Member) -> [Stretch] {
    let start = member.extent.lowerBound
    let end = start + ArchiveHeader.size
    let isHere = member.nameRange.lowerBound == start
    let name = isHere ? member.nameRange : start..<start
    let label = member.kind == .file ? member.name : nil
    var stretches = [
      stretch(archive, name, "member header", from: start, member: label, isName: true),
      stretch(archive, name.upperBound..<end, "member header", from: start, member: label, isName: false),
    ]
    if !member.bsdName.isEmpty {
      stretches.append(
        stretch(archive, member.bsdName, "member name", from: end, member: label, isName: true))
    }
    return stretches
  }

  private static func table(_ archive: StaticArchive, _ member: StaticArchive.Member) -> [Stretch] {
    let content = member.content
    switch member.kind {
    case .file: return []
    case .unknown:
      return [
        stretch(archive, content, member.name, from: content.lowerBound, member: nil, isName: false)
      ]
    case .symbols(let form):
      // The same names are in the members, and change there in the same way.
      let names = (try? ArchiveSymbols(archive.bytes[content], form).names) ?? content.count
      let cut = content.lowerBound + names
      return [(content.lowerBound..<cut, false), (cut..<content.upperBound, true)].map { range, isName in
        stretch(archive, range, "symbol table", from: content.lowerBound, member: nil, isName: isName)
      }
    case .names:
      return names(archive, content).map {
        stretch(archive, $0, "names table", from: content.lowerBound, member: nil, isName: true)
      }
    }
  }

  /// Each name of the `//` table, without the slash and line end after it.
  private static func names(_ archive: StaticArchive, _ content: Range<Int>) -> [Range<Int>] {
    var names: [Range<Int>] = []
    let span = archive.bytes.span
    var start = content.lowerBound
    while start < content.upperBound {
      let end =
        span.firstIndex(of: 0x0a, from: start).map { min($0, content.upperBound) } ?? content.upperBound
      let hasSlash = end > start && span[end - 1] == UInt8(ascii: "/")
      names.append(start..<(hasSlash ? end - 1 : end))
      start = end + 1
    }
    return names
  }
}
