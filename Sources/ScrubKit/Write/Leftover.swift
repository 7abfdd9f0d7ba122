import Formats
import Platform

/// What an interrupted run left: a staging directory that no process holds the lock of.
///
/// A tree can come from anybody, and a directory in it can look like one of these. So nothing is believed that does not
/// hold the inode numbers of what it lies in and names, or that belongs to another user; every path is walked from the
/// directory that it lies in, without following a link; and only names are removed that begin as ours do.
public struct Leftover: Hashable, Sendable {
  public let path: String

  /// Whether a directory is one of ours, in use or left: the name, and all names in it.
  static func isOne(_ path: String) -> Bool {
    guard StagingDirectory.isName(AtomicWrite.split(path).name), let identity = status(path) else {
      return false
    }
    return identity.isDirectory && hasOnlyOurs(path, identity)
  }

  /// Those in the directories above a path, which must be real: names change from there.
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

  /// Says that it is there; nil where a run is using it.
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

  /// Finishes what was under way and removes the rest; nil where a run is using it, or it is gone.
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

/// A staging directory whose lock we have.
private final class Held {
  private let path: String
  private let descriptor: Int32
  private let identity: FileIdentity

  /// - Parameter waits: for one whose renames are under way, which take moments.
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
    // Whoever had it has removed it in the meantime.
    guard isLocked, Leftover.status(path).map({ $0.isSameFile(as: identity) }) == true,
      Leftover.hasOnlyOurs(path, identity)
    else {
      _ = close(descriptor)
      return nil
    }
  }

  deinit { _ = close(descriptor) }

  var isForeign: Bool { identity.owner != geteuid() }

  /// Those that were written to their end: one for each commit that was under way.
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
    // Takes the descriptor over.
    guard let content = try? MappedFile(path: DirectoryEntry.join(path, name), descriptor: file),
      content.identity.owner == geteuid(), content.bytes.count <= Int(Limits.recordSize)
    else { return nil }
    return Journal(content.bytes)
  }

  /// Journals last, so that whoever is interrupted here begins anew.
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

/// Takes the steps of a journal that were not taken.
private struct Replay {
  /// What its paths are relative to.
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
      // A link on the way would lead elsewhere.
      if directory != own, open(staged)?.isStaging == true {
        found.insert(DirectoryEntry.join(basePath, directory))
      }
    }
    return found
  }

  /// The directory was one of a file's two; others may still need it.
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
    /// Of the directory, where it is not the base.
    let directoryName: String?

    init(_ directory: Int32, _ name: String, _ directoryName: String?) {
      (self.directory, self.name, self.directoryName) = (directory, name, directoryName)
    }

    deinit { _ = close(directory) }

    func status() -> FileIdentity? {
      var status = stat()
      return unsafe fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? FileIdentity(status) : nil
    }

    /// Whether the name is one that a staging directory gives, in such a directory of ours.
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

  /// Walks without following a link; nil where a directory is missing or none.
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
