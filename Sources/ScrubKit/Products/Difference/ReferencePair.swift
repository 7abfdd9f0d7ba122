import Formats

/// Two debug sections that hold offsets into string tables, compared without the offsets.
struct ReferencePair {
  /// The contents without their string offsets.
  private(set) var one: Bytes
  private(set) var other: Bytes
  /// The offsets, if both sections hold them in the same places and some differ.
  private(set) var offsets: Found?

  private struct Reference {
    var position: Int
    var width: Int
    var target: UInt64
  }

  init(
    _ one: DwarfSections.Section, of dwarf: DwarfSections, _ other: DwarfSections.Section,
    of otherDwarf: DwarfSections
  ) {
    (self.one, self.other) = (one.content, other.content)
    guard let references = Self.references(one, dwarf), let others = Self.references(other, otherDwarf) else {
      return
    }
    self.one = Self.masked(one.content, references)
    self.other = Self.masked(other.content, others)
    for (left, right) in zip(references, others) where left.target != right.target {
      var found =
        offsets
        ?? Found(
          cause: .stringOffsets, offset: left.position, count: 0,
          first: "0x" + String(left.target, radix: 16), second: "0x" + String(right.target, radix: 16))
      found.count += 1
      offsets = found
    }
  }

  /// Nil if the section is not understood: then its raw bytes are compared.
  private static func references(
    _ section: DwarfSections.Section, _ dwarf: DwarfSections
  ) -> [Reference]? {
    var found: [Reference] = []
    do throws(ScrubError) {
      try SectionReferences(dwarf: dwarf).forEach(in: section) {
        (reference: SectionReference) throws(ScrubError) in
        found.append(
          Reference(position: reference.position, width: reference.width, target: reference.target))
      }
    } catch {
      return nil
    }
    return found
  }

  private static func masked(_ content: Bytes, _ references: [Reference]) -> Bytes {
    if references.isEmpty { return content }
    var bytes = content.array()
    for reference in references {
      for index in reference.position..<reference.position + reference.width { bytes[index] = 0 }
    }
    return Bytes(bytes)
  }
}
