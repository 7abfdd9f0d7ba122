/// Reads a tar archive member by member, from front to back (POSIX.1-2017, "pax Interchange Format" and "ustar Interchange
/// Format"; GNU tar's long names and sparse files). Nothing is extracted, so names are only names.
package struct TarReader {
  package struct Member {
    package var name: String
    /// Whether it has content of its own, and is no directory, link or device.
    package var isFile: Bool
    /// Bytes.
    package var size: UInt64
  }

  private let source: ByteSource
  /// A header that was read already.
  private var first: Bytes?
  /// Bytes of the archive that were passed, for errors.
  private var position: UInt64 = 0
  /// Of the current member: what was not read of it, padding included.
  private var left: UInt64 = 0

  /// - Parameter first: the first block, which `mayBegin` takes for a header.
  package init(_ source: ByteSource, first: Bytes) {
    self.source = source
    self.first = first
  }

  package static let blockSize = 512
  /// Bytes of an extended header, or of a long name; real ones have a few hundred.
  private static let largestExtension: UInt64 = 1 << 20

  /// Whether a block is a header: its checksum is right.
  package static func mayBegin(_ block: Bytes) -> Bool {
    guard block.count == blockSize, !block.isZero, let sum = number(block[148..<156]) else { return false }
    let span = block.span
    var unsigned = 0
    var signed = 0
    for index in 0..<blockSize {
      // The field itself counts as spaces.
      let byte = (148..<156).contains(index) ? 0x20 : span[index]
      unsigned += Int(byte)
      signed += Int(Int8(bitPattern: byte))
    }
    return sum == UInt64(unsigned) || signed >= 0 && sum == UInt64(signed)
  }

  /// The next member; nil behind the last.
  /// - Throws: where the archive is damaged or cut.
  package mutating func next() throws(ScrubError) -> Member? {
    var name: String?
    var size: UInt64?
    while true {
      try pass(left)
      left = 0
      let block = try header()
      guard let block else { return nil }
      guard Self.mayBegin(block), let stored = Self.number(block[124..<136]) else {
        throw ScrubError(
          "header is damaged", section: Self.section, offset: position - UInt64(Self.blockSize))
      }
      let type = block[156]
      switch type {
      // Extended headers: of the next member, of all that follow; GNU's long names, of a member and of a link's target.
      case UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K"):
        let content = try self.extended(stored)
        if type == UInt8(ascii: "L") { name = name ?? Self.text(content) }
        if type == UInt8(ascii: "x") {
          let records = try Self.records(content)
          name = records["path"] ?? name
          size = records["size"].flatMap { UInt64($0) } ?? size
        }
      default:
        let isLinkOrDevice = (UInt8(ascii: "1")...UInt8(ascii: "6")).contains(type)
        if type == UInt8(ascii: "S") { try passSparseMap(block) }
        let size = isLinkOrDevice ? 0 : size ?? stored
        let (padded, overflow) = size.addingReportingOverflow(UInt64(Self.blockSize - 1))
        guard !overflow else {
          throw ScrubError("claims \(size) bytes", section: Self.section, offset: position)
        }
        left = padded / UInt64(Self.blockSize) * UInt64(Self.blockSize)
        return Member(name: name ?? Self.name(block), isFile: !isLinkOrDevice, size: size)
      }
    }
  }

  /// The content of the member that `next` has returned; ask once.
  package mutating func content(of member: Member) throws(ScrubError) -> Bytes {
    guard member.size <= Limits.memberSize else {
      throw ScrubError(
        "member of \(member.size) bytes, the limit is \(Limits.memberSize)", section: Self.section,
        offset: position)
    }
    let content = try source.read(Int(member.size))
    guard content.count == Int(member.size) else { throw cut() }
    position += member.size
    left -= member.size
    return content
  }

  /// Reads to the end of the file, so that checksums of compressed data are compared.
  package mutating func finish() throws(ScrubError) { try source.skip(.max) }

  private static let section = "tar archive"

  /// The next block, or nil where the archive ends: with a block of zeros, or with the file.
  private mutating func header() throws(ScrubError) -> Bytes? {
    let block: Bytes
    if let first {
      block = first
      self.first = nil
    } else {
      block = try source.read(Self.blockSize)
    }
    if block.isEmpty { return nil }
    guard block.count == Self.blockSize else { throw cut() }
    position += UInt64(Self.blockSize)
    return block.isZero ? nil : block
  }

  private mutating func pass(_ count: UInt64) throws(ScrubError) {
    guard count > 0 else { return }
    let passed = try source.skip(count)
    position += passed
    // Padding of the last member may be missing.
    guard count - passed < UInt64(Self.blockSize) else { throw cut() }
  }

  private mutating func extended(_ size: UInt64) throws(ScrubError) -> Bytes {
    guard size <= Self.largestExtension else {
      throw ScrubError(
        "extended header of \(size) bytes, the limit is \(Self.largestExtension)", section: Self.section,
        offset: position)
    }
    let member = Member(name: "", isFile: false, size: size)
    left = (size + UInt64(Self.blockSize - 1)) / UInt64(Self.blockSize) * UInt64(Self.blockSize)
    return try content(of: member)
  }

  /// GNU tar's old sparse format: further blocks of the map stand in front of the content.
  private mutating func passSparseMap(_ header: Bytes) throws(ScrubError) {
    var continues = header[482] != 0
    while continues {
      let block = try source.read(Self.blockSize)
      guard block.count == Self.blockSize else { throw cut() }
      position += UInt64(Self.blockSize)
      continues = block[504] != 0
    }
  }

  private func cut() -> ScrubError { ScrubError("is cut", section: Self.section, offset: position) }

  /// `<prefix>/<name>` of ustar; GNU tar has something else where the prefix would be.
  private static func name(_ block: Bytes) -> String {
    let name = text(block[0..<100])
    let isUstar = block.span.holds(Array("ustar\0".utf8), at: 257)
    let prefix = isUstar ? text(block[345..<500]) : ""
    return prefix.isEmpty ? name : "\(prefix)/\(name)"
  }

  private static func text(_ field: Bytes) -> String {
    String(decoding: field.array().prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Octal digits, or where the first bit is set, a binary number (GNU tar, "Basic Tar Format"); nil for anything else.
  private static func number(_ field: Bytes) -> UInt64? {
    let bytes = field.array()
    if let first = bytes.first, first & 0x80 != 0 {
      guard first == 0x80, bytes.count > 8, bytes.dropFirst().dropLast(8).allSatisfy({ $0 == 0 }) else {
        return nil
      }
      return bytes.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
    let digits = bytes.drop { $0 == 0x20 }.prefix { (0x30...0x37).contains($0) }
    let rest = bytes.drop { $0 == 0x20 }.dropFirst(digits.count)
    guard digits.count <= 21, rest.allSatisfy({ $0 == 0 || $0 == 0x20 }) else { return nil }
    return digits.reduce(0) { $0 << 3 | UInt64($1 - 0x30) }
  }

  /// The records of an extended header, `<length> <keyword>=<value>\n`.
  private static func records(_ bytes: Bytes) throws(ScrubError) -> [String: String] {
    var records: [String: String] = [:]
    var rest = bytes.array()[...]
    while let byte = rest.first, byte != 0 {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard digits.count <= 7, let length = Int(String(decoding: digits, as: UTF8.self)),
        length > digits.count + 1, length <= rest.count
      else { throw ScrubError("extended header is damaged", section: section) }
      let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
      if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
        records[String(decoding: record[..<equals], as: UTF8.self)] = String(
          decoding: record[(equals + 1)...], as: UTF8.self)
      }
      rest = rest.dropFirst(length)
    }
    return records
  }
}
