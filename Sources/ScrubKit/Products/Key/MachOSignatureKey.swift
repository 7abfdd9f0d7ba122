import Formats

/// What the system reads of a code signature besides hashes of the image: identifier, flags, entitlements,
/// requirements. Page hashes follow from the image if they match.
struct MachOSignatureKey {
  private let signature: CodeSignature?
  /// The UUID with which the identifier of an ad hoc signature may end.
  private let uuid: [UInt8]?

  /// - Throws: an error if the signature does not match; `notUnderstood` if it was made with a key or is unknown.
  init(_ image: MachOImage) throws(ScrubError) {
    uuid = image.uuid
    guard image.signature != nil else {
      signature = nil
      return
    }
    guard image.signatureObstacle == nil, let signature = try image.readSignature(), signature.isPacked else {
      throw ObjectKey.refuse("is of a kind that is not known", "code signature")
    }
    guard !signature.hasIdentity else { throw ObjectKey.refuse("is signed with a key", "code signature") }
    try SignatureVerifier.verify(image)
    self.signature = signature
  }

  func write(to writer: inout KeyWriter) throws(ScrubError) {
    guard let signature else { return writer.list(0) }
    writer.list(signature.blobs.count)
    for blob in signature.blobs {
      writer.number(UInt64(blob.slot))
      if let directory = signature.directories.first(where: { $0.range == blob.range }) {
        try write(directory, signature, &writer)
      } else {
        writer.bytes(signature.bytes[blob.range])
      }
    }
  }

  /// Everything before the page hashes, except for numbers that depend on the image's length.
  private func write(
    _ directory: CodeDirectory, _ signature: CodeSignature, _ writer: inout KeyWriter
  ) throws(ScrubError) {
    let start = directory.range.lowerBound
    typealias Field = CodeDirectory.Field
    var masks = [Field.length, Field.codeSlotCount, Field.codeLimit].map { start + $0..<start + $0 + 4 }
    if directory.version >= 0x20300 {
      masks.append(start + Field.codeLimit64..<start + Field.codeLimit64 + 8)
    }
    // An ad hoc identifier ends with the UUID, which is a hash of all bytes.
    let hex = uuid.map { Array(Bytes($0).hex.lowercased().utf8) } ?? []
    let name = signature.bytes[directory.identifier].array().map { byte in
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
    if !hex.isEmpty, name.suffix(hex.count).elementsEqual(hex) {
      masks.append(directory.identifier.upperBound - hex.count..<directory.identifier.upperBound)
    }
    // The directory itself limits the fields; the number that it states is correct.
    writer.stretch(signature.bytes, start..<directory.hashes, masking: masks)
  }
}
