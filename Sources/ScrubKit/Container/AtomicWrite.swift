import CLinux
import Glibc

/// Writes a file so that its path always names the old content or the whole new one: a sibling temporary file,
/// fsync, rename, fsync of the directory. Whatever ends before `commit`, an error or a signal, removes the
/// temporary file and leaves the target as it was.
///
/// A target with several hard links keeps its other names with the old content: uv links installed files to
/// its cache, which nobody asked to change.
///
/// One thread writes; who commits many of them together may be another one, when all threads that wrote are done.
final class AtomicWrite: @unchecked Sendable {
  /// As the caller named it; a symbolic link's target is what gets replaced.
  let path: String
  private let target: String
  private let temporary: String
  private let slot: LiveTemporaries.Slot?
  private var descriptor: Int32
  private let mode: mode_t
  private let previous: FileIdentity?
  private var isFinished = false

  /// Replaces a file that was read: same mode, and owner where the system allows it.
  convenience init(replacing file: MappedFile) throws(ScrubError) {
    try self.init(path: file.path, mode: file.identity.mode, previous: file.identity)
  }

  /// Writes the result of `source` to another path with the same mode. Missing directories are made.
  /// - Parameter keepingMode: whether the result is the source under another name, and not a new file.
  /// - Throws: where `path` is the source itself.
  convenience init(
    to path: String, from source: MappedFile, keepingMode: Bool = false
  ) throws(ScrubError) {
    let existing = try FileIdentity(path: path)
    if let existing, existing.isSameFile(as: source.identity) {
      throw ScrubError("output is the input file itself", at: Place(path: path))
    }
    if existing == nil { try Self.makeDirectory(Self.split(path).directory) }
    let mode = keepingMode ? source.identity.mode : source.identity.mode & ~Self.mask
    try self.init(path: path, mode: mode, previous: nil)
  }

  /// Makes a file of content that has no source, or replaces one; an existing file keeps its mode. Nobody's reading
  /// stands behind it, so a change by somebody else is overwritten.
  convenience init(newAt path: String) throws(ScrubError) {
    let existing = try FileIdentity(path: path)
    try self.init(path: path, mode: existing?.mode ?? 0o666 & ~Self.mask, previous: nil)
  }

  private init(path: String, mode: mode_t, previous: FileIdentity?) throws(ScrubError) {
    self.path = path
    self.mode = mode & 0o7777
    self.previous = previous
    target = try Self.resolve(path)
    let (directory, name) = Self.split(target)
    while true {
      let candidate = "\(directory)/.\(Self.shortened(name)).wheelscrub-\(Self.randomSuffix())"
      let slot = LiveTemporaries.insert(candidate)
      let descriptor = unsafe open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      if descriptor >= 0 {
        temporary = candidate
        self.slot = slot
        self.descriptor = descriptor
        return
      }
      let code = errno
      LiveTemporaries.remove(slot)
      if code != EEXIST { throw ScrubError.system("cannot be written", code, path: path) }
    }
  }

  deinit { discard() }

  func write(_ bytes: Bytes) throws(ScrubError) {
    let code = unsafe bytes.withUnsafeBytes { unsafe Self.writeAll($0, to: descriptor) }
    if code != 0 { throw ScrubError.system("cannot be written", code, path: path) }
  }

  /// Copies a range of the source without bringing it into this process, where the file systems can.
  func copy(_ range: Range<Int>, of source: MappedFile) throws(ScrubError) {
    var position = off_t(range.lowerBound)
    while position < range.upperBound {
      let count = unsafe copy_file_range(
        source.descriptor, &position, descriptor, nil, min(range.upperBound - Int(position), 1 << 30), 0)
      if count > 0 { continue }
      if count == 0 {
        throw ScrubError("was cut by someone else while it was read", at: Place(path: source.path))
      }
      switch errno {
      case EINTR: continue
      // Other file systems, old kernels, sandboxes: the mapping has the same bytes.
      case EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM:
        return try write(source.bytes[Int(position)..<range.upperBound])
      case let code: throw ScrubError.system("cannot be written", code, path: path)
      }
    }
  }

  /// Makes what was written the content of the path.
  /// - Throws: also where the file to replace was changed since it was read; nothing is replaced then.
  func commit() throws(ScrubError) {
    do throws(ScrubError) { try finish() } catch {
      // Now, not when the last reference goes.
      discard()
      throw error
    }
  }

  /// Where the file is, or will be.
  var directory: String { Self.split(target).directory }

  /// Puts everything that was written on the disk and gives the descriptor back; only the name is missing then.
  /// - Parameter syncs: false where `WriteTransaction.flush` will do it for many files at once.
  func prepare(syncs: Bool = true) throws(ScrubError) {
    // Owner first: changing it clears set-id bits. Not being allowed to is no error.
    if let previous { _ = fchown(descriptor, previous.owner, previous.group) }
    guard fchmod(descriptor, mode) == 0, !syncs || fsync(descriptor) == 0 else { throw fail() }
    // Some file systems tell only now that the disk is full.
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw fail() }
  }

  /// - Throws: where the file to replace was changed since it was read.
  func checkTarget() throws(ScrubError) {
    if let previous, try FileIdentity(path: path) != previous {
      throw ScrubError("was changed by someone else while it was worked on", at: Place(path: path))
    }
  }

  private func finish() throws(ScrubError) {
    precondition(!isFinished)
    if descriptor >= 0 { try prepare() }
    try checkTarget()
    try rename()
    Self.syncDirectory(directory)
  }

  /// The last step, for who has done the others.
  func rename() throws(ScrubError) {
    guard unsafe Glibc.rename(temporary, target) == 0 else { throw fail() }
    isFinished = true
    LiveTemporaries.remove(slot)
  }

  /// Makes this the same file as another one that was written, as their targets were, if the two are equal.
  func link(to other: AtomicWrite) throws(ScrubError) {
    guard try MappedFile.open(temporary).bytes == MappedFile.open(other.temporary).bytes else { return }
    guard unsafe unlink(temporary) == 0, unsafe Glibc.link(other.temporary, temporary) == 0 else {
      throw fail()
    }
  }

  private func fail() -> ScrubError { ScrubError.system("cannot be written", errno, path: path) }

  private func discard() {
    if descriptor >= 0 { _ = close(descriptor) }
    descriptor = -1
    if isFinished { return }
    isFinished = true
    _ = unsafe unlink(temporary)
    LiveTemporaries.remove(slot)
  }
}

extension AtomicWrite {
  /// Copies a file that needs no change.
  static func copy(_ source: MappedFile, to path: String) throws(ScrubError) {
    let output = try AtomicWrite(to: path, from: source)
    try output.copy(0..<source.bytes.count, of: source)
    try source.checkUnchanged()
    try output.commit()
  }

  /// - Returns: 0, or the error number.
  static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    var position = 0
    while position < bytes.count {
      let count = unsafe Glibc.write(
        descriptor, bytes.baseAddress! + position, min(bytes.count - position, 1 << 30))
      if count > 0 {
        position += count
      } else if count == 0 {
        return ENOSPC
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }

  /// The file behind symbolic links; it need not exist, its directory must.
  private static func resolve(_ path: String) throws(ScrubError) -> String {
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
    return path
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

  /// Without `.` and `..`, by the text alone, as a program that knows nothing of links spells it.
  static func absolute(_ path: String, in directory: String) -> String {
    var parts: [Substring] = []
    for part in (path.utf8.first == 0x2f ? path : "\(directory)/\(path)").split(separator: "/")
    where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  private static func makeDirectory(_ path: String) throws(ScrubError) {
    if let existing = try FileIdentity(path: path) {
      if existing.isDirectory { return }
      throw ScrubError("needs a directory, is \(existing.kind)", at: Place(path: path))
    }
    let parent = split(path).directory
    if parent != path { try makeDirectory(parent) }
    // Another file of the same run may have made it.
    guard unsafe mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw ScrubError.system("directory cannot be made", errno, path: path)
    }
  }

  /// A name has at most 255 bytes; ours adds 19.
  private static func shortened(_ name: String) -> Substring {
    var result = name[...]
    while result.utf8.count > 230 { result.removeLast() }
    return result
  }

  private static func randomSuffix() -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    // The name is gone before anybody could compare runs: chance is no danger to reproducible results. One draw,
    // because each is a call of the system.
    var number = UInt64.random(in: .min ... .max)
    return String(
      (0..<6).map { _ in
        defer { number /= UInt64(alphabet.count) }
        return alphabet[Int(number % UInt64(alphabet.count))]
      })
  }

  /// The process's umask; reading it means setting it, so once.
  private static let mask: mode_t = {
    let mask = umask(0o022)
    umask(mask)
    return mask
  }()

  /// The rename has happened; a system that cannot fsync directories does not make it fail.
  private static func syncDirectory(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = fsync(descriptor)
    _ = close(descriptor)
  }
}
