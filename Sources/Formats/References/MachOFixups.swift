/// The words of a Mach-O image that dyld turns into addresses in the same image, and their targets.
package struct MachOFixups {
  private let image: MachOImage
  /// Why not all of them are known.
  package private(set) var obstacle: String?
  /// Words that may still be visited: no image can hold more.
  private var budget: Int

  package init(_ image: MachOImage) {
    self.image = image
    budget = image.bytes.count / 4
  }

  package typealias Visitor = (_ target: UInt64, _ place: UInt64) -> Void

  package mutating func visit(_ body: Visitor) {
    do throws(ScrubError) {
      if let part = image.part(.chainedFixups) {
        try chained(part, body)
      } else if let part = image.part(.rebaseInfo) {
        try rebased(part, body)
      } else if image.part(.localRelocations) != nil {
        obstacle = "its relocations are of a kind that is not read"
      }
    } catch { obstacle = "\(error)" }
    if image.isObject { relocations(body) }
  }

  private mutating func spend() throws(ScrubError) {
    budget -= 1
    if budget < 0 { throw ScrubError("has more fixups than bytes", section: "__LINKEDIT") }
  }

  private func word(at offset: UInt64, of segment: MachOImage.Segment, width: Int) -> UInt64? {
    guard offset <= segment.fileSize, segment.fileSize - offset >= UInt64(width), !segment.fileRange.isEmpty
    else { return nil }
    return image.bytes.span.unsigned(
      at: segment.fileRange.lowerBound + Int(offset), width: width, order: image.header.order)
  }

  // MARK: LC_DYLD_INFO

  /// `REBASE_OPCODE_…` of <mach-o/loader.h>.
  private mutating func rebased(_ part: MachOImage.Part, _ body: Visitor) throws(ScrubError) {
    let width = image.header.is64 ? 8 : 4
    let content = image.bytes[part.range]
    var reader = Reader(content.span, order: image.header.order, section: part.name)
    var segment: MachOImage.Segment?
    var offset: UInt64 = 0
    func rebase(_ count: UInt64, skipping: UInt64) throws(ScrubError) {
      for _ in 0..<count {
        try spend()
        if let segment, let word = word(at: offset, of: segment, width: width) {
          body(word, segment.address &+ offset)
        }
        offset = offset &+ UInt64(width) &+ skipping
      }
    }
    while !reader.isAtEnd {
      let byte = try reader.u8()
      let value = UInt64(byte & 0xf)
      switch byte & 0xf0 {
      case 0x00: return
      case 0x10: break
      case 0x20:
        segment = Int(value) < image.segments.count ? image.segments[Int(value)] : nil
        offset = try reader.uleb()
      case 0x30: offset = offset &+ (try reader.uleb())
      case 0x40: offset = offset &+ value * UInt64(width)
      case 0x50: try rebase(value, skipping: 0)
      case 0x60: try rebase(try reader.uleb(), skipping: 0)
      case 0x70: try rebase(1, skipping: try reader.uleb())
      case 0x80:
        let count = try reader.uleb()
        try rebase(count, skipping: try reader.uleb())
      default: throw reader.error("opcode 0x\(String(byte, radix: 16)) is not known")
      }
    }
  }

  // MARK: LC_DYLD_CHAINED_FIXUPS

  /// `struct dyld_chained_fixups_header` and what it points to (<mach-o/fixup-chains.h>).
  private mutating func chained(_ part: MachOImage.Part, _ body: Visitor) throws(ScrubError) {
    let content = image.bytes[part.range]
    var reader = Reader(content.span, order: image.header.order, section: part.name)
    try reader.skip(4)
    let starts = Int(try reader.u32())
    try reader.seek(to: starts)
    let count = Int(try reader.u32())
    for index in 0..<count {
      try spend()
      try reader.seek(to: starts + 4 + 4 * index)
      let distance = Int(try reader.u32())
      guard distance != 0, index < image.segments.count else { continue }
      try reader.seek(to: starts + distance + 4)
      let pageSize = UInt64(try reader.u16())
      let format = try reader.u16()
      try reader.skip(12)
      let pages = Int(try reader.u16())
      guard let kind = Chain(format) else {
        obstacle = "its pointers are of a kind that is not read"
        continue
      }
      for page in 0..<pages {
        try spend()
        let start = try reader.u16()
        // DYLD_CHAINED_PTR_START_NONE.
        guard start != 0xffff else { continue }
        try follow(kind, image.segments[index], UInt64(page) * pageSize + UInt64(start), body)
      }
    }
  }

  private mutating func follow(
    _ kind: Chain, _ segment: MachOImage.Segment, _ start: UInt64, _ body: Visitor
  ) throws(ScrubError) {
    // Offsets are relative to the Mach header.
    let base = image.segments.first { !$0.fileRange.isEmpty && $0.offset == 0 }?.address ?? 0
    var offset = start
    while let word = word(at: offset, of: segment, width: kind.width) {
      try spend()
      if let target = kind.target(of: word, base: base) { body(target, segment.address &+ offset) }
      let next = kind.next(after: word)
      if next == 0 { return }
      offset += next
    }
  }

  /// `DYLD_CHAINED_PTR_…`.
  private enum Chain {
    case arm64e(isOffset: Bool)
    case pointer64(isOffset: Bool)
    case pointer32

    init?(_ format: UInt16) {
      switch format {
      case 1: self = .arm64e(isOffset: false)
      case 9, 12: self = .arm64e(isOffset: true)
      case 2: self = .pointer64(isOffset: false)
      case 6: self = .pointer64(isOffset: true)
      case 3: self = .pointer32
      default: return nil
      }
    }

    var width: Int { if case .pointer32 = self { 4 } else { 8 } }

    /// Nil for a pointer into another image.
    func target(of word: UInt64, base: UInt64) -> UInt64? {
      switch self {
      case .arm64e(let isOffset):
        if word >> 62 & 1 == 1 { return nil }
        if word >> 63 == 1 { return base &+ (word & 0xffff_ffff) }
        let value = word & 0x7ff_ffff_ffff
        return isOffset ? base &+ value : value
      case .pointer64(let isOffset):
        if word >> 63 == 1 { return nil }
        let value = word & 0xf_ffff_ffff
        return isOffset ? base &+ value : value
      case .pointer32: return word >> 31 == 1 ? nil : word & 0x3ff_ffff
      }
    }

    /// The distance to the next one in bytes; 0 for the last one in its page.
    func next(after word: UInt64) -> UInt64 {
      switch self {
      case .arm64e: (word >> 51 & 0x7ff) * 8
      case .pointer64: (word >> 51 & 0xfff) * 4
      case .pointer32: (word >> 26 & 0x1f) * 4
      }
    }
  }

  // MARK: Object files

  /// `struct relocation_info`: words of data that hold addresses in the same file.
  private func relocations(_ body: Visitor) {
    let bytes = image.bytes.span
    for section in image.sections {
      guard let range = section.fileRange, !section.isCode, section.segmentName != "__DWARF" else { continue }
      let table = section.relocationOffset..<section.relocationOffset + 8 * section.relocationCount
      guard table.upperBound <= UInt64(bytes.count) else { continue }
      for index in 0..<Int(section.relocationCount) {
        let entry = Int(table.lowerBound) + 8 * index
        let place = Int(bytes.unsigned(at: entry, width: 4, order: image.header.order))
        let width = image.header.is64 ? 8 : 4
        guard place + width <= range.count else { continue }
        body(
          bytes.unsigned(at: range.lowerBound + place, width: width, order: image.header.order),
          section.address &+ UInt64(place))
      }
    }
  }
}
