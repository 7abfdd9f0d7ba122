package import Platform

/// What distinguishes one file, and one state of it, from another: `stat(2)`.
package struct FileIdentity: Hashable, Sendable {
  package var device: UInt64
  package var inode: UInt64
  /// Size in bytes.
  package var size: Int64
  package var modifiedSeconds: Int
  package var modifiedNanoseconds: Int
  /// Type and permission bits, `st_mode`.
  package var mode: mode_t
  package var owner: uid_t
  package var group: gid_t

  package init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modifiedSeconds = status.st_mtim.tv_sec
    modifiedNanoseconds = status.st_mtim.tv_nsec
    mode = status.st_mode
    owner = status.st_uid
    group = status.st_gid
  }

  /// Follows symbolic links. Nil if there is no such file; other failures are errors.
  package init?(path: String) throws(ScrubError) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      let code = errno
      if code == ENOENT { return nil }
      throw ScrubError.system("cannot be read", code, path: path)
    }
    self.init(status)
  }

  package var isRegularFile: Bool { mode & S_IFMT == S_IFREG }
  package var isDirectory: Bool { mode & S_IFMT == S_IFDIR }
  /// Only meaningful for the result of `lstat`.
  package var isLink: Bool { mode & S_IFMT == S_IFLNK }

  /// Identifies a file across all of its hard links.
  package struct Inode: Hashable, Sendable {
    package var device: UInt64
    package var inode: UInt64
  }

  package var inodeKey: Inode { Inode(device: device, inode: inode) }

  /// Whether both are the same file, regardless of changes to its content.
  package func isSameFile(as other: FileIdentity) -> Bool { device == other.device && inode == other.inode }

  /// The type of the file, for messages.
  package var kind: String {
    switch mode & S_IFMT {
    case S_IFREG: "a regular file"
    case S_IFDIR: "a directory"
    case S_IFIFO: "a named pipe"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }
}

extension ScrubError {
  /// A failed system call: what failed, and the system's reason.
  package static func system(_ message: String, _ code: Int32, path: String) -> ScrubError {
    let reason = unsafe String(cString: strerror(code))
    return ScrubError(
      "\(message): \(reason.prefix(1).lowercased())\(reason.dropFirst())", at: Place(path: path))
  }
}
