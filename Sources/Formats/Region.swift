/// A stretch of an image that is searched on its own. The regions of an image cover every byte of its file exactly
/// once, whatever the parser understood. Compressed data, of sections and of payloads in any of them, is covered a
/// second time, inflated.
package struct Region: Sendable {
  /// The name in reports: the section's name, or a description of the bytes: `section headers`, `program header 2`,
  /// `gap`, `.rodata+0x10 (zstd)`.
  package var name: String
  /// What the bytes are. Code must use this and never the name: a section may be called `gap`.
  package var kind: Kind
  /// The section's index in its image; nil outside sections and inside payloads.
  package var section: Int?
  package var content: Bytes
  /// The file range of the bytes; nil if they were inflated.
  package var fileRange: Range<Int>?
  /// Whether UTF-16 or UTF-32 strings may be here: not in code, in debug info, or in symbol tables.
  package var mayHoldWideText = true
  /// Why no byte of the region is edited, as a sentence about a root in it, with the cure: it is in a payload, or there
  /// is a hash of it elsewhere. Nil if its bytes may be edited.
  package var enclosure: String?
  /// Whether payloads were searched for.
  package var isOpened = false
  /// The stretches that payloads own, ascending and disjoint.
  package var seals: [Seal] = []

  /// - Parameter kind: nil for a section, and for bytes that are not part of an image's structure.
  package init(
    name: String, kind: Kind? = nil, section: Int? = nil, content: Bytes, fileRange: Range<Int>? = nil,
    mayHoldWideText: Bool = true, enclosure: String? = nil, isOpened: Bool = false, seals: [Seal] = []
  ) {
    self.name = name
    self.kind = kind ?? (section == nil ? .other : .section)
    self.section = section
    self.content = content
    self.fileRange = fileRange
    self.mayHoldWideText = mayHoldWideText
    self.enclosure = enclosure
    self.isOpened = isOpened
    self.seals = seals
  }

  package enum Kind: Hashable, Sendable {
    case section
    /// The ELF header, the Mach header, or the header of a universal binary.
    case fileHeader
    case programHeaders
    case sectionHeaders
    /// Bytes of a segment outside sections.
    case segment
    /// A load command, by its `cmd`.
    case loadCommand(UInt32)
    /// A table at the end of a Mach-O file that load commands point to.
    case table(LinkEditTable)
    /// Bytes that nothing owns.
    case gap
    /// A payload, a whole file, or part of another kind of file.
    case other
  }

  /// Bytes that an encoding or a checksum covers, from the first byte of a header to the last of a checksum.
  package struct Seal: Sendable {
    /// Relative to the region's start.
    package var range: Range<Int>
    /// As `Region.enclosure`.
    package var reason: String
    /// The part whose decoded content is a region of its own: roots that seem to be here are found there.
    package var decoded: Range<Int>?
    /// What the payload is and why it was not opened: `zip member x.py is encrypted`.
    package var unread: String?
  }

  /// Why `range` is not edited in place: the region's enclosure, or the reason of a payload that it overlaps.
  package func obstacle(at range: Range<Int>) -> String? { enclosure ?? seal(at: range)?.reason }

  /// Whether `range` is only the encoded form of a payload whose content is searched.
  package func isSearchedDecoded(_ range: Range<Int>) -> Bool {
    seal(at: range)?.decoded.map { $0.contains(range) } ?? false
  }

  /// The first seal that overlaps `range`.
  private func seal(at range: Range<Int>) -> Seal? {
    let index = seals.partition { $0.range.upperBound <= range.lowerBound }
    return index < seals.count && seals[index].range.overlaps(range) ? seals[index] : nil
  }
}

/// What a program can see of a region at run time.
package enum Loading: Sendable {
  /// Nothing.
  case none
  /// Code and data.
  case content
  /// Names of symbols and data that leads to them.
  case names
}
