import Formats
import Platform

extension MappedFile {
  /// - Throws: if the path names another file, or another state of it, than the one that was opened.
  func checkStillNamed() throws(ScrubError) {
    guard try FileIdentity(path: path) == identity else {
      throw ScrubError("was changed by someone else while it was worked on", at: Place(path: path))
    }
  }

  /// Removes the name: the file has another one now.
  func remove() throws(ScrubError) {
    try checkStillNamed()
    guard unsafe unlink(path) == 0 else { throw ScrubError.system("cannot be removed", errno, path: path) }
    // The directory may have been one of two for the file; others may still need it.
    _ = unsafe rmdir(AtomicWrite.split(path).directory)
  }
}
