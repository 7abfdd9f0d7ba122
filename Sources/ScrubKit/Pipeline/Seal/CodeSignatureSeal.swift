import Formats

/// Recomputes the hashes of a code signature.
enum CodeSignatureSeal {
  /// The text that codesign puts before a UUID that it includes in a name: `UUID` in hexadecimal.
  private static let mark = Array("-55554944".utf8)

  /// codesign names an ad hoc signed image without a bundle after its UUID, `name-55554944<32 hex>`; in a universal
  /// binary all slices have the name derived from one of them.
  /// - Parameter renewed: new UUIDs by old ones, of all slices of the file.
  static func renameIdentifiers(
    _ output: borrowing EditBuffer, _ image: MachOImage, renewed: [[UInt8]: [UInt8]]
  ) throws(ScrubError) {
    guard let place = image.signature, let signature = try image.readSignature() else { return }
    for directory in signature.directories {
      let name = signature.bytes[directory.identifier].array()
      guard name.count >= mark.count + 32, name[(name.count - 32 - mark.count)...].starts(with: mark),
        let old = uuid(fromHex: name.suffix(32)), let new = renewed[old]
      else { continue }
      let isUpper = name.suffix(32).contains { (UInt8(ascii: "A")...UInt8(ascii: "F")).contains($0) }
      let hex = Bytes(new).hex
      output.replace(
        at: place.range.lowerBound + directory.identifier.upperBound - 32,
        with: Array((isUpper ? hex.uppercased() : hex).utf8))
    }
  }

  private static func uuid(fromHex digits: ArraySlice<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    let digits = Array(digits)
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    return bytes
  }

  /// Hashes the pages of the final image into every directory, each by its own rules, and clears the bytes after the
  /// SuperBlob.
  /// - Parameter before: the original image, whose Info.plist section a special slot may cover.
  static func reseal(
    _ output: borrowing EditBuffer, _ image: MachOImage, before: MachOImage
  ) throws(ScrubError) {
    guard let place = image.signature, let signature = try image.readSignature() else { return }
    let start = place.range.lowerBound
    output.zero(start + signature.length..<place.range.upperBound)
    for directory in signature.directories {
      try resealInfoPlist(output, image, before, directory, at: start)
      let limit = Int(directory.codeLimit)
      let pageSize = directory.pageSize ?? limit
      let code = output.bytes
      var hashes: [UInt8] = []
      hashes.reserveCapacity(directory.codeSlotCount * directory.hashSize)
      for page in 0..<directory.codeSlotCount {
        // The last page ends with the code.
        let first = page * pageSize
        hashes += directory.hash(code[first..<min(first + pageSize, limit)])
      }
      output.replace(at: start + directory.hashes, with: hashes)
    }
  }

  /// A program's Info.plist can be a section, hashed in the first special slot.
  private static func resealInfoPlist(
    _ output: borrowing EditBuffer, _ image: MachOImage, _ before: MachOImage, _ directory: CodeDirectory,
    at start: Int
  ) throws(ScrubError) {
    func plist(_ image: MachOImage) -> Bytes? {
      image.sections.first { $0.name == "__info_plist" }?.fileRange.map { image.bytes[$0] }
    }
    guard let slot = directory.specialHash(CodeSignature.Slot.infoPlist), let old = plist(before),
      let new = plist(image), old != new, directory.signature[slot] == Bytes(directory.hash(old))
    else { return }
    output.replace(at: start + slot.lowerBound, with: directory.hash(new))
  }
}
