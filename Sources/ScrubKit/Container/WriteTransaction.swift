import CLinux
import Glibc

/// Files that get their new content together: everything is on the disk before the first name changes, so that
/// whatever fails until then leaves all of them as they were.
///
/// Between the first and the last rename a crash can leave some names with new and some with old content; no file
/// system offers more.
struct WriteTransaction {
  private(set) var outputs: [AtomicWrite] = []

  /// - Parameter output: everything written, `prepare` called.
  mutating func add(_ output: AtomicWrite) { outputs.append(output) }

  /// Brings all content onto the disk, for each file system once: a thousand times `fsync` takes seconds.
  static func flush(_ transactions: [WriteTransaction]) throws(ScrubError) {
    var directories: Set<String> = []
    var devices: Set<UInt64> = []
    for directory in transactions.lazy.flatMap(\.outputs).map(\.directory)
    where directories.insert(directory).inserted {
      guard let identity = try FileIdentity(path: directory), devices.insert(identity.device).inserted else {
        continue
      }
      let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { throw ScrubError.system("cannot be opened", errno, path: directory) }
      let result = syncfs(descriptor)
      let code = errno
      _ = close(descriptor)
      guard result == 0 else { throw ScrubError.system("cannot be written", code, path: directory) }
    }
  }

  /// Gives all of them their names; `flush` brings those onto the disk too.
  /// - Throws: where one of the files to replace was changed since it was read; nothing is renamed then.
  func commit() throws(ScrubError) {
    for output in outputs { try output.checkTarget() }
    for output in outputs { try output.rename() }
  }
}
