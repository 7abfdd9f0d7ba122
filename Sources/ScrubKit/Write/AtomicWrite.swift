import Formats
import Platform
import Synchronization

/// The only way to write a file. Its path always names the old content or the whole new one: the content is written to
/// a file without a name (`O_TMPFILE`), gets a name in a `StagingDirectory` when it is complete, and replaces the
/// target by a rename. Anything that interrupts this, an error, a signal or `kill -9`, leaves the target unchanged and,
/// until the moment of the rename, no other trace.
///
/// If the file system does not support files without a name, the content has a name in the staging directory from the
/// start.
///
/// If the target has several hard links, its other names keep the old content: uv links installed files to its cache,
/// which nobody asked to change.
///
/// One thread writes; another one may commit many files together, after all writing threads are done.
final class AtomicWrite: @unchecked Sendable {
  /// As the caller named it; if it is a symbolic link, its target is replaced.
  let path: String
  /// The path without links.
  let target: String
  private var descriptor: Int32
  private let mode: mode_t
  private let previous: FileIdentity?
  /// The file whose attributes are copied, until they have been copied.
  private var model: MappedFile?
  private var isAnonymous: Bool
  private(set) var staged: Staged?
  /// Another output that this one should become a hard link of.
  private var original: AtomicWrite?
  private(set) var isCommitted = false
  /// Attributes of the replaced file that the new one lacks.
  private(set) var lost: [String] = []

  /// A complete file under a temporary name.
  struct Staged {
    var directory: StagingDirectory
    var name: String
    var slot: LiveTemporaries.Slot?
  }

  /// How files are written before they get their names.
  struct Staging: Sendable {
    /// Where the staging directory is if files cannot be anonymous; nil for the target's directory.
    var directory: String?
    var isAnonymous = true
  }

  /// Replaces a file that was read: same mode and attributes, and owner if the system allows it.
  convenience init(replacing file: MappedFile, _ staging: Staging = Staging()) throws(ScrubError) {
    try self.init(
      path: file.path, mode: file.identity.mode, previous: file.identity, model: file, staging)
  }

  /// Writes the result of `source` to another path with the same mode. Creates missing directories.
  /// - Parameter keepingMode: whether the result is the source under another name, and not a new file.
  /// - Throws: if `path` is the source itself.
  convenience init(
    to path: String, from source: MappedFile, keepingMode: Bool = false, _ staging: Staging = Staging()
  ) throws(ScrubError) {
    let existing = try FileIdentity(path: path)
    if let existing, existing.isSameFile(as: source.identity) {
      throw ScrubError("output is the input file itself", at: Place(path: path))
    }
    if existing == nil { try Self.makeDirectory(Self.split(path).directory) }
    let mode = keepingMode ? source.identity.mode : source.identity.mode & ~Self.mask
    try self.init(path: path, mode: mode, previous: nil, model: keepingMode ? source : nil, staging)
  }

  /// Creates a file whose content has no source, or replaces one; an existing file keeps its mode. The old content was
  /// not read, so a concurrent change is overwritten.
  convenience init(newAt path: String) throws(ScrubError) {
    let existing = try FileIdentity(path: path)
    try self.init(
      path: path, mode: existing?.mode ?? 0o666 & ~Self.mask, previous: nil, model: nil, Staging())
  }

  private init(
    path: String, mode: mode_t, previous: FileIdentity?, model: MappedFile?, _ staging: Staging
  ) throws(ScrubError) {
    self.path = path
    self.mode = mode & 0o7777
    self.previous = previous
    self.model = model
    target = try Self.resolve(path)
    let directory = Self.split(target).directory
    if staging.isAnonymous, OpenFiles.take() {
      let descriptor = unsafe open_anonymous(directory)
      if descriptor >= 0 {
        self.descriptor = descriptor
        isAnonymous = true
        return
      }
      let code = errno
      OpenFiles.giveBack()
      // Old kernels interpret the flag as that for a directory; others do not know it.
      guard [EOPNOTSUPP, EISDIR, EINVAL, ENOENT, EMFILE, ENFILE].contains(code) else {
        throw ScrubError.system("cannot be written", code, path: path)
      }
    }
    isAnonymous = false
    let place = try Self.stagingPlace(for: directory, staging)
    let staging: StagingDirectory
    do throws(ScrubError) { staging = try StagingDirectory.below(place) } catch {
      throw ScrubError(error.message, at: Place(path: path))
    }
    while true {
      let name = staging.freeName()
      let slot = LiveTemporaries.insert(DirectoryEntry.join(staging.path, name))
      let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
      let descriptor = unsafe openat(staging.descriptor, name, flags, 0o600)
      if descriptor >= 0 {
        self.descriptor = descriptor
        staged = Staged(directory: staging, name: name, slot: slot)
        return
      }
      let code = errno
      LiveTemporaries.remove(slot)
      if code != EEXIST { throw ScrubError.system("cannot be written", code, path: path) }
    }
  }

  /// A rename cannot cross file systems.
  private static func stagingPlace(for directory: String, _ staging: Staging) throws(ScrubError) -> String {
    guard let place = staging.directory, let own = try FileIdentity(path: directory),
      let other = try FileIdentity(path: place), own.device == other.device
    else { return directory }
    return try realPath(place)
  }

  deinit { discard() }

  func write(_ bytes: Bytes) throws(ScrubError) {
    let code = unsafe bytes.withUnsafeBytes { unsafe writeAll($0, to: descriptor) }
    if code != 0 { throw ScrubError.system("cannot be written", code, path: path) }
  }

  /// Copies a range of the source inside the kernel, if the file systems support that.
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
      // Other file systems, old kernels, sandboxes: write the mapped bytes instead.
      case EXDEV, EINVAL, ENOSYS, EOPNOTSUPP, EPERM:
        return try write(source.bytes[Int(position)..<range.upperBound])
      case let code: throw ScrubError.system("cannot be written", code, path: path)
      }
    }
  }

  /// Makes the written content that of the path.
  /// - Throws: also if the file to replace was changed since it was read; then nothing is replaced.
  func commit() throws(ScrubError) {
    do throws(ScrubError) { try finish() } catch {
      // Now, not when the last reference is released.
      discard()
      throw error
    }
  }

  /// Where the file is, or will be.
  var directory: String { Self.split(target).directory }

  /// Writes everything to the disk, with its attributes; only the name is missing then.
  /// - Parameter syncs: false if `WriteTransaction.flush` does this for many files at once.
  func prepare(syncs: Bool = true) throws(ScrubError) {
    if let model {
      guard let lost = FileAttributes.copy(from: model.descriptor, model.identity, to: descriptor) else {
        throw fail()
      }
      self.lost = lost
      self.model = nil
    } else {
      guard fchmod(descriptor, mode) == 0 else { throw fail() }
    }
    isPrepared = true
    guard !syncs || fsync(descriptor) == 0 else { throw fail() }
    // An anonymous file exists only while it is open.
    if !isAnonymous { try closeDescriptor() }
  }
  private var isPrepared = false

  /// - Throws: if the file to replace was changed since it was read.
  func checkTarget() throws(ScrubError) {
    if let previous, try FileIdentity(path: path) != previous {
      throw ScrubError("was changed by someone else while it was worked on", at: Place(path: path))
    }
  }

  private func finish() throws(ScrubError) {
    precondition(!isCommitted)
    if !isPrepared { try prepare() }
    try checkTarget()
    try LiveTemporaries.undisturbed { () throws(ScrubError) in
      try name(in: nil)
      try rename()
    }
    Self.syncDirectory(directory)
  }

  /// Gives a complete file a temporary name.
  /// - Parameter staging: nil for one in the target's directory, which is also used if this one is on another file
  ///   system.
  func name(in staging: StagingDirectory?) throws(ScrubError) {
    if staged != nil { return }
    var staging = staging
    while true {
      let directory: StagingDirectory
      if let staging { directory = staging } else { directory = try StagingDirectory.below(self.directory) }
      let name = directory.freeName()
      let result =
        if let other = original?.staged {
          unsafe linkat(other.directory.descriptor, other.name, directory.descriptor, name, 0)
        } else {
          unsafe name_anonymous(descriptor, directory.descriptor, name)
        }
      if result == 0 {
        staged = Staged(directory: directory, name: name, slot: nil)
        return try closeDescriptor()
      }
      switch errno {
      case EEXIST: continue
      case EXDEV where staging != nil: staging = nil
      default: throw fail()
      }
    }
  }

  /// The last step, for callers that did the others.
  func rename() throws(ScrubError) {
    guard let staged else { preconditionFailure("a file is renamed that has no name") }
    guard unsafe renameat(staged.directory.descriptor, staged.name, AT_FDCWD, target) == 0 else {
      throw fail()
    }
    isCommitted = true
    LiveTemporaries.remove(staged.slot)
    self.staged = nil
  }

  /// Makes this a hard link of another output, as their targets were, if the two are equal. Both are committed
  /// together, the other one first.
  func link(to other: AtomicWrite) throws(ScrubError) {
    guard try MappedFile.open(readablePath).bytes == MappedFile.open(other.readablePath).bytes else { return }
    original = other
    removeStaged()
    try closeDescriptor()
  }

  private var readablePath: String {
    staged.map { DirectoryEntry.join($0.directory.path, $0.name) } ?? "/proc/self/fd/\(descriptor)"
  }

  private func fail() -> ScrubError { ScrubError.system("cannot be written", errno, path: path) }

  /// Some file systems report a full disk only on close.
  private func closeDescriptor() throws(ScrubError) {
    if descriptor < 0 { return }
    let closed = close(descriptor)
    let code = errno
    descriptor = -1
    if isAnonymous { OpenFiles.giveBack() }
    isAnonymous = false
    if closed != 0 { throw ScrubError.system("cannot be written", code, path: path) }
  }

  private func removeStaged() {
    guard let staged else { return }
    _ = unsafe unlinkat(staged.directory.descriptor, staged.name, 0)
    LiveTemporaries.remove(staged.slot)
    self.staged = nil
  }

  private func discard() {
    try? closeDescriptor()
    removeStaged()
  }
}

/// How many files may be open and waiting: an anonymous file exists only while it is open.
private enum OpenFiles {
  private static let count = Atomic(0)

  /// The system's limit, raised as far as allowed, minus what everything else needs.
  private static let limit: Int = {
    // Without /proc an anonymous file cannot be given its name.
    if unsafe access("/proc/self/fd", F_OK) != 0 { return 0 }
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    let wanted = min(limit.rlim_max, 1 << 16)
    if limit.rlim_cur < wanted {
      let old = limit.rlim_cur
      limit.rlim_cur = wanted
      if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = old }
    }
    // Inputs are open too.
    return Int(limit.rlim_cur) / 2
  }()

  static func take() -> Bool {
    if count.add(1, ordering: .relaxed).newValue <= limit { return true }
    giveBack()
    return false
  }

  static func giveBack() { count.subtract(1, ordering: .relaxed) }
}
