import Formats
import Platform

/// Prevents other runs from accessing what one run reads and will replace. The second run waits, and then finds nothing
/// to do. The kernel releases the locks with the process.
///
/// Install roots are locked before any file, all those of a run in the order of their inodes, and so are the files of a
/// group: therefore there is no deadlock.
public final class WriteLock: Sendable {
  private let descriptors: [Int32]
  /// Whether another run held one of the locks: what was known about the files may no longer be true.
  public let hasWaited: Bool

  /// - Parameter paths: files or directories. A path that cannot be opened is not locked; whoever reads it reports the
  ///   error.
  public init(_ paths: [String]) {
    var hasWaited = false
    while true {
      let held = Self.lock(paths, &hasWaited)
      // The previous holder may have put another file there.
      let isCurrent = held.allSatisfy { (try? FileIdentity(path: $0.path))??.inodeKey == $0.key }
      if isCurrent {
        descriptors = held.map(\.descriptor)
        self.hasWaited = hasWaited
        return
      }
      for file in held { _ = close(file.descriptor) }
    }
  }

  /// Locks the install roots of these files.
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
      // Opening a device can have side effects, so check first.
      guard let known = try? FileIdentity(path: path), known.isRegularFile || known.isDirectory else {
        continue
      }
      let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
      var status = stat()
      guard descriptor >= 0 else { continue }
      guard unsafe fstat(descriptor, &status) == 0, seen.insert(FileIdentity(status).inodeKey).inserted else {
        // Another name of the same file: a second lock in this process would wait for the first.
        _ = close(descriptor)
        continue
      }
      held.append(Held(path: path, key: FileIdentity(status).inodeKey, descriptor: descriptor))
    }
    held.sort { ($0.key.device, $0.key.inode) < ($1.key.device, $1.key.inode) }
    for file in held {
      // Some network file systems have no locks; concurrent changes are detected before the rename.
      if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { continue }
      hasWaited = true
      while flock(file.descriptor, LOCK_EX) != 0, errno == EINTR {}
    }
    return held
  }
}
