import Formats

/// Bytes of an image that no part of it claims: data that tools and people put between and after its parts. Programs
/// read them from their own file (self-extracting archives, AppImage, frozen Python), whatever the headers say.
///
/// Zeros between parts are alignment, which moves with debug info. After the last part every byte counts.
struct StrayBytes {
  private let bytes: Bytes
  private let ranges: [Range<Int>]

  /// - Parameter owned: the bytes that belong to some part, in file offsets.
  init(_ bytes: Bytes, owned: FileRanges) {
    self.bytes = bytes
    ranges = owned.gaps(in: 0..<bytes.count).filter { $0.upperBound == bytes.count || !bytes[$0].isZero }
  }

  var isEmpty: Bool { ranges.isEmpty }

  func write(to writer: inout KeyWriter) {
    writer.list(ranges.count)
    for range in ranges { writer.bytes(bytes[range]) }
  }
}
