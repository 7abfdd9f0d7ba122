import Formats
import Platform

/// Keeps other runs away from what one run reads and will replace. The second waits, and then finds nothing to do. The
/// kernel drops the locks with the process.
///
/// Directories that distributions are installed in are locked before any file, all of a run in the order of their inodes,
/// and so are the files of a group: nobody ever waits for who waits for him.
public final class WriteLock: Sendable {
  private let descriptors: [Int32]
  /// Whether another run had one of them: what was known of the files may be true no more.
  public let hasWaited: Bool

  /// - Parameter paths: files or directories. What cannot be opened is not locked: whoever reads it will say why.
  public init(_ paths: [String]) {
    var hasWaited = false
    while true {
      let held = Self.lock(paths, &hasWaited)
      // Whoever had the lock may have put another file there.
      let isCurrent = held.allSatisfy { (try? FileIdentity(path: $0.path))??.inodeKey == $0.key }
      if isCurrent {
        descriptors = held.map(\.descriptor)
        self.hasWaited = hasWaited
        return
      }
      for file in held { _ = close(file.descriptor) }
    }
  }

  /// The directories that distributions with these files are installed in.
  public static func onDistributions(of files: [InputFile]) -> WriteLock {
    WriteLock(Set(files.compactMap(\.installRoot) + OutsideFiles(files).roots).sorted())
  }

  deinit { for descriptor in descriptors { _ = close(descriptor) } }

  private struct Held {
    var path: String
    var key: FileIdentity.Inode
    var descriptor: Int32
  }

  private static func lock(_ paths: [String], _ hasWaited: inout Bool) -> [Held] {
    var held: [Held] = []
    var seen: Set<FileIdentity.Inode> = []
    for path in paths {
      // Opening a device can have effects, so look first.
      guard let known = try? FileIdentity(path: path), known.isRegularFile || known.isDirectory else {
        continue
      }
      let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
      var status = stat()
      guard descriptor >= 0 else { continue }
      guard unsafe fstat(descriptor, &status) == 0, seen.insert(FileIdentity(status).inodeKey).inserted else {
        // Another name of the same file: two locks of one process would wait for each other.
        _ = close(descriptor)
        continue
      }
      held.append(Held(path: path, key: FileIdentity(status).inodeKey, descriptor: descriptor))
    }
    held.sort { ($0.key.device, $0.key.inode) < ($1.key.device, $1.key.inode) }
    for file in held {
      // Some network file systems have no locks; a change by others is noticed before the rename.
      if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { continue }
      hasWaited = true
      while flock(file.descriptor, LOCK_EX) != 0, errno == EINTR {}
    }
    return held
  }
}
