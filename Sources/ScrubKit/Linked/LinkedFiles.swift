import Formats

/// What is known about the files that belong to an image when it is processed.
struct LinkedFiles: Sendable {
  /// The new `dwo_id` for each old one: only for units whose skeleton and split unit are processed together.
  var splitIDs: [UInt64: UInt64] = [:]
  /// Ids left unchanged because units with different contents share them.
  var ambiguousIDs: Set<UInt64> = []
  /// Whether the separate debug file that the image names is sealed together with it.
  var hasDebugFile = false
  /// Whether this is a separate debug file whose image is sealed together with it.
  var hasImage = false
  /// Whether the supplementary file that the image uses is sealed together with it.
  var hasSupplementaryFile = false
  /// Whether this is a supplementary file whose users are sealed together with it.
  var hasUsers = false

  /// Whether the image came from elsewhere, like those that auditwheel and delocate copy into a wheel: its ids belong
  /// to another package.
  var isGrafted = false

  /// For a file or member, by its path: `x.libs/libz.so`, `x/.dylibs/libz.dylib`.
  static func isGrafted(_ path: String) -> Bool {
    path.split(separator: "/").dropLast().contains { $0.hasSuffix(".libs") || $0 == ".dylibs" }
  }

  /// The build-ids that are recomputed. A supplementary file without its users keeps its own: other files refer to it
  /// by that id.
  func seals(of image: ElfImage) -> [Range<Int>] {
    image.isSupplementary && !hasUsers ? [] : image.buildIDs
  }

  /// What split units lose because their counterpart is missing.
  func notes(on units: SplitUnits, of image: ElfImage) -> [Note] {
    var notes: [Note] = []
    func note(_ kept: [SplitUnits.Unit], _ count: Int, _ partner: String) {
      guard count > 0, let first = kept.first else { return }
      let section = image.sections[first.section].name
      let what = "dwo_id of \(count) \(count == 1 ? "unit" : "units")"
      notes.append(
        Note(
          "\(what) was made from the path and stays unless \(partner) given to the same fix",
          at: Place(section: section, offset: UInt64(first.position)), divergence: .debugInfo))
    }
    let skeletons = units.skeletons.filter { $0.leaks && isUnknown($0) }
    note(skeletons, skeletons.count, "the .dwo or .dwp file is")
    let split = units.split.compactMap(\.unit).filter { $0.leaks && isUnknown($0) }
    note(split, split.count, "the file with its skeleton, and all others with this id, are")
    for unit in units.skeletons + units.split.compactMap(\.unit) where ambiguousIDs.contains(unit.id) {
      notes.append(
        Note(
          "dwo_id 0x\(String(unit.id, radix: 16)) stays: different units share it, or would",
          at: Place(section: image.sections[unit.section].name, offset: UInt64(unit.position)),
          divergence: .debugInfo))
    }
    return notes
  }

  private func isUnknown(_ unit: SplitUnits.Unit) -> Bool {
    splitIDs[unit.id] == nil && !ambiguousIDs.contains(unit.id)
  }
}
