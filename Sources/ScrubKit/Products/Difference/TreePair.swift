import Formats

/// Two directory trees: every file of any kind, because a file that only one side has is a difference too. Owners and
/// times of files are not: no copy keeps them.
struct TreePair {
  enum Step: Sendable {
    case differ(Difference)
    /// Two regular files, and the first one's path for places.
    case compare(String, String, path: String)
  }

  /// In byte order of the paths below both directories.
  let steps: [Step]

  init(_ one: String, _ other: String) throws(ScrubError) {
    let (entries, others) = (try Self.entries(one), try Self.entries(other))
    var steps: [Step] = []
    for name in Set(entries.keys).union(others.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    ) {
      let (path, otherPath) = (DirectoryEntry.join(one, name), DirectoryEntry.join(other, name))
      guard let entry = entries[name], let otherEntry = others[name] else {
        let isFirst = entries[name] != nil
        let place = Place(path: isFirst ? path : otherPath)
        steps.append(
          .differ(
            Difference(.memberMissing, at: place, first: isFirst ? name : nil, second: isFirst ? nil : name)))
        continue
      }
      switch (entry, otherEntry) {
      case (.file(let mode), .file(let otherMode)):
        steps.append(.compare(path, otherPath, path: path))
        if mode != otherMode {
          steps.append(
            .differ(
              Difference(
                .memberMode, at: Place(path: path), first: String(mode, radix: 8),
                second: String(otherMode, radix: 8))))
        }
      case _ where entry != otherEntry:
        steps.append(
          .differ(
            Difference(
              .memberKind, at: Place(path: path), first: entry.description, second: otherEntry.description)))
      default: break
      }
    }
    self.steps = steps
  }

  private static func entries(_ top: String) throws(ScrubError) -> [String: DirectoryEntry] {
    Dictionary(try DirectoryEntry.all(below: top).map { ($0.path, $0.entry) }) { first, _ in first }
  }
}
