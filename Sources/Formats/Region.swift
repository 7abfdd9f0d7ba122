/// A stretch of an image that is searched on its own. The regions of an image cover every byte of its file
/// exactly once, whatever the parser understood; what is compressed is covered a second time, inflated: sections, and
/// payloads in any of them.
package struct Region: Sendable {
  /// As reports name it: the section's name, or what else the bytes are: `section headers`, `program header 2`,
  /// `gap`, `.rodata+0x10 (zstd)`.
  package var name: String
  /// What the bytes are. Code asks this and never the name: a section may be called `gap`.
  package var kind: Kind
  /// The section's index in its image; nil outside of sections and inside of payloads.
  package var section: Int?
  package var content: Bytes
  /// Where the bytes lie in the file; nil for what was inflated.
  package var fileRange: Range<Int>?
  /// Whether strings of UTF-16 or UTF-32 may stand here: not in code, in debug info, or in tables of symbols.
  package var mayHoldWideText = true
  /// Why no byte of the region is edited, as a sentence on a root in it, with the cure: it lies in a payload, or a hash
  /// of it stands elsewhere. Nil where its bytes may be edited.
  package var enclosure: String?
  /// Whether payloads were looked for.
  package var isOpened = false
  /// The stretches that a payload owns, ascending and apart.
  package var seals: [Seal] = []

  /// - Parameter kind: nil for a section, and for what is no part of an image's structure.
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
    /// Bytes of a segment that are in no section.
    case segment
    /// A load command, by its `cmd`.
    case loadCommand(UInt32)
    /// What load commands point to at the end of a Mach-O file.
    case table(LinkEditTable)
    /// What nothing owns.
    case gap
    /// A payload, a whole file, or part of another kind of file.
    case other
  }

  /// Bytes that an encoding or a checksum covers, from the first of a header to the last of a checksum.
  package struct Seal: Sendable {
    /// Counts from the region's start.
    package var range: Range<Int>
    /// As `Region.enclosure`.
    package var reason: String
    /// The part whose decoded content is a region of its own: what looks like a root in here is found there.
    package var decoded: Range<Int>?
    /// What the payload is and why nobody looked into it: `zip member x.py is encrypted`.
    package var unread: String?
  }

  /// Why `range` is not edited in place: the region's enclosure, or that of a payload that it touches.
  package func obstacle(at range: Range<Int>) -> String? { enclosure ?? seal(at: range)?.reason }

  /// Whether what stands in `range` is but the encoded form of a payload whose content is searched.
  package func isSearchedDecoded(_ range: Range<Int>) -> Bool {
    seal(at: range)?.decoded.map { $0.contains(range) } ?? false
  }

  /// The first seal that overlaps `range`.
  private func seal(at range: Range<Int>) -> Seal? {
    let index = seals.partition { $0.range.upperBound <= range.lowerBound }
    return index < seals.count && seals[index].range.overlaps(range) ? seals[index] : nil
  }
}

/// What a program gets to see of a region at run time.
package enum Loading: Sendable {
  /// Nothing.
  case none
  /// Code and data.
  case content
  /// Names of symbols and what leads to them.
  case names
}
