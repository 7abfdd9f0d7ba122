import Formats

/// What an image on the fixed side says about its own bytes and about other files, if judging it requires all files.
struct SealedImage: Sendable {
  var place: Place
  /// For a file: the last component of its path.
  var fileName: String
  /// CRC-32 of the whole file.
  var checksum: UInt32
  /// Its build-ids or UUIDs.
  var ids: [[UInt8]]
  /// SHA-256 of its bytes with ids zeroed (ELF).
  var hash: [UInt8] = []
  /// The same with what it says about other files also zeroed; these are sealed with it.
  var linkedHash: [UInt8] = []
  /// What it says about other files.
  var link: (name: String, checksum: UInt32)?
  var supplement: [UInt8]?
  /// An id that does not match its own bytes.
  var openID: [UInt8]?
  /// A changed checksum of another file.
  var openLink: (name: String, checksum: UInt32)?
  /// A changed build-id of a supplementary file.
  var openSupplement: [UInt8]?
}

/// Seals that depend on several files: one build-id for an image and its debug file, checksums of each other.
struct SealedImages {
  let images: [SealedImage]

  /// - Returns: which seals match, and which do not.
  func judge() -> Proof {
    var proof = Proof()
    func object(_ message: String, _ image: SealedImage, _ section: String, _ after: [UInt8]) {
      var place = image.place
      place.section = section
      proof.violations.append(ProofViolation(message, at: place, after: Bytes(after).hex))
    }
    for image in images {
      if let id = image.openID {
        if isTrue(id, image) {
          proof.seals += 1
        } else {
          object(
            "the id is not the hash of these bytes, nor of all files here that have it", image,
            image.hash.isEmpty ? "LC_UUID" : "build-id", id)
        }
      }
      if let link = image.openLink {
        if isLinked(image) {
          proof.seals += 1
        } else {
          object(
            "the checksum is not that of a file here that is called \(link.name)", image, ".gnu_debuglink",
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: link.checksum >> $0) })
        }
      }
      if let id = image.openSupplement {
        if images.contains(where: { $0.ids.contains(id) }) {
          proof.seals += 1
        } else {
          object("no file here has this build-id", image, ".gnu_debugaltlink", id)
        }
      }
    }
    return proof
  }

  /// Ids of different lengths have the same beginning.
  private func isTrue(_ id: [UInt8], _ image: SealedImage) -> Bool {
    // A dSYM bundle has the UUID of its image, which must match the image.
    if image.hash.isEmpty {
      return images.contains { $0.hash.isEmpty && $0.openID == nil && $0.ids.contains(id) }
    }
    let family = images.filter { other in
      other.ids.contains { $0.starts(with: id) || id.starts(with: $0) }
    }
    let hashes = Set(family.map { isLinked($0) ? $0.linkedHash : $0.hash }).sorted {
      $0.lexicographicallyPrecedes($1)
    }
    let hash = hashes.count == 1 ? hashes[0] : Digest.of(Bytes(hashes.flatMap(\.self)), .sha256)
    return Digest.of(Bytes(hash), .shake256(length: id.count)) == id
  }

  /// Whether a file that it leads to is present.
  private func isLinked(_ image: SealedImage) -> Bool {
    if let link = image.link,
      images.contains(where: { $0.fileName == link.name && $0.checksum == link.checksum })
    {
      return true
    }
    return image.supplement.map { id in images.contains { $0.ids.contains(id) } } ?? false
  }
}
