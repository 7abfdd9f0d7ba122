import Formats

/// Recomputes the GNU build-id from the final bytes, whatever its length.
enum BuildIDSeal {
  /// Zeroes every descriptor, hashes the whole image, and writes the hash into each.
  ///
  /// SHA-256 hashes the image (processors have instructions for it); SHAKE256 stretches its 32 bytes to the length of a
  /// descriptor, so a 20-byte id, an 8-byte one and one given as `--build-id=0x…` are handled alike.
  /// - Parameter descriptors: file ranges of the notes' descriptors.
  static func reseal(_ output: borrowing EditBuffer, _ descriptors: [Range<Int>]) {
    guard !descriptors.isEmpty else { return }
    write(joined([hash(output, zeroing: descriptors)]), to: output, descriptors)
  }

  /// The hash of an image without its seals; leaves them zeroed.
  static func hash(_ output: borrowing EditBuffer, zeroing seals: [Range<Int>]) -> [UInt8] {
    for seal in seals { output.zero(seal) }
    return Digest.of(output.bytes, .sha256)
  }

  /// One hash for images that must keep a common id: of their distinct hashes, sorted. A file and its copies get the id
  /// that the file alone would have.
  static func joined(_ hashes: [[UInt8]]) -> [UInt8] {
    let different = Set(hashes).sorted { $0.lexicographicallyPrecedes($1) }
    if let only = different.first, different.count == 1 { return only }
    return Digest.of(Bytes(different.flatMap(\.self)), .sha256)
  }

  static func write(_ hash: [UInt8], to output: borrowing EditBuffer, _ descriptors: [Range<Int>]) {
    guard let longest = descriptors.map(\.count).max() else { return }
    let stretched = Digest.of(Bytes(hash), .shake256(length: longest))
    for descriptor in descriptors {
      output.replace(at: descriptor.lowerBound, with: Array(stretched.prefix(descriptor.count)))
    }
  }
}
