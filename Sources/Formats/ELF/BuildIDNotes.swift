internal import CElf

/// The GNU build-id notes of an image (gABI "Note Section", `NT_GNU_BUILD_ID`).
///
/// libelf's reader rejects a descriptor that is not padded to the alignment at a section's end, which is what ld writes
/// for `--build-id=0x` of any length; so the notes are read here.
package enum BuildIDNotes {
  /// The descriptors' file ranges, ascending, of at most `longest` bytes each. The notes are in `SHT_NOTE` sections, in
  /// `PT_NOTE` segments, or (usually) in both.
  package static func find(
    in bytes: Bytes, _ order: ByteOrder, _ sections: [ElfImage.Section], _ segments: [ElfImage.Segment]
  ) -> [Range<Int>] {
    var found: Set<Range<Int>> = []
    for section in sections where section.type == UInt32(SHT_NOTE) {
      guard let range = section.fileRange else { continue }
      found.formUnion(descriptors(in: bytes, range, order, alignment: section.alignment))
    }
    for segment in segments where segment.type == UInt32(PT_NOTE) {
      found.formUnion(descriptors(in: bytes, segment.fileRange, order, alignment: segment.alignment))
    }
    // Bytes that a note claims beyond an id are content.
    let content = Self.content(of: sections)
    return found.filter { $0.count <= longest && !content.overlaps($0) }.sorted {
      ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
    }
  }

  /// The maximum size of a build-id in bytes: that of SHA-512.
  package static let longest = 64

  /// The descriptor of the build-id that run-time readers of notes find: the first in a `PT_NOTE` segment (in an object
  /// file, which has none, in an `SHT_NOTE` section), of at most `longest` bytes, and not overlapping a section that is
  /// not a note. A note that claims more, or that only a section header names, does not count.
  package static func sound(in image: ElfImage) -> Range<Int>? {
    var places: [(range: Range<Int>, alignment: UInt64)] = []
    if image.header.type == ElfImage.relocatable {
      for section in image.sections where section.type == UInt32(SHT_NOTE) {
        if let range = section.fileRange { places.append((range, section.alignment)) }
      }
    } else {
      for segment in image.segments where segment.type == UInt32(PT_NOTE) {
        places.append((segment.fileRange, segment.alignment))
      }
    }
    for place in places {
      let found = descriptors(in: image.bytes, place.range, image.header.order, alignment: place.alignment)
      guard let first = found.first else { continue }
      return first.count <= longest && !content(of: image.sections).overlaps(first) ? first : nil
    }
    return nil
  }

  /// The contents of sections of other kinds, in file offsets.
  private static func content(of sections: [ElfImage.Section]) -> FileRanges {
    FileRanges(sections.filter { $0.type != UInt32(SHT_NOTE) }.compactMap(\.fileRange))
  }

  /// Reads up to the first note that does not fit: the position of later ones is unknown.
  private static func descriptors(
    in bytes: Bytes, _ range: Range<Int>, _ order: ByteOrder, alignment: UInt64
  ) -> [Range<Int>] {
    let alignment = alignment == 8 ? 8 : 4
    let stretch = bytes[range]
    var reader = Reader(stretch.span, order: order, section: "notes")
    var found: [Range<Int>] = []
    do throws(ScrubError) {
      while reader.remaining >= 12 {
        let nameSize = try reader.u32()
        let descriptorSize = try reader.u32()
        let type = try reader.u32()
        let name = reader.offset
        try reader.skip(claimed: UInt64(nameSize))
        let isGNU = stretch[name..<reader.offset] == Bytes(Array("GNU\0".utf8))
        try reader.seek(to: min(aligned(reader.offset, alignment), stretch.count))
        let descriptor = reader.offset
        try reader.skip(claimed: UInt64(descriptorSize))
        if isGNU, type == UInt32(NT_GNU_BUILD_ID), descriptorSize > 0 {
          found.append(range.lowerBound + descriptor..<range.lowerBound + reader.offset)
        }
        try reader.seek(to: min(aligned(reader.offset, alignment), stretch.count))
      }
    } catch {
      return found
    }
    return found
  }

  private static func aligned(_ offset: Int, _ alignment: Int) -> Int {
    (offset + alignment - 1) & ~(alignment - 1)
  }
}
