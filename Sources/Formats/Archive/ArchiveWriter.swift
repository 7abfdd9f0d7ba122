/// Writes a static archive again with some contents replaced, its own bytes edited, or dates made earlier. Everything
/// else is left unchanged; if members move, the symbol table's offsets follow.
package struct ArchiveWriter {
  package let archive: StaticArchive
  /// SOURCE_DATE_EPOCH; later dates become it.
  private let epoch: Int64?
  private var contents: [Int: Bytes] = [:]
  private let edits: ArchiveEdits

  package init(_ archive: StaticArchive, edits: ArchiveEdits = ArchiveEdits(), epoch: Int64? = nil) {
    self.archive = archive
    self.edits = edits
    self.epoch = epoch.map { max($0, 0) }
  }

  package mutating func replace(_ member: StaticArchive.Member, with content: Bytes) {
    contents[member.index] = content
  }

  /// Members whose date is later than the epoch, tables included.
  package var lateMembers: [(member: StaticArchive.Member, before: Int64, after: Int64)] {
    guard let epoch else { return [] }
    return archive.members.compactMap { member in
      guard let date = member.header.date, date > epoch else { return nil }
      return (member, date, epoch)
    }
  }

  package var hasChanges: Bool { !contents.isEmpty || !edits.isEmpty || !lateMembers.isEmpty }

  /// The whole new archive.
  /// - Throws: if members move and a table of offsets is not understood, or a size does not fit its field.
  package func write() throws(ScrubError) -> Bytes {
    // Layout: where each member goes.
    let slots = layout()
    let moved = zip(archive.members, slots).contains { $0.extent.lowerBound != $1.header }
    // Tables of offsets: only one that is understood can be updated.
    let table = moved ? try symbolTable(slots) : nil
    // Bytes: one slot after another.
    var parts = [archive.bytes[0..<StaticArchive.magic.count]]
    for (member, slot) in zip(archive.members, slots) {
      parts.append(Bytes(try header(member, slot)))
      if !member.bsdName.isEmpty { parts.append(bsdName(member, slot)) }
      parts.append(member.index == 0 ? table ?? content(member) : content(member))
      if slot.hasPadding { parts.append(Bytes([padding(member)])) }
    }
    return .joined(parts)
  }

  /// One member in the new archive: offsets and sizes in bytes.
  private struct Slot {
    var header: Int
    var nameLength: Int
    var contentLength: Int
    var hasPadding: Bool
    var end: Int { header + ArchiveHeader.size + nameLength + contentLength + (hasPadding ? 1 : 0) }
  }

  private func layout() -> [Slot] {
    let aligned = hasAlignedContents
    var slots: [Slot] = []
    var position = StaticArchive.magic.count
    for member in archive.members {
      let content = contents[member.index]?.count ?? member.content.count
      var slot = Slot(
        header: position, nameLength: member.bsdName.count, contentLength: content, hasPadding: false)
      if aligned, !member.bsdName.isEmpty {
        let start = position + ArchiveHeader.size + member.nameRange.count
        slot.nameLength = member.nameRange.count + (8 - start % 8) % 8
      }
      // A last member of odd size may lack padding.
      let wasLast = member.index == archive.members.count - 1
      let wasPadded = member.extent.upperBound > member.content.upperBound
      let sameSize = content == member.content.count
      slot.hasPadding =
        (slot.nameLength + content) % 2 == 1 && !(wasLast && sameSize && !wasPadded && isOdd(member))
      slots.append(slot)
      position = slot.end
    }
    return slots
  }

  private func isOdd(_ member: StaticArchive.Member) -> Bool {
    (member.bsdName.count + member.content.count) % 2 == 1
  }

  /// Whether names before contents are padded so that all contents begin at multiples of 8, as LLVM does: then the
  /// padding depends on the preceding sizes, and must be updated with them.
  private var hasAlignedContents: Bool {
    archive.members.allSatisfy { member in
      member.bsdName.isEmpty
        || member.content.lowerBound % 8 == 0 && member.bsdName.count - member.nameRange.count < 8
    }
  }

  private func symbolTable(_ slots: [Slot]) throws(ScrubError) -> Bytes? {
    if let unknown = archive.members.first(where: { $0.kind == .unknown }) {
      throw StaticArchive.error(
        "special member \(unknown.name.debugDescription) is not known; no member can move",
        unknown.extent.lowerBound)
    }
    guard let first = archive.members.first, case .symbols(let form) = first.kind else { return nil }
    var moved: [UInt64: UInt64] = [:]
    for (member, slot) in zip(archive.members, slots) {
      moved[UInt64(member.extent.lowerBound)] = UInt64(slot.header)
    }
    let symbols = try ArchiveSymbols(archive.content(of: first), form)
    return try symbols.redirected(content(first), moved)
  }

  private func header(_ member: StaticArchive.Member, _ slot: Slot) throws(ScrubError) -> [UInt8] {
    var header = member.header
    let start = member.extent.lowerBound
    for edit in edits.inside(start..<start + ArchiveHeader.name.upperBound) {
      header.replaceName(at: edit.range.lowerBound - start, with: edit.replacement)
    }
    if let date = header.date, let epoch, date > epoch { header.setDate(epoch) }
    if slot.nameLength != member.bsdName.count { header.setNameLength(slot.nameLength) }
    let size = slot.nameLength + slot.contentLength
    if UInt64(size) != header.size, !header.setSize(size) {
      throw StaticArchive.error("new size \(size) does not fit the header", start)
    }
    return header.bytes
  }

  private func bsdName(_ member: StaticArchive.Member, _ slot: Slot) -> Bytes {
    let text = edited(member.nameRange).array()
    if slot.nameLength == member.bsdName.count { return edited(member.bsdName) }
    return Bytes(text + [UInt8](repeating: 0, count: slot.nameLength - text.count))
  }

  private func content(_ member: StaticArchive.Member) -> Bytes {
    contents[member.index] ?? (member.kind == .file ? archive.content(of: member) : edited(member.content))
  }

  private func edited(_ range: Range<Int>) -> Bytes { edits.applied(to: archive.bytes, range) }

  private func padding(_ member: StaticArchive.Member) -> UInt8 {
    let end = member.content.upperBound
    return end < member.extent.upperBound ? archive.bytes[end] : UInt8(ascii: "\n")
  }
}
