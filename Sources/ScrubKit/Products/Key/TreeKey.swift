import Formats

/// What counts of a directory: every name below it, with its content. Not RECORD, whose rows follow from the rest; not
/// times or owners; of modes, only whether a file is executable. A directory counts only if it is empty: otherwise the
/// names in it suffice, and some of them change.
struct TreeKey {
  let level: KeyLevel

  struct Item: Sendable {
    /// Relative to the directory.
    let path: String
    /// The same after `fix`, if the name is derived from the build-id.
    var newPath: String?
    var entry: DirectoryEntry
    /// For a regular file.
    var keyed: FileKeys.Keyed?
  }

  /// The entries below the directory that count, by name.
  static func entries(_ top: String) throws(ScrubError) -> [(path: String, entry: DirectoryEntry)] {
    let all = try DirectoryEntry.all(below: top)
    // By bytes: two spellings of one letter are two directories.
    let parents = Set(all.map { Array(AtomicWrite.split($0.path).directory.utf8) })
    let entries = all.filter { path, entry in
      !WheelKey.isRecord(path) && !(entry == .directory && parents.contains(Array(path.utf8)))
    }
    for (path, entry) in entries {
      if case .special = entry {
        throw ScrubError("is \(entry)", at: Place(path: DirectoryEntry.join(top, path)))
      }
    }
    return entries.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  func counts(_ item: Item) -> Bool {
    if level == .full { return true }
    return item.entry != .directory && item.keyed?.key.isLoaded ?? true && !WheelKey.isBundleList(item.path)
  }

  func key(of items: [Item]) -> ContentKey {
    ContentKey(digest: digest(of: items.filter(counts), "tree") { $0.key }, level: level)
  }

  /// The same for the unmodified bytes.
  func raw(of items: [Item], _ bytes: (Item) throws(ScrubError) -> [UInt8]) throws(ScrubError) -> [UInt8] {
    var plain: [Item] = []
    for var item in items {
      if item.keyed != nil { item.keyed = FileKeys.Keyed(ContentKey(digest: try bytes(item), level: .full)) }
      plain.append(item)
    }
    return digest(of: plain, "raw tree") { $0.key }
  }

  private func digest(
    of items: [Item], _ kind: String, _ key: (FileKeys.Keyed) -> ContentKey
  ) -> [UInt8] {
    var writer = KeyWriter(kind, level)
    let named = items.map { (name: $0.newPath ?? $0.path, item: $0) }
    writer.list(named.count)
    for (name, item) in named.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      writer.text(name)
      switch item.entry {
      case .directory: writer.text("directory")
      case .link(let target):
        writer.text("link")
        writer.bytes(target)
      case .file(let mode):
        writer.text("file")
        writer.flag(mode & 0o111 != 0)
        if let keyed = item.keyed { writer.key(key(keyed)) }
      case .special: writer.text("special")
      }
    }
    return writer.finish()
  }
}
