/// `.gdb_index` ("Index Section Format" in gdb's manual): made by gold, lld, mold and gdb-add-index.
///
/// It refers to units of `.debug_info` and `.debug_types` by offset; these never change, because the sections keep
/// their size. Names are hashed and stored in the index itself; they are names of symbols and types, not paths. So
/// nothing has to be redirected, whatever happens to the string tables.
package enum GdbIndex {
  /// The versions that are known to hold nothing else. (9 names the language of `main`.)
  package static let versions: ClosedRange<UInt64> = 4...9

  package static func check(_ section: DwarfSections.Section) throws(ScrubError) {
    // All of its values are little-endian, regardless of the image.
    var reader = Reader(section.content.span, order: .little, section: section.label)
    let version = try reader.unsigned(4)
    guard versions.contains(version) else {
      throw reader.error(".gdb_index version \(version) is not known", kind: .notUnderstood)
    }
  }
}
