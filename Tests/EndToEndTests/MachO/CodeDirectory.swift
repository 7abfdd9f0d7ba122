/// One CodeDirectory (`cs_blobs.h`), read again from its bytes. Offsets count from the slice's start.
struct CodeDirectory: Sendable {
  /// The slot it has in the SuperBlob: 0, or 0x1000 and more for an alternate one.
  var slot: Int
  var blob: Range<Int>
  var version: Int
  var flags: Int
  var hash: SignatureHash
  /// In bytes.
  var pageSize: Int
  var codeLimit: Int
  var identifier: String
  var team: String?
  /// The hash slots of pages, and the special ones before them: -1 is the last.
  var codeSlots: Range<Int>
  var specialSlots: Range<Int>
  /// Start, size and flags of the segment with code; version 0x20400 and later.
  var executable: (start: Int, limit: Int, flags: Int)?
  var faults: [String] = []

  static let adHoc = 0x2
  static let linkerSigned = 0x20000
  static let runtime = 0x10000

  /// - Throws: where a size or offset leads out of the blob; what is merely wrong becomes a fault.
  init(_ data: MachBytes, slot: Int, blob: Range<Int>) throws {
    self.slot = slot
    self.blob = blob
    let at = blob.lowerBound
    func field(_ offset: Int) throws -> Int { try data.big32(at + offset) }
    func inside(_ start: Int, _ size: Int, _ what: String) throws -> Range<Int> {
      guard start >= 0, size >= 0, start <= blob.count, size <= blob.count - start else {
        throw MachFault(description: "\(what): \(size) bytes at \(start) of a CodeDirectory of \(blob.count)")
      }
      return at + start..<at + start + size
    }
    _ = try inside(0, 44, "header")
    version = try field(8)
    flags = try field(12)
    guard let hash = SignatureHash(rawValue: try data.u8(at + 37)) else {
      throw MachFault(description: "hash type \(try data.u8(at + 37))")
    }
    self.hash = hash
    let shift = try data.u8(at + 39)
    guard (12...16).contains(shift) else { throw MachFault(description: "page size 2^\(shift)") }
    pageSize = 1 << shift
    codeLimit = try field(32)
    var faults = [String]()

    let headerSizes = [
      0x20001: 44, 0x20100: 48, 0x20200: 52, 0x20300: 64, 0x20400: 88, 0x20500: 96, 0x20600: 108,
    ]
    guard let headerSize = headerSizes[version] else {
      throw MachFault(description: "version \(String(version, radix: 16))")
    }
    _ = try inside(0, headerSize, "header")
    if try data.u8(at + 36) != hash.size { faults.append("hash size \(try data.u8(at + 36))") }
    if try data.u8(at + 38) != 0 { faults.append("platform \(try data.u8(at + 38))") }
    if try field(40) != 0 { faults.append("spare2 is not 0") }
    if version >= 0x20100, try field(44) != 0 { faults.append("scattered") }
    let teamOffset = version >= 0x20200 ? try field(48) : 0
    if version >= 0x20300 {
      if try field(52) != 0 { faults.append("spare3 is not 0") }
      let wide = try data.big64(at + 56)
      if wide != 0 {
        if codeLimit != 0xffff_ffff { faults.append("codeLimit64 beside codeLimit") }
        codeLimit = wide
      }
    }
    executable =
      version >= 0x20400 ? (try data.big64(at + 64), try data.big64(at + 72), try data.big64(at + 80)) : nil
    if version >= 0x20500, try field(92) != 0 { faults.append("preEncryptOffset is not 0") }

    let hashes = try field(16)
    let (specials, pages) = (try field(24), try field(28))
    codeSlots = try inside(hashes, pages * hash.size, "code slots")
    specialSlots = try inside(hashes - specials * hash.size, specials * hash.size, "special slots")

    // Nothing but strings between header and hashes, nothing behind them.
    let nameOffset = try field(20)
    guard nameOffset >= headerSize else { throw MachFault(description: "identifier inside the header") }
    identifier = try data.string(at + nameOffset, before: specialSlots.lowerBound)
    team = teamOffset == 0 ? nil : try data.string(at + teamOffset, before: specialSlots.lowerBound)
    var end = at + headerSize
    for (offset, string) in [(nameOffset, identifier), (teamOffset, team ?? "")] where offset != 0 {
      if at + offset != end { faults.append("a gap before a string at \(offset)") }
      end = at + offset + string.utf8.count + 1
    }
    if try data[end..<specialSlots.lowerBound].contains(where: { $0 != 0 }) {
      faults.append("bytes between strings and hashes")
    }
    if try data[codeSlots.upperBound..<blob.upperBound].contains(where: { $0 != 0 }) {
      faults.append("bytes behind the hashes")
    }
    self.faults = faults
  }
}
