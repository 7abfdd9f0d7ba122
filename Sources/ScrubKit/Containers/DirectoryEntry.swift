import Formats
import Platform

/// What one name below a directory is, processed or not.
enum DirectoryEntry: Hashable, Sendable, CustomStringConvertible {
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

  static func join(_ directory: String, _ name: String) -> String {
    directory.utf8.last == UInt8(ascii: "/") ? directory + name : "\(directory)/\(name)"
  }

  /// Everything below a directory, with its path relative to it; symbolic links are not followed. Unordered. A list,
  /// because String treats different spellings of a letter as equal.
  static func all(below top: String) throws(ScrubError) -> [(path: String, entry: DirectoryEntry)] {
    var found: [(path: String, entry: DirectoryEntry)] = []
    var waiting = [""]
    while let directory = waiting.popLast() {
      let path = directory.isEmpty ? top : join(top, directory)
      for bytes in try names(in: path) {
        guard let name = String(validating: bytes, as: UTF8.self) else {
          throw ScrubError("holds a name that is not UTF-8", at: Place(path: path))
        }
        let below = directory.isEmpty ? name : "\(directory)/\(name)"
        let entry = try entry(join(top, below))
        if entry == .directory, Leftover.isOne(join(top, below)) { continue }
        found.append((below, entry))
        if entry == .directory { waiting.append(below) }
      }
    }
    return found
  }

  /// The names in a directory, unordered, without `.` and `..`. Bytes, because not every name is text.
  static func names(in path: String) throws(ScrubError) -> [[UInt8]] {
    guard let stream = unsafe opendir(path) else {
      throw ScrubError.system("cannot be read", errno, path: path)
    }
    defer { unsafe closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(stream) else { break }
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
      let text = unsafe UnsafeRawPointer(entry).advanced(by: offset)
      let length = unsafe strlen(text.assumingMemoryBound(to: CChar.self))
      let name = unsafe Array(UnsafeRawBufferPointer(start: text, count: length))
      if name != [0x2e], name != [0x2e, 0x2e] { names.append(name) }
    }
    if errno != 0 { throw ScrubError.system("cannot be read", errno, path: path) }
    return names
  }

  private static func entry(_ path: String) throws(ScrubError) -> DirectoryEntry {
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
