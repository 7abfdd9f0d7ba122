import Formats

/// What counts of a wheel: what will be installed, by name. Not the zip around it: order, times, compression; not
/// RECORD and its signatures, which follow from the rest. Two wheels have the same key of level `full` if and only if
/// `fix --canonical` makes them equal.
struct WheelKey {
  let options: Options
  let contents: ContentKeys

  private struct Entry: Sendable {
    var name: String
    var mode: InstalledMode
    /// Nil for a directory.
    var key: ContentKey?
  }

  /// - Parameters:
  ///   - outside: files that belong to its members (`FileSet`).
  ///   - report: receives findings and notes of `fix`.
  /// - Returns: the key, and the outcome of each of those files.
  func key(
    of file: MappedFile, with outside: [Part] = [], _ report: inout FileReport
  ) throws(ScrubError) -> (key: ContentKey, outside: [ImageScrub.Outcome]) {
    let (wheel, memory, scrubbed, outcomes) = try WheelScrub(options, keys: contents)
      .scrubbed(file, with: outside, &report)
    let members = wheel.members.filter { !$0.isDirectory && !Self.isRecord($0.name) }
    let results = options.workers.map(members) { member in
      Result { () throws(ScrubError) in
        let known = scrubbed[member.index]
        let key: ContentKey
        if let known {
          key = known.key
        } else {
          key = try memory.whileWorking(on: member) { () throws(ScrubError) in
            contents.whole(try member.content())
          }
        }
        return Entry(name: known?.name ?? member.name, mode: InstalledMode(member), key: key)
      }
    }
    var entries: [Entry] = []
    for result in results {
      do throws(ScrubError) { entries.append(try result.get()) } catch { throw error.inside(path: file.path) }
    }
    if contents.level == .runtime {
      entries.removeAll { $0.key?.isLoaded == false || Self.isBundleList($0.name) }
    }
    entries += CanonicalWheel.emptyDirectories(wheel, holding: wheel.members.map(\.name)).map {
      Entry(name: $0.name, mode: .directory, key: nil)
    }
    entries.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }

    var writer = KeyWriter("wheel", contents.level)
    writer.list(entries.count)
    for entry in entries {
      writer.text(entry.name)
      writer.number(entry.mode.number)
      if let key = entry.key { writer.key(key) }
    }
    return (ContentKey(digest: writer.finish(), level: contents.level), outcomes)
  }

  /// RECORD of a distribution, or a signature of it, in a wheel or installed.
  static func isRecord(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count > 1, parts[parts.count - 2].hasSuffix(".dist-info") else { return false }
    return ["RECORD", "RECORD.jws", "RECORD.p7s"].contains(parts[parts.count - 1])
  }

  /// Files of a dSYM bundle beside debug info, for debuggers only: its property list, and dsymutil's relocation map
  /// (`Contents/Resources/Relocations/<arch>/x.yml`).
  static func isBundleList(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard let bundle = parts.lastIndex(where: { $0.hasSuffix(".dSYM") }) else { return false }
    let inside = Array(parts[(bundle + 1)...])
    return inside == ["Contents", "Info.plist"]
      || inside.count == 5 && inside[..<3] == ["Contents", "Resources", "Relocations"]
        && inside[4].hasSuffix(".yml")
  }
}
