internal import BuildRoots
internal import CElf

/// What will be done to one ELF image: decided completely before a byte is touched.
struct ElfPlan: Sendable {
  /// Bytes that are overwritten, as many as there were.
  struct InPlaceEdit: Sendable {
    /// The section, nil for bytes of no section.
    var section: Int?
    /// Bytes from the start of the section's (inflated) content; file offset where there is no section.
    var offset: Int
    var replacement: [UInt8]
  }

  /// A string table that is rebuilt, and where its strings went.
  struct Table: Sendable {
    var kind: ReferenceTarget
    /// The section in the image.
    var section: ElfImage.Section
    var referenced: OffsetSet
    var content: CanonicalTable
    /// The table's bytes.
    var bytes: Bytes

    /// Where the string at an old offset stands in the new table.
    func newOffset(_ old: UInt64) -> UInt64? {
      guard let old = Int(exactly: old), let rank = referenced.rank(old) else { return nil }
      return UInt64(content.offsets[rank])
    }
  }

  var inPlace: [InPlaceEdit] = []
  var tables: [Table] = []
  var line: RebuiltLineSection?
  /// One for each hit.
  var fates: [Finding.Fate] = []
  /// What made the plan more careful than usual; places hold section and offset.
  var notes: [Note] = []
  /// The layout that was asked for; compact only where the image allows it.
  var layout = Options.Layout.slot

  /// Whether the plan changes nothing.
  var isEmpty: Bool { inPlace.isEmpty && tables.isEmpty && line == nil }

  /// Whether references into debug sections change.
  var redirects: Bool { !tables.isEmpty || line != nil }

  /// A plan that leaves every hit, with the error as its reason.
  init(unfixable hits: [Hit], because error: ScrubError) {
    fates = hits.map { _ in .left(reason: "\(error)") }
  }

  /// - Parameter hits: all roots of the image, in `regions`; not empty.
  init(
    _ image: ElfImage, regions: [Region], hits: [Hit], dwarf: DwarfSections, options: Options
  ) throws(ScrubError) {
    let canCompact = ElfLayout(compact: image, sizes: [:]) != nil
    layout = options.layout == .compact && canCompact ? .compact : .slot
    let planner = DebugTablePlanner(
      image: image, dwarf: dwarf, prefix: options.prefix, layout: layout, regions: regions, hits: hits)
    (tables, line, notes) = try planner.plan()
    let rebuilt = Set(tables.map(\.section.index))
    for hit in hits {
      let region = regions[hit.region]
      if let section = region.section {
        if rebuilt.contains(section) {
          fates.append(.rebuilt)
          continue
        }
        if let line, line.section.index == section {
          fates.append(line.isClean(hit.root.range) ? .rebuilt : .inPlace)
          continue
        }
      }
      if region.fileRange == nil, layout == .slot {
        fates.append(.left(reason: "the section is compressed, and would not keep its size in its slot"))
        continue
      }
      inPlace.append(
        InPlaceEdit(
          section: region.section, offset: image.offset(of: hit.root.range.lowerBound, in: region),
          replacement: options.prefix.padding(for: hit.root)))
      fates.append(.inPlace)
    }
  }
}

extension ElfImage {
  /// A place in a region as an offset into its section, or into the file where the region is of no section.
  /// Regions can begin inside a section only in files whose sections overlap.
  func offset(of position: Int, in region: Region) -> Int {
    guard let file = region.fileRange else { return position }
    guard let section = region.section else { return file.lowerBound + position }
    return file.lowerBound - Int(sections[section].offset) + position
  }
}
