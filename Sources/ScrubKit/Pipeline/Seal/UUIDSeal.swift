import Formats

/// Recomputes `LC_UUID`, by which debuggers and crash reporters identify an image, from the final bytes.
enum UUIDSeal {
  /// Zeroes the UUIDs, hashes everything before the signature, and writes the hash into each.
  static func reseal(_ output: borrowing EditBuffer, _ image: MachOImage) {
    guard !image.uuids.isEmpty else { return }
    for uuid in image.uuids { output.zero(uuid) }
    let end = image.signature?.range.lowerBound ?? image.bytes.count
    let hash = name(by: Digest.of(output.bytes[0..<end], .sha256))
    for uuid in image.uuids { output.replace(at: uuid.lowerBound, with: hash) }
  }

  /// RFC 4122 section 4.1: the variant, and version 5, "name-based", as other linkers mark UUIDs made from a hash.
  static func name(by hash: [UInt8]) -> [UInt8] {
    var uuid = Array(hash.prefix(16))
    uuid[6] = uuid[6] & 0x0f | 0x50
    uuid[8] = uuid[8] & 0x3f | 0x80
    return uuid
  }

  /// Whether the UUIDs are what `reseal` makes.
  static func isOurs(_ image: MachOImage) -> Bool {
    let output = EditBuffer(copying: image.bytes)
    reseal(output, image)
    return image.uuids.allSatisfy { output.bytes[$0] == image.bytes[$0] }
  }
}
