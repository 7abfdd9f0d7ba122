import Formats
import Platform

/// A modification time to set, in whole seconds.
struct ModificationTime: Sendable {
  var path: String
  /// Since 1970.
  var seconds: Int64

  /// - Throws: if the system refuses; the content is unchanged.
  func set() throws(ScrubError) {
    let time = timespec(tv_sec: Int(seconds), tv_nsec: 0)
    // The access time is left unchanged.
    let times = [timespec(tv_sec: 0, tv_nsec: utime_omit()), time]
    guard unsafe utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) == 0 else {
      throw ScrubError.system("time cannot be set", errno, path: path)
    }
  }
}
