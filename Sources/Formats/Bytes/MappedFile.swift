import Platform

/// A regular file, mapped read-only and private, or copied if it is small. `bytes` keep the memory alive, so slices may
/// outlive this value.
///
/// Reading a page that another process has truncated raises SIGBUS, which no check can prevent. `checkUnchanged`
/// detects earlier changes; for the rest, the handler of `LiveTemporaries` removes partial output, so the process dies
/// without leaving a trace in the file system, and the original is unchanged.
package struct MappedFile: Sendable {
  package let path: String
  package let identity: FileIdentity
  package let bytes: Bytes
  private let mapping: Mapping

  /// - Throws: if the path cannot be opened, or is a directory, pipe, socket or device (never blocks).
  package static func open(_ path: String) throws(ScrubError) -> MappedFile {
    // Opening a device can have side effects (a tape rewinds), so check first, and check again afterwards.
    guard let before = try FileIdentity(path: path) else {
      throw ScrubError.system("cannot be opened", ENOENT, path: path)
    }
    try needRegular(before, path)
    let descriptor = unsafe Platform.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw ScrubError.system("cannot be opened", errno, path: path) }
    return try MappedFile(path: path, descriptor: descriptor)
  }

  /// Takes ownership of the descriptor.
  package init(path: String, descriptor: Int32) throws(ScrubError) {
    let mapping = Mapping(descriptor: descriptor)
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw ScrubError.system("cannot be read", errno, path: path)
    }
    let identity = FileIdentity(status)
    try Self.needRegular(identity, path)
    self.path = path
    self.identity = identity
    self.mapping = mapping
    if identity.size <= Self.copiedSize {
      bytes = try Self.copy(Int(identity.size), of: descriptor, path)
    } else {
      guard mapping.map(Int(identity.size)) else {
        throw ScrubError.system("cannot be mapped", errno, path: path)
      }
      Memory.didOpen(Int(identity.size))
      bytes = mapping.bytes
    }
  }

  /// Up to this size, copying takes less time than mapping and unmapping, which stops the other threads each time.
  private static let copiedSize: UInt64 = 1 << 17

  private static func copy(_ count: Int, of descriptor: Int32, _ path: String) throws(ScrubError) -> Bytes {
    let memory = HeapBytes(count: count)
    var position = 0
    while position < count {
      let read = unsafe pread(descriptor, memory.base + position, count - position, off_t(position))
      if read < 0, errno == EINTR { continue }
      guard read >= 0 else { throw ScrubError.system("cannot be read", errno, path: path) }
      guard read > 0 else {
        throw ScrubError("was changed by someone else while it was read", at: Place(path: path))
      }
      position += read
    }
    return memory.finish()
  }

  private static func needRegular(_ identity: FileIdentity, _ path: String) throws(ScrubError) {
    guard identity.isRegularFile else {
      throw ScrubError("needs a regular file, is \(identity.kind)", at: Place(path: path))
    }
  }

  /// For copy_file_range; open as long as this value lives.
  package var descriptor: Int32 { mapping.descriptor }

  /// Releases the memory of pages that were read; reading them again gets them from the system's cache.
  package func releasePages() { mapping.releasePages() }

  /// - Throws: if the file behind the mapping was modified or truncated since it was opened.
  package func checkUnchanged() throws(ScrubError) {
    var status = stat()
    guard unsafe fstat(mapping.descriptor, &status) == 0 else {
      throw ScrubError.system("cannot be read", errno, path: path)
    }
    let now = FileIdentity(status)
    guard now.size == identity.size, now.modifiedSeconds == identity.modifiedSeconds,
      now.modifiedNanoseconds == identity.modifiedNanoseconds
    else { throw ScrubError("was changed by someone else while it was read", at: Place(path: path)) }
  }
}

/// The descriptor and the mapped pages, released with their last user.
@safe private final class Mapping: ByteOwner, @unchecked Sendable {
  let descriptor: Int32
  private var base: UnsafeMutableRawPointer?
  private var count = 0

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Called once, before the object is shared.
  func map(_ count: Int) -> Bool {
    // mmap rejects a length of zero.
    if count == 0 { return true }
    guard let base = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), unsafe base != MAP_FAILED
    else {
      return false
    }
    unsafe self.base = base
    self.count = count
    return true
  }

  var bytes: Bytes { unsafe Bytes(owner: self, base: UnsafeRawPointer(base), count: count) }

  func releasePages() {
    if let base = unsafe base { _ = unsafe madvise(base, count, MADV_DONTNEED) }
  }

  deinit {
    if let base = unsafe base { _ = unsafe munmap(base, count) }
    _ = close(descriptor)
  }
}
