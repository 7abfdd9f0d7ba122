/// A static library, read-only: System V and GNU names (`part.o/`, `/123` into the `//` table), BSD names (`part.o`,
/// `#1/20` before the content), GNU and BSD symbol tables. Microsoft's `.lib` files have the same structure.
package struct StaticArchive: Sendable {
  package enum Kind: Sendable, Hashable {
    case file
    case symbols(ArchiveSymbols.Form)
    /// `//`: names that do not fit into a header.
    case names
    /// Any other special member, such as the second symbol table of Microsoft's archives.
    case unknown
  }

  package struct Member: Sendable {
    package let index: Int
    package let kind: Kind
    /// Unique in the archive: the second `part.o` is `part.o#2`.
    package let name: String
    package let header: ArchiveHeader
    /// The range of the name's text in the archive, without its terminator.
    package let nameRange: Range<Int>
    /// From the header to the next one: header, BSD name, content, padding; in bytes of the archive.
    package let extent: Range<Int>
    /// A name before the content, including its padding; empty if there is none.
    package let bsdName: Range<Int>
    package let content: Range<Int>

    package init(
      index: Int, kind: Kind, name: String, header: ArchiveHeader, nameRange: Range<Int>, extent: Range<Int>,
      bsdName: Range<Int>, content: Range<Int>
    ) {
      self.index = index
      self.kind = kind
      self.name = name
      self.header = header
      self.nameRange = nameRange
      self.extent = extent
      self.bsdName = bsdName
      self.content = content
    }
  }

  package let bytes: Bytes
  /// In archive order, including tables.
  package let members: [Member]

  package static let magic = Array("!<arch>\n".utf8)
  private static let thinMagic = Array("!<thin>\n".utf8)

  package static func error(_ message: String, _ offset: Int) -> ScrubError {
    ScrubError(message, section: "archive", offset: UInt64(offset))
  }

  /// Reads the headers.
  /// - Throws: if a header or name is broken, or a member lies outside; thin archives are refused.
  package init(_ bytes: Bytes) throws(ScrubError) {
    self.bytes = bytes
    let head = bytes[0..<min(bytes.count, Self.magic.count)].array()
    if head == Self.thinMagic {
      throw Self.error(
        "is a thin archive, which only names its members: give those, or copy it with `ar -M` or "
          + "llvm-ar into a full one", 0)
    }
    guard head == Self.magic else { throw Self.error("not a static archive", 0) }
    var reading = Reading(bytes: bytes)
    var position = Self.magic.count
    while position < bytes.count { position = try reading.member(at: position) }
    members = reading.members
    // deb(5): an archive with the same structure, containing compressed tars.
    guard members.first?.name != "debian-binary" else {
      throw Self.error(
        "is a Debian package, which is not opened: unpack it with dpkg-deb -x FILE DIR, and give DIR", 0)
    }
  }

  /// Members that are content, without the tables.
  package var files: [Member] { members.filter { $0.kind == .file } }

  package func content(of member: Member) -> Bytes { bytes[member.content] }
}

/// The state of a single pass over the headers.
private struct Reading {
  let bytes: Bytes
  var members: [StaticArchive.Member] = []
  private var table: Range<Int>?
  private var taken: Set<String> = []
  /// How often each name was seen.
  private var seen: [String: Int] = [:]
  /// Bytes of names that may still be read: members may share names of the `//` table, and all may claim the longest.
  private var nameBudget: Int

  init(bytes: Bytes) {
    self.bytes = bytes
    nameBudget = Limits.archiveNames(of: bytes.count)
  }

  /// Reads the member whose header is at `start`; returns the position of the next header.
  mutating func member(at start: Int) throws(ScrubError) -> Int {
    guard bytes.count - start >= ArchiveHeader.size else {
      throw StaticArchive.error("needs \(ArchiveHeader.size) bytes, \(bytes.count - start) left", start)
    }
    guard members.count < Limits.members else {
      throw StaticArchive.error("has more than \(Limits.members) members", start)
    }
    let header = try ArchiveHeader(bytes[start..<start + ArchiveHeader.size], offset: start)
    let body = start + ArchiveHeader.size
    guard header.size <= UInt64(bytes.count - body) else {
      throw StaticArchive.error("member needs \(header.size) bytes, \(bytes.count - body) left", start)
    }
    let end = body + Int(header.size)
    let name = try self.name(header, at: start, content: body..<end)
    nameBudget -= name.text.count
    try Effort.charge(256 + 4 * name.text.count)
    guard nameBudget >= 0 else {
      throw StaticArchive.error("names of members add up to more than the archive can hold", start)
    }
    let content = name.bsd.upperBound..<end
    let text = bytes[name.text].array()
    let kind = try self.kind(header, text, isBSD: !name.isSystemV, at: start)
    if kind == .names { table = content }
    // Members begin at even offsets; the last one's padding may be missing.
    let next = min(end + (end & 1), bytes.count)
    members.append(
      StaticArchive.Member(
        index: members.count, kind: kind, name: unique(text, at: start, isFile: kind == .file),
        header: header, nameRange: name.text, extent: start..<next, bsdName: name.bsd, content: content))
    return next
  }

  private typealias Name = (text: Range<Int>, bsd: Range<Int>, isSystemV: Bool)

  private func name(_ header: ArchiveHeader, at start: Int, content: Range<Int>) throws(ScrubError) -> Name {
    let field = header.nameText
    let none = content.lowerBound..<content.lowerBound
    if field.starts(with: Array("#1/".utf8)) {
      guard let count = ArchiveHeader.number(field.dropFirst(3)), count <= UInt64(content.count) else {
        throw StaticArchive.error("name length \(shown(field)) does not fit the member", start)
      }
      let whole = content.lowerBound..<content.lowerBound + Int(count)
      var text = whole
      while let last = text.last, bytes[last] == 0 { text = text.lowerBound..<last }
      return (text, whole, false)
    }
    if field.count > 1, field[0] == UInt8(ascii: "/"), let offset = ArchiveHeader.number(field.dropFirst()) {
      return (try longName(offset, at: start), none, true)
    }
    // `/`, `//` and `/SYM64/` are names of tables; in all others the slash ends the name.
    let isSystemV = field.last == UInt8(ascii: "/")
    let count = isSystemV && field.first != UInt8(ascii: "/") ? field.count - 1 : field.count
    return (start..<start + count, none, isSystemV)
  }

  /// The name at an offset of the `//` table, which ends with `/` and a line end, or with NUL (Microsoft).
  private func longName(_ offset: UInt64, at start: Int) throws(ScrubError) -> Range<Int> {
    guard let table, offset < UInt64(table.count) else {
      throw StaticArchive.error("name offset \(offset) lies outside of the names table", start)
    }
    let from = table.lowerBound + Int(offset)
    var end = from
    let span = bytes.span
    let limit = min(table.upperBound, from + nameBudget + 1)
    while end < limit, span[end] != 0x0a, span[end] != 0 { end += 1 }
    if end > from, end < table.upperBound, span[end] == 0x0a, span[end - 1] == UInt8(ascii: "/") { end -= 1 }
    return from..<end
  }

  private func kind(
    _ header: ArchiveHeader, _ text: [UInt8], isBSD: Bool, at start: Int
  ) throws(ScrubError) -> StaticArchive.Kind {
    let field = header.nameText
    if field == Array("//".utf8) {
      guard table == nil else { throw StaticArchive.error("has a second names table", start) }
      return .names
    }
    if members.isEmpty, let form = ArchiveSymbols.Form(name: isBSD ? text : field, isBSD: isBSD) {
      return .symbols(form)
    }
    let isSpecial = field.first == UInt8(ascii: "/") && ArchiveHeader.number(field.dropFirst()) == nil
    return isSpecial ? .unknown : .file
  }

  private mutating func unique(_ text: [UInt8], at start: Int, isFile: Bool) -> String {
    let plain = text.isEmpty ? "0x\(String(start, radix: 16))" : String(decoding: text, as: UTF8.self)
    guard isFile else { return plain }
    var count = seen[plain, default: 0] + 1
    var name = count == 1 ? plain : "\(plain)#\(count)"
    // A member may be called `part.o#2` itself.
    while !taken.insert(name).inserted {
      count += 1
      name = "\(plain)#\(count)"
    }
    seen[plain] = count
    return name
  }

  private func shown(_ field: [UInt8]) -> String {
    String(decoding: field, as: UTF8.self).debugDescription
  }
}
