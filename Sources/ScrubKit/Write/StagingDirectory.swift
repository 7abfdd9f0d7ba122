import Formats
import Platform
import Synchronization

/// A hidden directory for complete files that wait for their rename. It exists for the moment of the rename; if the
/// file system has no anonymous files (`O_TMPFILE`), for as long as they are written.
///
/// Its lock tells whether it is in use: the kernel releases it with the process. Every name in it begins with the
/// directory's inode number, which whoever packs an archive cannot know: so a directory that came with a tree is never
/// mistaken for one of ours.
final class StagingDirectory: @unchecked Sendable {
  let parent: String
  let name: String
  let descriptor: Int32
  private let inode: UInt64
  private let slot: LiveTemporaries.Slot?
  private let count = Atomic(0)

  var path: String { DirectoryEntry.join(parent, name) }

  private init(in parent: String) throws(ScrubError) {
    // A cleanup may remove a new directory before it is locked.
    for _ in 0..<100 {
      let name = Self.start + Self.randomSuffix()
      let path = DirectoryEntry.join(parent, name)
      let slot = LiveTemporaries.insert(path)
      guard unsafe mkdir(path, 0o700) == 0 else {
        let code = errno
        LiveTemporaries.remove(slot)
        if code == EEXIST { continue }
        throw ScrubError.system("cannot be written", code, path: parent)
      }
      let descriptor = unsafe open_directory(AT_FDCWD, path)
      var (held, named) = (stat(), stat())
      if descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0,
        unsafe fstat(descriptor, &held) == 0, unsafe lstat(path, &named) == 0, held.st_ino == named.st_ino
      {
        self.parent = parent
        self.name = name
        self.descriptor = descriptor
        inode = UInt64(held.st_ino)
        self.slot = slot
        return
      }
      let code = errno
      if descriptor >= 0 { _ = close(descriptor) }
      _ = unsafe rmdir(path)
      LiveTemporaries.remove(slot)
      if [EMFILE, ENFILE, ENOLCK, EACCES].contains(code) {
        throw ScrubError.system("cannot be written", code, path: parent)
      }
    }
    throw ScrubError("cannot be written: others remove what is made in it", at: Place(path: parent))
  }

  deinit {
    _ = unsafe rmdir(path)
    _ = close(descriptor)
    LiveTemporaries.remove(slot)
  }

  /// A name that is not used in it.
  func freeName() -> String {
    "\(Self.prefix(inode))\(count.add(1, ordering: .relaxed).newValue)"
  }

  /// A name for a journal: each commit has its own, and several can be in progress in one directory.
  func freeJournalName() -> String { freeName() + Self.journalSuffix }

  /// The suffix of journal names.
  static let journalSuffix = "-journal"

  /// The prefix of names in it.
  static func prefix(_ inode: UInt64) -> String { "\(String(inode, radix: 16))-" }

  // MARK: Names

  private static let start = ".wheelscrub-"
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz0123456789")
  private static let suffixLength = 12

  /// Whether a name looks like one of these; `Leftover` examines the directory itself.
  static func isName(_ name: some StringProtocol) -> Bool {
    name.utf8.count == start.utf8.count + suffixLength && name.hasPrefix(start)
      && name.dropFirst(start.count).allSatisfy { alphabet.contains($0) }
  }

  private static func randomSuffix() -> String {
    // The name is gone before anything could compare runs, so randomness does not affect reproducibility. A single
    // draw, because each is a system call.
    var number = UInt64.random(in: .min ... .max)
    return String(
      (0..<suffixLength).map { _ in
        defer { number /= UInt64(alphabet.count) }
        return alphabet[Int(number % UInt64(alphabet.count))]
      })
  }

  // MARK: In use

  private struct Weak { weak var directory: StagingDirectory? }

  /// By real path of the parent: files of one directory share one.
  private static let inUse = Mutex<[String: Weak]>([:])

  /// The one below this directory; it is removed with its last user.
  static func below(_ directory: String) throws(ScrubError) -> StagingDirectory {
    try inUse.withLock { inUse throws(ScrubError) in
      if let known = inUse[directory]?.directory { return known }
      let new = try StagingDirectory(in: directory)
      if inUse.count > 1000 { inUse = inUse.filter { $0.value.directory != nil } }
      inUse[directory] = Weak(directory: new)
      return new
    }
  }
}
