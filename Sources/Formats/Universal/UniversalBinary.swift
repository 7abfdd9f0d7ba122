/// A universal ("fat") binary: the same program for several architectures in one file (<mach-o/fat.h>). Its header is
/// always big-endian.
package struct UniversalBinary: Sendable {
  package struct Slice: Sendable {
    /// `arm64`; a second slice of that name is `arm64#2`.
    package var name: String
    package var range: Range<Int>
    /// Bytes; a power of two.
    package var alignment: Int
    /// File offset of its `fat_arch`.
    package var entry: Int
  }

  package let bytes: Bytes
  /// `fat_arch_64`.
  package let is64: Bool
  /// In header order.
  package let slices: [Slice]

  private static let section = "universal header"

  /// - Throws: if a slice lies outside the file, or overlaps the header or another slice.
  package init(_ bytes: Bytes) throws(ScrubError) {
    var reader = Reader(bytes.span, order: .big, section: Self.section)
    let magic = try reader.u32()
    guard magic == 0xcafe_babe || magic == 0xcafe_babf else { throw reader.error("not a universal binary") }
    is64 = magic == 0xcafe_babf
    let count = Int(try reader.u32())
    guard count <= Limits.slices else {
      throw reader.error("\(count) slices exceed the limit of \(Limits.slices)")
    }
    var slices: [Slice] = []
    for _ in 0..<count {
      let entry = reader.offset
      var name = Architecture.name(try reader.u32(), try reader.u32())
      let offset = try reader.unsigned(is64 ? 8 : 4)
      let size = try reader.unsigned(is64 ? 8 : 4)
      let shift = try reader.u32()
      if is64 { try reader.skip(4) }
      guard shift <= Limits.sliceAlignment else {
        throw ScrubError(
          "alignment 2^\(shift) of slice \(name) exceeds the limit of 2^\(Limits.sliceAlignment)",
          section: Self.section, offset: UInt64(entry))
      }
      guard offset <= UInt64(bytes.count), size <= UInt64(bytes.count) - offset else {
        throw ScrubError(
          "slice \(name) needs \(size) bytes at 0x\(String(offset, radix: 16)), the file has \(bytes.count)",
          section: Self.section, offset: UInt64(entry))
      }
      let number = slices.count { $0.name.split(separator: "#").first.map(String.init) == name } + 1
      if number > 1 { name += "#\(number)" }
      slices.append(
        Slice(
          name: name, range: Int(offset)..<Int(offset + size), alignment: 1 << Int(shift), entry: entry))
    }
    self.bytes = bytes
    self.slices = slices
    var end = reader.offset
    for slice in slices.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      guard slice.range.lowerBound >= end else {
        throw ScrubError(
          "slice \(slice.name) overlaps what precedes it", section: Self.section, offset: UInt64(slice.entry))
      }
      end = slice.range.upperBound
    }
  }

  /// Bytes outside slices: the header, and the padding between slices.
  package var ownRegions: [Region] {
    var regions: [Region] = []
    var position = 0
    for range in slices.map(\.range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      append(position..<range.lowerBound, to: &regions)
      position = range.upperBound
    }
    append(position..<bytes.count, to: &regions)
    return regions
  }

  private func append(_ range: Range<Int>, to regions: inout [Region]) {
    guard !range.isEmpty else { return }
    let isHeader = range.lowerBound == 0
    regions.append(
      Region(
        name: isHeader ? Self.section : "gap", kind: isHeader ? .fileHeader : .gap, content: bytes[range],
        fileRange: range))
  }

  /// The same binary with other slices.
  /// - Parameter contents: new contents by the slice's index.
  /// - Throws: if slices would have to move and there is unknown data between or after them.
  package func replacing(_ contents: [Int: Bytes]) throws(ScrubError) -> Bytes {
    let order = slices.indices.sorted { slices[$0].range.lowerBound < slices[$1].range.lowerBound }
    guard let first = order.first else { return bytes }
    let keepsSizes = contents.allSatisfy { $1.count == slices[$0].range.count }
    for region in ownRegions where !keepsSizes && region.kind == .gap {
      guard region.content.isZero, region.fileRange?.upperBound != bytes.count else {
        throw ScrubError(
          "bytes of no slice would have to move", section: Self.section,
          offset: region.fileRange.map { UInt64($0.lowerBound) })
      }
    }
    var places: [Int: Int] = [:]
    var position = slices[first].range.lowerBound
    for index in order {
      let slice = slices[index]
      if keepsSizes {
        position = slice.range.lowerBound
      } else {
        position = (position + slice.alignment - 1) & ~(slice.alignment - 1)
      }
      places[index] = position
      position += contents[index]?.count ?? slice.range.count
    }
    let size = keepsSizes ? bytes.count : position
    guard is64 || size <= Int(UInt32.max) else {
      throw ScrubError("the file would exceed 4 GiB", section: Self.section)
    }
    let output = EditBuffer(count: size)
    for region in ownRegions where keepsSizes || region.name == Self.section {
      if let range = region.fileRange { output.replace(at: range.lowerBound, with: bytes[range]) }
    }
    let width = is64 ? 8 : 4
    for (index, place) in places {
      let content = contents[index] ?? bytes[slices[index].range]
      output.replace(at: place, with: content)
      output.store(UInt64(place), at: slices[index].entry + 8, width: width, order: .big)
      output.store(UInt64(content.count), at: slices[index].entry + 8 + width, width: width, order: .big)
    }
    return output.bytes
  }
}
