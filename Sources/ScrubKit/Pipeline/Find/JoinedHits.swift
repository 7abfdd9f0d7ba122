internal import BuildRoots
import Formats

/// Random names at the beginning of a file name in a line table, which are roots only because of their directory:
/// `/tmp`, and `tmpab12cd34/x.h`. A search of the strings does not find them, because anything may have such a name.
enum JoinedHits {
  static let reason =
    "it is a path only together with its directory in the line table, and cannot become an absolute one here"

  /// - Parameter hits: all other hits.
  /// - Returns: these and the joined ones, in order.
  static func joining(
    _ hits: [Hit], in regions: [Region], _ groups: [DwarfSections], _ roots: RootMap
  ) -> [Hit] {
    var added: [Hit] = []
    for dwarf in groups {
      guard let line = dwarf[".debug_line"] else { continue }
      var paths = JoinedPaths(dwarf, line, roots)
      var found: [JoinedPaths.Text: BuildRoot] = [:]
      // A broken program does not hide what the programs before it hold.
      try? LinePrograms.forEach(
        in: line, addressSize: Int(dwarf.addressSize), order: dwarf.order,
        reference: { _ throws(ScrubError) in },
        program: { program throws(ScrubError) in
          let (directories, files) = program.paths
          for file in files {
            guard let index = file.directory.flatMap({ Int(exactly: $0) }), index > 0,
              index < directories.count, let directory = directories[index].name, let name = file.name
            else { continue }
            let text = paths.text(name)
            if let path = paths.path(paths.text(directory), text) { found[text] = path.root }
          }
        })
      var places: [ReferenceTarget: Int] = [:]
      for kind in ReferenceTarget.allCases {
        // (The stored bytes of a compressed section are not text.)
        guard let section = dwarf[kind.sectionName] else { continue }
        places[kind] = regions.firstIndex {
          $0.section == section.index && $0.content.count == section.content.count
        }
      }
      for (text, root) in found {
        guard let region = places[text.table], let offset = Int(exactly: text.offset) else { continue }
        var hit = Hit(region: region, root: root, isPart: true)
        hit.root.range = offset..<offset + root.range.upperBound
        hit.root.isRelative = false
        added.append(hit)
      }
    }
    guard !added.isEmpty else { return hits }
    let known = hits.rangesByRegion
    // Names that are relative roots on their own were already found.
    added.removeAll { hit in
      guard let ranges = known[hit.region] else { return false }
      let index = ranges.partition { $0.upperBound <= hit.root.range.lowerBound }
      return index < ranges.count && ranges[index].contains(hit.root.range.lowerBound)
    }
    return (hits + added).sorted {
      ($0.region, $0.root.range.lowerBound) < ($1.region, $1.root.range.lowerBound)
    }
  }
}
