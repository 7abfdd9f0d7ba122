import CVectors
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct MagicScanTests {
  private static let magics: [(format: PayloadCandidate.Format, bytes: [UInt8])] = [
    (.zlib, [0x78, 0x01, 0x01, 0x05, 0x00, 0xfa, 0xff]), (.zlib, [0x78, 0x5e, 0x03]),
    (.zlib, [0x78, 0x9c, 0x4b]),
    (.zlib, [0x78, 0xda, 0x63]), (.gzip, [0x1f, 0x8b, 8, 0x1f]), (.zstd, [0x28, 0xb5, 0x2f, 0xfd]),
    (.xz, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
    (.bzip2, Array("BZh9".utf8) + [0x31, 0x41, 0x59, 0x26, 0x53, 0x59]),
    (.lz4, [0x04, 0x22, 0x4d, 0x18]), (.zipMember, [0x50, 0x4b, 3, 4]), (.zipDirectory, [0x50, 0x4b, 1, 2]),
  ]

  /// Vectors of 16 bytes, and of 32 where the processor has them.
  private let wide = Set([false, wheelscrub_has_wide_vectors()])

  @Test(arguments: 0..<magics.count) func `a magic is found wherever it stands`(index: Int) {
    let (format, magic) = Self.magics[index]
    for count in [magic.count, 16, 31, 129, 300] {
      for start in 0...max(count - magic.count, 0) where start + magic.count <= count {
        var bytes = [UInt8](repeating: 0x20, count: count)
        bytes.replaceSubrange(start..<start + magic.count, with: magic)
        for isWide in wide {
          let found = MagicScan.next(in: bytes.span, from: 0, isWide: isWide)
          #expect(found?.format == format && found?.start == start, "at \(start) of \(count)")
          if let found { #expect(MagicScan.next(in: bytes.span, from: found.next, isWide: isWide) == nil) }
        }
      }
    }
  }

  @Test func `what is nearly a magic is none`() {
    let bytes: [[UInt8]] = [
      [], [0x78], [0x78, 0x9c], [0x78, 0x9d, 0x4b], [0x7a, 0x9c, 0x4b], [0x78, 0x9c, 0x07],
      [0x1f, 0x8b, 8, 0x20],
      [0x1f, 0x8b], [0x28, 0xb5, 0x2f], [0x37, 0x7a, 0x58, 0x5a, 0], [0x58, 0x5a], Array("BZh0".utf8),
      [0x22, 0x4d, 0x18], [0x4d, 0x18], [0x50, 0x4b, 5, 6], [0x50, 0x4b], [0x78, 0x01, 0x00, 5, 0, 5, 0],
      // HLIT and HDIST of 30 and 31; a code of the code lengths that is not complete.
      [0x78, 0x9c, 0xf5, 0, 0, 0, 0, 0, 0, 0, 0, 0], [0x78, 0x9c, 0x05, 0xff, 0, 0, 0, 0, 0, 0, 0, 0],
      [0x78, 0x9c, 0x05, 0xe1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ]
    for bytes in bytes {
      for before in [0, 40] {
        let padded = [UInt8](repeating: 0, count: before) + bytes
        #expect(MagicScan.next(in: padded.span, from: 0) == nil, "\(bytes)")
      }
    }
  }
}
