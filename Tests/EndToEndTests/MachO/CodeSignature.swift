/// The embedded signature of a slice: SuperBlob, its index, its blobs (`cs_blobs.h`).
struct CodeSignature: Sendable {
  struct Blob: Sendable {
    var slot: Int
    var magic: Int
    /// With its header; counts from the slice's start.
    var range: Range<Int>
  }

  /// All that LC_CODE_SIGNATURE spans.
  var range: Range<Int>
  var blobs: [Blob] = []
  var directories: [CodeDirectory] = []
  /// What lies behind the SuperBlob, up to the signature's end.
  var slack: Range<Int>
  var faults: [String] = []

  static let cmsSlot = 0x10000

  /// A signature by a certificate: an empty wrapper is a header without content.
  var isByCertificate: Bool { blobs.contains { $0.slot == Self.cmsSlot && $0.range.count > 8 } }

  /// Nil where the slice is not signed.
  init?(_ slice: MachSlice) throws {
    guard let range = try slice.signatureRange() else { return nil }
    self.range = range
    let data = slice.data
    let start = range.lowerBound
    _ = try data.range(start, 12)
    guard range.count >= 12, try data.big32(start) == 0xfade_0cc0 else {
      throw MachFault(description: "no SuperBlob")
    }
    let length = try data.big32(start + 4)
    let count = try data.big32(start + 8)
    guard length <= range.count, count <= 16, 12 + 8 * count <= length else {
      throw MachFault(description: "a SuperBlob of \(length) bytes with \(count) blobs in \(range.count)")
    }
    slack = start + length..<range.upperBound
    var end = 12 + 8 * count
    for index in 0..<count {
      let entry = start + 12 + 8 * index
      let (slot, offset) = (try data.big32(entry), try data.big32(entry + 4))
      guard offset >= end, offset + 8 <= length else {
        throw MachFault(description: "blob \(index) at \(offset), the one before ends at \(end)")
      }
      let size = try data.big32(start + offset + 4)
      guard size >= 8, offset + size <= length else {
        throw MachFault(description: "blob \(index) of \(size) bytes at \(offset) of \(length)")
      }
      // lld aligns the directory, and leaves zeros before it.
      if try offset - end > 7 || data[start + end..<start + offset].contains(where: { $0 != 0 }) {
        faults.append("something between blobs at \(end)")
      }
      let range = start + offset..<start + offset + size
      blobs.append(Blob(slot: slot, magic: try data.big32(range.lowerBound), range: range))
      end = offset + size
    }
    if end != length { faults.append("the last blob ends at \(end), the SuperBlob at \(length)") }
    directories = try blobs.filter { $0.magic == 0xfade_0c02 }.map {
      try CodeDirectory(data, slot: $0.slot, blob: $0.range)
    }
  }

  func blob(_ slot: Int) -> Blob? { blobs.first { $0.slot == slot } }
}
