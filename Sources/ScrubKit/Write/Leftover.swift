import Formats
import Platform

/// Remains of an interrupted run: a staging directory whose lock no process holds.
///
/// A tree can come from anyone, and a directory in it can imitate one of these. So nothing is trusted unless it holds
/// the inode numbers of its location and of the files it names, and belongs to this user; every path is walked from its
/// directory without following links; and only names with our prefix are removed.
public struct Leftover: Hashable, Sendable {
  public let path: String

  /// Whether a directory is one of ours, in use or left over: checks its name and all names in it.
  static func isOne(_ path: String) -> Bool {
    guard StagingDirectory.isName(AtomicWrite.split(path).name), let identity = status(path) else {
      return false
    }
    return identity.isDirectory && hasOnlyOurs(path, identity)
  }

  /// Those in the directories above a path, which must be a real path: renames happen there.
  static func above(_ path: String, _ seen: inout Set<String>) -> [Leftover] {
    var found: [Leftover] = []
    var directory = path
    while seen.insert(directory).inserted {
      for name in InstallRoot.entries(of: directory) where StagingDirectory.isName(name) {
        let path = DirectoryEntry.join(directory, name)
        if isOne(path) { found.append(Leftover(path: path)) }
      }
      let parent = AtomicWrite.split(directory).directory
      if parent == directory { break }
      directory = parent
    }
    return found
  }

  /// Those in and above directories that results will be written to.
  public static func around(_ directories: some Sequence<String>) -> [Leftover] {
    var seen: Set<String> = []
    return directories.flatMap { (try? AtomicWrite.realPath($0)).map { above($0, &seen) } ?? [] }
  }

  /// Reports that it exists; nil if a run is using it.
  public func describe() -> FileReport? {
    guard let held = Held(path, waits: false) else { return nil }
    var report = FileReport(path: path)
    report.isAboutLeftover = true
    let what = held.journals().isEmpty ? "removes it" : "finishes what it has begun, and removes it"
    report.notes = [
      Note(
        held.isForeign
          ? "left by an interrupted run of another user, who has to run fix or to remove it"
          : "left by an interrupted run; the next fix \(what)", at: Place(path: path))
    ]
    return report
  }

  /// Finishes what was in progress and removes the rest; nil if a run is using it, or it is gone.
  public func recover() -> FileReport? {
    guard let held = Held(path, waits: true) else { return nil }
    guard !held.isForeign else { return describe() }
    var report = FileReport(path: path)
    report.isAboutLeftover = true
    var others: Set<String> = []
    for journal in held.journals() {
      let parent = unsafe open(AtomicWrite.split(path).directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard parent >= 0 else { return nil }
      defer { _ = close(parent) }
      let replay = Replay(base: parent, basePath: AtomicWrite.split(path).directory, journal: journal)
      let result = replay.run()
      others.formUnion(replay.otherDirectories(than: AtomicWrite.split(path).name))
      if result.done > 0 {
        report.notes.append(
          Note("finished what an interrupted run had begun: \(result.done) steps", at: Place(path: path)))
      }
      report.notes += result.skipped.map {
        Note("not finished after an interrupted run: changed by someone else since", at: Place(path: $0))
      }
    }
    let (count, error) = held.removeAll()
    if let error { report.errors.append(error) }
    report.notes.append(
      Note(
        "removed what an interrupted run had left: \(count) \(count == 1 ? "file" : "files")",
        at: Place(path: path)))
    for other in others.sorted() where Self.isOne(other) {
      if let more = Leftover(path: other).recover() {
        report.notes += more.notes
        report.errors += more.errors
      }
    }
    return report
  }

  fileprivate static func status(_ path: String) -> FileIdentity? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? FileIdentity(status) : nil
  }

  fileprivate static func hasOnlyOurs(_ path: String, _ identity: FileIdentity) -> Bool {
    let prefix = Array(StagingDirectory.prefix(identity.inode).utf8)
    guard let names = try? DirectoryEntry.names(in: path) else { return false }
    return names.allSatisfy { $0.starts(with: prefix) }
  }
}

/// A staging directory whose lock this process holds.
private final class Held {
  private let path: String
  private let descriptor: Int32
  private let identity: FileIdentity

  /// - Parameter waits: whether to wait for one whose renames are in progress, which takes moments.
  init?(_ path: String, waits: Bool) {
    self.path = path
    descriptor = unsafe open_directory(AT_FDCWD, path)
    var status = stat()
    guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0 else {
      identity = FileIdentity(status)
      if descriptor >= 0 { _ = close(descriptor) }
      return nil
    }
    identity = FileIdentity(status)
    let isLocked =
      flock(descriptor, LOCK_EX | LOCK_NB) == 0
      || (waits && !journals().isEmpty && flock(descriptor, LOCK_EX) == 0)
    // The previous holder may have removed it in the meantime.
    guard isLocked, Leftover.status(path).map({ $0.isSameFile(as: identity) }) == true,
      Leftover.hasOnlyOurs(path, identity)
    else {
      _ = close(descriptor)
      return nil
    }
  }

  deinit { _ = close(descriptor) }

  var isForeign: Bool { identity.owner != geteuid() }

  /// The complete journals: one for each commit that was in progress.
  func journals() -> [Journal] {
    let names = (try? DirectoryEntry.names(in: path)) ?? []
    return names.filter(Self.isJournal).compactMap { journal(String(decoding: $0, as: UTF8.self)) }
  }

  private static func isJournal(_ name: [UInt8]) -> Bool {
    name.suffix(StagingDirectory.journalSuffix.utf8.count).elementsEqual(StagingDirectory.journalSuffix.utf8)
  }

  private func journal(_ name: String) -> Journal? {
    let file = unsafe openat(descriptor, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else { return nil }
    // Takes ownership of the descriptor.
    guard let content = try? MappedFile(path: DirectoryEntry.join(path, name), descriptor: file),
      content.identity.owner == geteuid(), content.bytes.count <= Int(Limits.recordSize)
    else { return nil }
    return Journal(content.bytes)
  }

  /// Journals last, so that an interrupted removal can be restarted.
  func removeAll() -> (count: Int, error: ScrubError?) {
    let prefix = Array(StagingDirectory.prefix(identity.inode).utf8)
    var count = 0
    let names = (try? DirectoryEntry.names(in: path)) ?? []
    for name in names.filter({ !Self.isJournal($0) }) + names.filter(Self.isJournal)
    where name.starts(with: prefix) {
      let result = unsafe (name + [0]).withUnsafeBytes {
        unsafe unlinkat(descriptor, $0.baseAddress!.assumingMemoryBound(to: CChar.self), 0)
      }
      if result == 0 { count += 1 }
    }
    if unsafe rmdir(path) != 0, errno != ENOENT {
      return (count, ScrubError.system("cannot be removed", errno, path: path))
    }
    return (count, nil)
  }
}

/// Takes the remaining steps of a journal.
private struct Replay {
  /// The directory that its paths are relative to.
  let base: Int32
  let basePath: String
  let journal: Journal

  func run() -> (done: Int, skipped: [String]) {
    var done = 0
    var skipped: [String] = []
    for step in journal.steps {
      switch step {
      case .replace(let staged, let inode, let target, let before):
        guard let source = open(staged), source.isStaging,
          let identity = source.status(), identity.inode == inode, identity.isRegularFile,
          let place = open(target)
        else { continue }
        guard place.status().map(Journal.State.init) == before,
          unsafe renameat(source.directory, source.name, place.directory, place.name) == 0
        else {
          skipped.append(DirectoryEntry.join(basePath, target))
          continue
        }
        done += 1
      case .remove(let path, let before):
        guard let place = open(path), let identity = place.status() else { continue }
        guard identity.isRegularFile, Journal.State(identity) == before,
          unsafe unlinkat(place.directory, place.name, 0) == 0
        else {
          skipped.append(DirectoryEntry.join(basePath, path))
          continue
        }
        done += 1
        removeDirectory(of: path)
      case .time(let path, let before, let seconds):
        guard let place = open(path), let identity = place.status() else { continue }
        if identity.modifiedSeconds == Int(seconds), identity.modifiedNanoseconds == 0 { continue }
        let times = [timespec(tv_sec: 0, tv_nsec: utime_omit()), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
        guard identity.isRegularFile, Journal.State(identity) == before,
          unsafe utimensat(place.directory, place.name, times, AT_SYMLINK_NOFOLLOW) == 0
        else {
          skipped.append(DirectoryEntry.join(basePath, path))
          continue
        }
        done += 1
      }
    }
    return (done, skipped)
  }

  /// Other staging directories that the journal names, on other file systems below.
  func otherDirectories(than own: String) -> Set<String> {
    var found: Set<String> = []
    for case .replace(let staged, _, _, _) in journal.steps {
      let directory = AtomicWrite.split(staged).directory
      // A link in the path would lead elsewhere.
      if directory != own, open(staged)?.isStaging == true {
        found.insert(DirectoryEntry.join(basePath, directory))
      }
    }
    return found
  }

  /// The directory may have been one of two for the file; others may still need it.
  private func removeDirectory(of path: String) {
    let directory = AtomicWrite.split(path).directory
    if directory != ".", let place = open(directory) {
      _ = unsafe unlinkat(place.directory, place.name, AT_REMOVEDIR)
    }
  }

  /// A name in an open directory.
  private final class Located {
    let directory: Int32
    let name: String
    /// The name of the directory, unless it is the base.
    let directoryName: String?

    init(_ directory: Int32, _ name: String, _ directoryName: String?) {
      (self.directory, self.name, self.directoryName) = (directory, name, directoryName)
    }

    deinit { _ = close(directory) }

    func status() -> FileIdentity? {
      var status = stat()
      return unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? FileIdentity(status) : nil
    }

    /// Whether the name is one that a staging directory assigns, in such a directory of ours.
    var isStaging: Bool {
      var status = stat()
      guard let directoryName, StagingDirectory.isName(directoryName), unsafe fstat(directory, &status) == 0
      else {
        return false
      }
      return FileIdentity(status).owner == geteuid()
        && name.hasPrefix(StagingDirectory.prefix(UInt64(status.st_ino)))
    }
  }

  /// Walks without following links; nil if a directory is missing or not a directory.
  private func open(_ path: String) -> Located? {
    var directory = fcntl(base, F_DUPFD_CLOEXEC, 0)
    var parts = path.split(separator: "/").map(String.init)
    guard directory >= 0, let name = parts.popLast() else { return nil }
    for part in parts {
      let next = unsafe open_directory(directory, part)
      _ = close(directory)
      if next < 0 { return nil }
      directory = next
    }
    return Located(directory, name, parts.last)
  }
}
