import Formats
import Platform

extension AtomicWrite {
  /// Reports what the replaced file had and the new one lacks.
  var notes: [Note] {
    lost.isEmpty ? [] : [Note("not kept: \(lost.joined(separator: ", "))", at: Place(path: path))]
  }

  /// Copies a file that needs no change.
  static func copy(_ source: MappedFile, to path: String) throws(ScrubError) {
    let output = try AtomicWrite(to: path, from: source)
    try output.copy(0..<source.bytes.count, of: source)
    try source.checkUnchanged()
    try output.commit()
  }

  /// The target of symbolic links; it need not exist, but its directory must.
  static func resolve(_ path: String) throws(ScrubError) -> String {
    if let existing = try FileIdentity(path: path) {
      guard existing.isRegularFile else {
        throw ScrubError("cannot be written: it is \(existing.kind)", at: Place(path: path))
      }
      return try realPath(path)
    }
    var status = stat()
    if unsafe lstat(path, &status) == 0 {
      throw ScrubError("cannot be written: it is a symbolic link to nowhere", at: Place(path: path))
    }
    let (directory, name) = split(path)
    // Whoever opens it reports what is wrong with it.
    return (try? realPath(directory)).map { DirectoryEntry.join($0, name) } ?? path
  }

  static func realPath(_ path: String) throws(ScrubError) -> String {
    guard let resolved = unsafe realpath(path, nil) else {
      throw ScrubError.system("cannot be read", errno, path: path)
    }
    defer { unsafe free(resolved) }
    guard let text = unsafe String(validatingCString: resolved) else {
      throw ScrubError("leads to a path that is not UTF-8", at: Place(path: path))
    }
    return text
  }

  static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: 0x2f) else { return (".", path) }
    let directory = String(path[..<slash])
    return (directory.isEmpty ? "/" : directory, String(path[path.utf8.index(after: slash)...]))
  }

  /// Removes `.` and `..` textually, as a program does that ignores links.
  static func absolute(_ path: String, in directory: String) -> String {
    var parts: [Substring] = []
    for part in (path.utf8.first == 0x2f ? path : "\(directory)/\(path)").split(separator: "/")
    where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  static func makeDirectory(_ path: String) throws(ScrubError) {
    if let existing = try FileIdentity(path: path) {
      if existing.isDirectory { return }
      throw ScrubError("needs a directory, is \(existing.kind)", at: Place(path: path))
    }
    let parent = split(path).directory
    if parent != path { try makeDirectory(parent) }
    // Another file of the same run may have created it.
    guard unsafe mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw ScrubError.system("directory cannot be made", errno, path: path)
    }
  }

  /// The process's umask; reading it requires setting it, so do it once.
  static let mask: mode_t = {
    let mask = umask(0o022)
    umask(mask)
    return mask
  }()

  /// The rename has happened; it does not fail because a system cannot fsync directories.
  static func syncDirectory(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    _ = close(descriptor)
  }
}
