internal import CElf
import Formats

/// Whether a build-id is the hash of the present bytes, as one of the linkers computes it after writing them. Such an
/// id does not depend on anything that is gone. No recipe matches an image that was stripped or edited later.
enum BuildIDRecipe {
  /// SHA-1, and others truncated to its length; recipes for ids of other lengths are not known here.
  private static let length = 20

  static func verifies(_ image: ElfImage) -> Bool {
    image.buildIDs.allSatisfy { isOurs(image, $0) || isLinkers(image, $0) }
  }

  /// Whether a linker computed all of them from these bytes, and not `fix`.
  static func areLinkers(_ image: ElfImage) -> Bool { image.buildIDs.allSatisfy { isLinkers(image, $0) } }

  private static func isLinkers(_ image: ElfImage, _ id: Range<Int>) -> Bool {
    id.count == length
      && [gold, bfd, mold, lld, oldLLD].contains { $0(image, id) == image.bytes[id].array() }
  }

  /// The id that `fix` writes (`BuildIDSeal`).
  private static func isOurs(_ image: ElfImage, _ id: Range<Int>) -> Bool {
    let output = EditBuffer(copying: image.bytes)
    BuildIDSeal.reseal(output, image.buildIDs)
    return output.bytes[id] == image.bytes[id]
  }

  /// gold: SHA-1 of the file with a zeroed descriptor.
  private static func gold(_ image: ElfImage, _ id: Range<Int>) -> [UInt8] {
    var digest = Digest(.sha1)
    for piece in pieces(of: image, 0..<image.bytes.count, zeroing: id) { digest.update(piece) }
    return digest.finish()
  }

  /// ld.bfd: SHA-1 of the headers without offsets, each section's contents after its header. The note is not written
  /// yet, and tables without a section are omitted.
  private static func bfd(_ image: ElfImage, _ id: Range<Int>) -> [UInt8] {
    let header = image.header
    let bytes = image.bytes
    var digest = Digest(.sha1)
    let word = header.is64 ? 8 : 4
    // e_phoff and e_shoff.
    let offsets = header.is64 ? 32..<48 : 28..<36
    for piece in pieces(of: image, 0..<header.headerSize, zeroing: offsets) { digest.update(piece) }
    let first = Int(header.programHeaderOffset)
    digest.update(bytes[first..<first + image.segments.count * header.programHeaderEntrySize])
    for section in image.sections {
      let start = Int(header.sectionHeaderOffset) + section.index * header.sectionHeaderEntrySize
      // sh_offset.
      let offset = start + (header.is64 ? 24 : 16)
      let whole = start..<start + header.sectionHeaderEntrySize
      for piece in pieces(of: image, whole, zeroing: offset..<offset + word) { digest.update(piece) }
      guard section.type != UInt32(SHT_NULL), section.type != UInt32(SHT_NOBITS),
        let range = section.fileRange, ![".symtab", ".strtab", ".shstrtab"].contains(section.name)
      else { continue }
      digest.update(range.contains(id) ? Bytes([UInt8](repeating: 0, count: range.count)) : bytes[range])
    }
    return digest.finish()
  }

  /// mold: SHA-256 of the hashes of shards.
  private static func mold(_ image: ElfImage, _ id: Range<Int>) -> [UInt8] {
    tree(image, id, of: 4 << 20) { Digest.of($0, .sha256) }
  }

  /// lld since LLVM 15.
  private static func lld(_ image: ElfImage, _ id: Range<Int>) -> [UInt8] {
    tree(image, id, of: 1 << 20) { BLAKE3.hash($0, length: length) }
  }

  private static func oldLLD(_ image: ElfImage, _ id: Range<Int>) -> [UInt8] {
    tree(image, id, of: 1 << 20) { Digest.of($0, .sha1) }
  }

  private static func tree(
    _ image: ElfImage, _ id: Range<Int>, of size: Int, _ hash: (Bytes) -> [UInt8]
  ) -> [UInt8] {
    var hashes: [UInt8] = []
    for start in stride(from: 0, to: image.bytes.count, by: size) {
      let chunk = start..<min(start + size, image.bytes.count)
      let pieces = pieces(of: image, chunk, zeroing: id)
      hashes += hash(pieces.count == 1 ? pieces[0] : .joined(pieces))
    }
    return Array(hash(Bytes(hashes)).prefix(length))
  }

  /// The bytes of `range` with a zeroed hole; the hole may lie outside, or at an end.
  private static func pieces(
    of image: ElfImage, _ range: Range<Int>, zeroing hole: Range<Int>
  ) -> [Bytes] {
    let hole = hole.clamped(to: range)
    guard !hole.isEmpty else { return [image.bytes[range]] }
    return [
      image.bytes[range.lowerBound..<hole.lowerBound], Bytes([UInt8](repeating: 0, count: hole.count)),
      image.bytes[hole.upperBound..<range.upperBound],
    ]
  }
}
