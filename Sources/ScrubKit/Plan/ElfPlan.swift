internal import BuildRoots
internal import CElf

/// What will be done to one ELF image: decided completely before a byte is touched.
struct ElfPlan: Sendable {
  struct InPlaceEdit: Sendable {
    /// File offsets.
    var range: Range<Int>
    /// As many bytes as the range has.
    var replacement: [UInt8]
  }

  /// A string table that is rebuilt, and where its strings went.
  struct Table: Sendable {
    var kind: StringTableKind
    /// The section in the image.
    var section: ElfImage.Section
    var referenced: OffsetSet
    var content: CanonicalTable

    /// Where the string at an old offset stands in the new table.
    func newOffset(_ old: UInt64) -> UInt64? {
      guard let old = Int(exactly: old), let rank = referenced.rank(old) else { return nil }
      return UInt64(content.offsets[rank])
    }
  }

  var inPlace: [InPlaceEdit] = []
  var tables: [Table] = []
  /// One for each hit.
  var fates: [Finding.Fate] = []
  /// What made the plan more careful than usual; places hold section and offset.
  var notes: [Note] = []
  /// File ranges to zero: bytes that no header, section or segment owns.
  var gaps: [Range<Int>] = []

  /// Whether the plan changes nothing.
  var isEmpty: Bool { inPlace.isEmpty && tables.isEmpty }

  /// A plan that leaves every hit, with the error as its reason.
  init(unfixable hits: [Hit], because error: ScrubError) {
    fates = hits.map { _ in .left(reason: "\(error)") }
  }

  /// - Parameter hits: all roots of the image, in `regions`; not empty.
  init(
    _ image: ElfImage, regions: [Region], hits: [Hit], dwarf: DwarfSections, prefix: StablePrefix
  ) throws(ScrubError) {
    gaps = image.gaps
    (tables, notes) = try StringTablePlanner(image: image, dwarf: dwarf, prefix: prefix).tables()
    let rebuilt = Set(tables.map(\.section.index))
    for hit in hits {
      let region = regions[hit.region]
      if let section = region.section, rebuilt.contains(section) {
        fates.append(.rebuilt)
        continue
      }
      guard let file = region.fileRange else {
        fates.append(.left(reason: "the section is compressed; build with -gz=none to have it fixed"))
        continue
      }
      let root = region.content[hit.root.range]
      let range = file.lowerBound + hit.root.range.lowerBound..<file.lowerBound + hit.root.range.upperBound
      guard let replacement = Self.filled(prefix.replacement(for: hit.root), to: root.count) else {
        fates.append(.left(reason: "the root is shorter than what would replace it"))
        continue
      }
      inPlace.append(InPlaceEdit(range: range, replacement: replacement))
      fates.append(.inPlace)
    }
  }

  /// The replacement and as many `/` as the root was longer, so that nothing behind it moves.
  private static func filled(_ replacement: [UInt8], to count: Int) -> [UInt8]? {
    guard replacement.count <= count else { return nil }
    return replacement + [UInt8](repeating: UInt8(ascii: "/"), count: count - replacement.count)
  }
}
