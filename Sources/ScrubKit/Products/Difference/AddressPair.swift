internal import BuildRoots
import Formats

/// Tells whether two contents of one length differ only in addresses and distances, which a linker changes when
/// sections move or loaded strings change places.
struct AddressPair {
  let image: ElfImage
  let other: ElfImage
  let roots: RootMap
  /// How far each section moved, what moved within it, and the differences of those distances.
  private let moves: Set<Int64>

  init(_ pairs: [SectionPair], _ image: ElfImage, _ other: ElfImage, roots: RootMap) {
    self.image = image
    self.other = other
    self.roots = roots
    var distances: Set<Int64> = [0]
    for pair in pairs where pair.section.isLoaded {
      let (section, partner) = (pair.section, pair.partner)
      let move = Int64(bitPattern: partner.address &- section.address)
      distances.insert(move)
      distances.insert(move &+ Int64(bitPattern: partner.size &- section.size))
      // Data after a string that became longer moved by the same amount.
      for shift in pair.shifts { distances.insert(move &+ Int64(shift)) }
    }
    moves = Set(distances.flatMap { one in distances.map { one &- $0 } })
  }

  func explains(_ section: ElfImage.Section, _ one: Bytes, _ partner: ElfImage.Section, _ two: Bytes) -> Bool
  {
    guard one.count == two.count else { return false }
    let (left, right) = (one.span, two.span)
    var position = 0
    while position < left.count {
      guard left[position] != right[position] else {
        position += 1
        continue
      }
      guard let end = windowEnd(section, left, partner, right, position) else { return false }
      position = end
    }
    return true
  }

  /// The end of an address word that covers `position`; nil if there is none.
  private func windowEnd(
    _ section: ElfImage.Section, _ one: Span<UInt8>, _ partner: ElfImage.Section, _ two: Span<UInt8>,
    _ position: Int
  ) -> Int? {
    if section.isCode, let size = instruction(one, two, position) { return size }
    for start in stride(from: position, through: max(position - 3, 0), by: -1) where start + 4 <= one.count {
      let value = Int64(
        Int32(truncatingIfNeeded: one.unsigned(at: start, width: 4, order: image.header.order)))
      let changed = Int64(
        Int32(truncatingIfNeeded: two.unsigned(at: start, width: 4, order: other.header.order)))
      if moves.contains(changed - value) { return start + 4 }
      let base = Int64(bitPattern: section.address) + Int64(start)
      let otherBase = Int64(bitPattern: partner.address) + Int64(start)
      // Absolute, or relative to the word or to the instruction's end up to four bytes after it.
      for end in [nil, 0, 4, 5, 6, 8] as [Int64?] {
        let target = end.map { base + $0 + value } ?? value
        let otherTarget = end.map { otherBase + $0 + changed } ?? changed
        if isSameString(target, otherTarget) { return start + 4 }
      }
    }
    return nil
  }

  /// AArch64 (machine 183) spreads addresses over instructions: the operation and its registers must be equal.
  private func instruction(_ one: Span<UInt8>, _ two: Span<UInt8>, _ position: Int) -> Int? {
    guard image.header.machine == 183 else { return nil }
    let start = position & ~3
    guard start + 4 <= one.count else { return nil }
    let word = UInt32(one.unsigned(at: start, width: 4, order: .little))
    let changed = UInt32(two.unsigned(at: start, width: 4, order: .little))
    // ADR and ADRP, ADD immediate, loads and stores with offset, load literal, B and BL.
    let kinds: [(mask: UInt32, value: UInt32, kept: UInt32)] = [
      (0x1f00_0000, 0x1000_0000, 0x9f00_001f), (0x7f80_0000, 0x1100_0000, 0xffc0_03ff),
      (0x3b00_0000, 0x3900_0000, 0xffc0_03ff), (0x3b00_0000, 0x1800_0000, 0xff00_001f),
      (0x7c00_0000, 0x1400_0000, 0xfc00_0000),
    ]
    let isSame = kinds.contains { kind in
      word & kind.mask == kind.value && word & kind.kept == changed & kind.kept
    }
    return isSame ? start + 4 : nil
  }

  private func isSameString(_ address: Int64, _ otherAddress: Int64) -> Bool {
    guard let text = Self.string(at: address, in: image),
      let otherText = Self.string(at: otherAddress, in: other)
    else { return false }
    return NormalForm.ofPath(text, roots) == NormalForm.ofPath(otherText, roots)
  }

  private static func string(at address: Int64, in image: ElfImage) -> [UInt8]? {
    guard address > 0, let address = UInt64(exactly: address),
      let section = image.sections.first(where: {
        $0.isLoaded && $0.address <= address && address - $0.address < $0.size
      }), let range = section.fileRange
    else { return nil }
    let content = image.bytes[range]
    let start = Int(address - section.address)
    guard let end = content.span.firstIndex(of: 0, from: start), end > start else { return nil }
    return content[start..<end].array()
  }
}
