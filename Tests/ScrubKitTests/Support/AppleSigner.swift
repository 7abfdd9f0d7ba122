@testable import Formats
@testable import ScrubKit

/// Signatures as codesign(1) makes them, written byte by byte: what lld cannot make.
struct AppleSigner {
  struct Directory {
    /// `hashType`, bytes kept, what libcrypto calls it.
    var hash: (type: UInt8, size: Int, algorithm: Digest.Algorithm) = (2, 32, .sha256)
    var pageShift: UInt8 = 12
    var flags: UInt32 = 0x2
    var team: String?
  }

  var identifier = "_demo"
  var directories = [Directory()]
  var entitlements: [UInt8]?
  var cms: [UInt8]? = []
  /// Bytes behind the SuperBlob, which codesign reserves and does not use.
  var slack = 0

  static let sha1: (type: UInt8, size: Int, algorithm: Digest.Algorithm) = (1, 20, .sha1)
  static let sha384: (type: UInt8, size: Int, algorithm: Digest.Algorithm) = (4, 48, .sha384)

  /// The image with this signature in place of the one that it has.
  func sign(_ bytes: [UInt8]) throws -> [UInt8] {
    let image = try MachOImage(Bytes(bytes))
    guard let place = image.signature, let linkedit = image.segments.last else { return bytes }
    let start = place.range.lowerBound
    var new = Array(bytes[..<start])
    // Sizes first, since they are hashed.
    let size = superBlob(new).count + slack
    let padded = (size + 15) & ~15
    new.store(UInt64(padded), at: place.commandPosition + 12, width: 4, order: .little)
    let total = UInt64(start + padded) - linkedit.offset
    new.store((total + 0x3fff) & ~0x3fff, at: linkedit.commandPosition + 32, width: 8, order: .little)
    new.store(total, at: linkedit.commandPosition + 48, width: 8, order: .little)
    let signature = superBlob(new)
    // What codesign leaves behind is no zeros.
    return new + signature + [UInt8](repeating: 0xa5, count: padded - signature.count)
  }

  private func superBlob(_ code: [UInt8]) -> [UInt8] {
    let requirements = blob(0xfade_0c01, [0, 0, 0, 0])
    var special: [Int: [UInt8]] = [2: requirements]
    if let entitlements { special[5] = blob(0xfade_7171, entitlements) }
    var blobs: [(UInt32, [UInt8])] = []
    for (number, directory) in directories.enumerated() {
      blobs.append((number == 0 ? 0 : 0xfff + UInt32(number), self.directory(directory, special, code)))
    }
    blobs += special.sorted { $0.key < $1.key }.map { (UInt32($0.key), $0.value) }
    if let cms { blobs.append((0x10000, blob(0xfade_0b01, cms))) }
    var index: [UInt8] = []
    var contents: [UInt8] = []
    for (slot, content) in blobs {
      index += word(slot) + word(UInt32(12 + 8 * blobs.count + contents.count))
      contents += content
    }
    let length = UInt32(12 + index.count + contents.count)
    return word(0xfade_0cc0) + word(length) + word(UInt32(blobs.count)) + index + contents
  }

  private func word(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) }
  }

  private func blob(_ magic: UInt32, _ content: [UInt8]) -> [UInt8] {
    word(magic) + word(UInt32(8 + content.count)) + content
  }

  private func directory(_ kind: Directory, _ special: [Int: [UInt8]], _ code: [UInt8]) -> [UInt8] {
    func hash(_ bytes: [UInt8]) -> [UInt8] {
      Array(Digest.of(Bytes(bytes), kind.hash.algorithm).prefix(kind.hash.size))
    }
    let page = kind.pageShift == 0 ? max(code.count, 1) : 1 << Int(kind.pageShift)
    var hashes: [UInt8] = []
    let count = special.keys.max() ?? 0
    for slot in stride(from: count, to: 0, by: -1) {
      hashes += special[slot].map(hash) ?? [UInt8](repeating: 0, count: kind.hash.size)
    }
    let pages = stride(from: 0, to: code.count, by: page).map { Array(code[$0..<min($0 + page, code.count)]) }
    for page in pages { hashes += hash(page) }
    let name: [UInt8] = Array(identifier.utf8) + [0]
    let team: [UInt8] = kind.team.map { Array($0.utf8) + [0] } ?? []
    let head = 88
    let first = head + name.count + team.count
    var bytes: [UInt8] = []
    func append(_ values: Int...) { for value in values { bytes += word(UInt32(value)) } }
    append(0xfade_0c02, first + hashes.count, 0x20400, Int(kind.flags), first + count * kind.hash.size)
    append(head, count, pages.count, code.count)
    bytes += [UInt8(kind.hash.size), kind.hash.type, 0, kind.pageShift]
    // Spare, scatter, team, spare, 64-bit limit, executable segment: base, limit, flags.
    append(0, 0, team.isEmpty ? 0 : head + name.count, 0, 0, 0, 0, 0, 0, 0x4000, 0, 0)
    return bytes + name + team + hashes
  }
}
