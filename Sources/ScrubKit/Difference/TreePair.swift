import Glibc

/// Two directory trees: every file of any kind, since one that only one of both has is a difference too. Owners
/// and times of files are none: no copy keeps them.
struct TreePair {
  enum Step: Sendable {
    case differ(Difference)
    /// Two regular files, and the first one's path for places.
    case compare(String, String, path: String)
  }

  /// In byte order of the paths below both directories.
  let steps: [Step]

  private enum Entry: Hashable, CustomStringConvertible {
    case directory
    case file(mode: mode_t)
    case link(target: [UInt8])
    case special(mode_t)

    var description: String {
      switch self {
      case .directory: "a directory"
      case .file: "a file"
      case .link(let target): "a link to \(String(decoding: target, as: UTF8.self))"
      case .special: "neither a file, a directory nor a link"
      }
    }
  }

  init(_ one: String, _ other: String) throws(ScrubError) {
    let (entries, others) = (try Self.entries(one), try Self.entries(other))
    var steps: [Step] = []
    for name in Set(entries.keys).union(others.keys).sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    ) {
      let (path, otherPath) = (Self.join(one, name), Self.join(other, name))
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

  private static func join(_ directory: String, _ name: String) -> String {
    directory.utf8.last == UInt8(ascii: "/") ? directory + name : "\(directory)/\(name)"
  }

  /// What is below a directory, by path; symbolic links are not followed.
  private static func entries(_ top: String) throws(ScrubError) -> [String: Entry] {
    var found: [String: Entry] = [:]
    var waiting = [""]
    while let directory = waiting.popLast() {
      let path = directory.isEmpty ? top : join(top, directory)
      for name in try names(in: path) {
        let below = directory.isEmpty ? name : "\(directory)/\(name)"
        let entry = try entry(join(top, below))
        found[below] = entry
        if entry == .directory { waiting.append(below) }
      }
    }
    return found
  }

  private static func names(in path: String) throws(ScrubError) -> [String] {
    guard let stream = unsafe opendir(path) else {
      throw ScrubError.system("cannot be read", errno, path: path)
    }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
      let text = unsafe UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
      guard let name = unsafe String(validatingCString: text) else {
        throw ScrubError("holds a name that is not UTF-8", at: Place(path: path))
      }
      if name != ".", name != ".." { names.append(name) }
    }
    if errno != 0 { throw ScrubError.system("cannot be read", errno, path: path) }
    return names
  }

  private static func entry(_ path: String) throws(ScrubError) -> Entry {
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      throw ScrubError.system("cannot be read", errno, path: path)
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: return .directory
    case S_IFREG: return .file(mode: status.st_mode & 0o7777)
    case S_IFLNK:
      var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
      let count = unsafe target.withUnsafeMutableBytes { buffer in
        unsafe readlink(path, buffer.baseAddress!.assumingMemoryBound(to: CChar.self), buffer.count)
      }
      guard count >= 0 else { throw ScrubError.system("cannot be read", errno, path: path) }
      return .link(target: Array(target.prefix(count)))
    case let kind: return .special(kind)
    }
  }
}
