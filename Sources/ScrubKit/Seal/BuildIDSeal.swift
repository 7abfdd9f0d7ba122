/// Recomputes the GNU build-id from the final bytes, whatever its length.
enum BuildIDSeal {
  /// Zeroes every descriptor, hashes the whole image, and writes the hash into each.
  ///
  /// SHA-256 reads the image (processors have instructions for it); SHAKE256 stretches its 32 bytes to as
  /// many as a descriptor has, so a 20-byte id, an 8-byte one and one given as `--build-id=0x…` are alike.
  /// - Parameter descriptors: file ranges of the notes' descriptors.
  static func reseal(_ output: borrowing EditBuffer, _ descriptors: [Range<Int>]) {
    guard let longest = descriptors.map(\.count).max() else { return }
    for descriptor in descriptors { output.zero(descriptor) }
    let hash = Digest.of(output.bytes, .sha256)
    let stretched = Digest.of(Bytes(hash), .shake256(length: longest))
    for descriptor in descriptors {
      output.replace(at: descriptor.lowerBound, with: Array(stretched.prefix(descriptor.count)))
    }
  }
}
