import Formats

/// Hashes an image's pages again and compares them with its code signature. It parses the signature again, and shares
/// nothing with the seal except the layout of a code directory.
enum SignatureVerifier {
  /// - Throws: for the first hash that does not match.
  static func verify(_ image: MachOImage) throws(ScrubError) {
    guard let place = image.signature else { return }
    let signature = try CodeSignature(image.bytes[place.range])
    func failure(_ message: String, _ offset: Int) -> ScrubError {
      ScrubError("verify: \(message)", section: "code signature", offset: UInt64(offset))
    }
    guard signature.bytes[signature.length..<signature.bytes.count].isZero else {
      throw failure("bytes behind it are not zero", signature.length)
    }
    for directory in signature.directories {
      let limit = Int(clamping: directory.codeLimit)
      guard limit <= place.range.lowerBound,
        directory.codeSlotCount == CodeDirectory.pages(limit, directory.pageSize)
      else { throw failure("the code directory does not cover the image", directory.range.lowerBound) }
      var position = 0
      for page in 0..<directory.codeSlotCount {
        let end = directory.pageSize.map { min(position + $0, limit) } ?? limit
        let stored = directory.hashes + page * directory.hashSize
        guard
          signature.bytes[stored..<stored + directory.hashSize]
            == Bytes(directory.hash(image.bytes[position..<end]))
        else { throw failure("the hash of page \(page) is not true", stored) }
        position = end
      }
      try verifyBlobs(signature, directory, failure)
    }
  }

  /// Blobs that have a special slot: requirements, entitlements.
  private static func verifyBlobs(
    _ signature: CodeSignature, _ directory: CodeDirectory, _ failure: (String, Int) -> ScrubError
  ) throws(ScrubError) {
    for blob in signature.blobs where blob.slot > 0 && blob.slot < 0x1000 {
      guard let slot = directory.specialHash(blob.slot), !signature.bytes[slot].isZero else { continue }
      guard signature.bytes[slot] == Bytes(directory.hash(signature.bytes[blob.range])) else {
        throw failure("the hash of blob \(blob.slot) is not true", slot.lowerBound)
      }
    }
  }
}
