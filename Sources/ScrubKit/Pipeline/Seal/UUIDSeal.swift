import Formats

/// Recomputes `LC_UUID`, which debuggers and crash reporters know an image by, from the final bytes.
enum UUIDSeal {
  /// Zeroes the UUIDs, hashes everything in front of the signature, and writes the hash into each.
  static func reseal(_ output: borrowing EditBuffer, _ image: MachOImage) {
    guard !image.uuids.isEmpty else { return }
    for uuid in image.uuids { output.zero(uuid) }
    let end = image.signature?.range.lowerBound ?? image.bytes.count
    var hash = Array(Digest.of(output.bytes[0..<end], .sha256).prefix(16))
    // RFC 4122 section 4.1: the variant, and version 5, "name-based", as other linkers mark theirs by their hash.
    hash[6] = hash[6] & 0x0f | 0x50
    hash[8] = hash[8] & 0x3f | 0x80
    for uuid in image.uuids { output.replace(at: uuid.lowerBound, with: hash) }
  }
}
