/// What will be done to one group of debug sections.
struct DebugPlan: Sendable {
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

  /// The sections as they are.
  var dwarf: DwarfSections
  var tables: [Table] = []
  var line: RebuiltLineSection?
  /// In a package: where the units' shares of the new line section are, edited in its indexes.
  var shares: [ElfPlan.InPlaceEdit] = []
  /// What made the plan more careful than usual; places hold section and offset.
  var notes: [Note] = []

  /// Whether references into debug sections change.
  var redirects: Bool { !tables.isEmpty || line != nil }

  /// Where a reference will lead; what it refers to now if that is not rebuilt, nil if it was not planned for.
  func newTarget(_ kind: ReferenceTarget, _ target: UInt64) -> UInt64? {
    if kind == .line { return line.map { $0.newOffset(target) } ?? target }
    return tables.first { $0.kind == kind }.map { $0.newOffset(target) } ?? target
  }
}
