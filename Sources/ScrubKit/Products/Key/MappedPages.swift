internal import CElf
import Formats

/// Which bytes of a linked ELF file are in memory at run time (gABI chapter 5, "Program Loading"): whole pages,
/// including the bytes before and after a segment in its pages.
struct MappedPages {
  /// In file offsets.
  let ranges: [Range<Int>]

  /// - Throws: `notUnderstood` for a segment whose bytes cannot be mapped directly from the file.
  init(_ image: ElfImage) throws(ScrubError) {
    let largest = Self.largestPage(image.header.machine)
    var ranges: [Range<Int>] = []
    for segment in image.segments where segment.isLoad && segment.fileSize > 0 {
      // Kernels with pages larger than the alignment do not run the file.
      let page = Int(min(max(segment.alignment, Self.smallestPage), largest))
      guard page.nonzeroBitCount == 1,
        segment.address % UInt64(page) == segment.offset % UInt64(page)
      else {
        throw ObjectKey.refuse("address and offset do not fit", "program header \(segment.index)")
      }
      let range = segment.fileRange
      // The rest of the last page is cleared only if it is followed by writable zeroed memory.
      let isCleared = segment.memorySize > segment.fileSize && segment.flags & UInt32(PF_W) != 0
      let end = isCleared ? range.upperBound : (range.upperBound + page - 1) / page * page
      ranges.append(range.lowerBound / page * page..<min(end, image.bytes.count))
    }
    self.ranges = ranges
  }

  private static let smallestPage: UInt64 = 1 << 12

  /// The size in bytes of the largest page that kernels of the machine may be built with.
  private static func largestPage(_ machine: UInt16) -> UInt64 {
    switch machine {
    case UInt16(EM_386), UInt16(EM_X86_64), UInt16(EM_S390), UInt16(EM_RISCV): smallestPage
    default: 1 << 16
    }
  }
}
