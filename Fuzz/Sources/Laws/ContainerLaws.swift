/// Archives and zips as they are. Everything else is what a wheel is made of, so that damage reaches what is behind its
/// checksums: a RECORD, and behind each NUL a member, its name up to the first line break.
enum ContainerLaws {
  static func hold(for input: [UInt8]) throws(Violation) {
    if input.starts(with: "!<arch>".utf8) {
      try FileLaws(name: "m.a").hold(for: input)
    } else if input.starts(with: "PK".utf8) {
      try FileLaws(name: wheel).hold(for: input)
    } else {
      try FileLaws(name: wheel).hold(for: packed(input))
    }
  }

  private static let wheel = "m-1.0-py3-none-any.whl"

  private static func packed(_ recipe: [UInt8]) -> [UInt8] {
    var parts = recipe.split(separator: 0, maxSplits: 8, omittingEmptySubsequences: false)[...]
    var zip = StoredZip()
    let record = Array(parts.removeFirst())
    for part in parts {
      let pieces = part.split(separator: 0x0a, maxSplits: 1, omittingEmptySubsequences: false)
      zip.add(Array(pieces[0]), pieces.count > 1 ? Array(pieces[1]) : [])
    }
    zip.add(
      Array("m-1.0.dist-info/WHEEL".utf8),
      Array("Wheel-Version: 1.0\nGenerator: fuzz\nTag: py3-none-any\n".utf8))
    zip.add(
      Array("m-1.0.dist-info/METADATA".utf8), Array("Metadata-Version: 2.1\nName: m\nVersion: 1.0\n".utf8))
    zip.add(Array("m-1.0.dist-info/RECORD".utf8), record)
    return zip.bytes()
  }
}

/// The plainest zip (APPNOTE.TXT 4.3): members stored, in the order in which they came.
private struct StoredZip {
  private var files: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  mutating func add(_ name: [UInt8], _ content: [UInt8]) {
    let offset = files.count
    // Version, flags, method, time, date, checksum, sizes, length of the name, no extra field.
    var shared = Self.number(20, 2) + Self.number(0, 6) + Self.number(0x21, 2)
    shared +=
      Self.number(Int(Self.crc32(content)), 4) + Self.number(content.count, 4) + Self.number(content.count, 4)
    shared += Self.number(name.count, 2) + Self.number(0, 2)
    files += Array("PK\u{3}\u{4}".utf8) + shared + name + content
    directory += Array("PK\u{1}\u{2}".utf8) + Self.number(0x0314, 2) + shared
    // No comment, first disk, no internal attributes, a regular file.
    directory += Self.number(0, 6) + Self.number(0o100644 << 16, 4) + Self.number(offset, 4) + name
    count += 1
  }

  func bytes() -> [UInt8] {
    files + directory + Array("PK\u{5}\u{6}".utf8) + Self.number(0, 4) + Self.number(count, 2)
      + Self.number(count, 2)
      + Self.number(directory.count, 4) + Self.number(files.count, 4) + Self.number(0, 2)
  }

  private static func number(_ value: Int, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func crc32(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum >> 1 ^ (sum & 1) * 0xedb8_8320 }
    }
  }
}
