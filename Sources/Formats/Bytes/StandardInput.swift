import Platform

extension MappedFile {
  /// The whole content of a stream, read into memory that behaves like a file: named `-`.
  /// - Parameter limit: maximum size in bytes.
  /// - Throws: if the system refuses, or the stream is longer.
  package static func reading(_ input: Int32, limit: UInt64 = Limits.memberSize) throws(ScrubError)
    -> MappedFile
  {
    // MFD_CLOEXEC.
    let output = unsafe memfd_create("wheelscrub", 1)
    guard output >= 0 else { throw ScrubError.system("cannot be read", errno, path: "-") }
    do throws(ScrubError) { try copy(input, to: output, limit) } catch {
      close(output)
      throw error
    }
    return try MappedFile(path: "-", descriptor: output)
  }

  private static func copy(_ input: Int32, to output: Int32, _ limit: UInt64) throws(ScrubError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var total: UInt64 = 0
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(input, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw ScrubError.system("cannot be read", errno, path: "-") }
      if count == 0 { return }
      total += UInt64(count)
      guard total <= limit else {
        throw ScrubError("has more than \(limit) bytes", at: Place(path: "-"))
      }
      let error = unsafe buffer.withUnsafeBytes { bytes in
        unsafe writeAll(UnsafeRawBufferPointer(rebasing: bytes[..<count]), to: output)
      }
      guard error == 0 else { throw ScrubError.system("cannot be read", error, path: "-") }
    }
  }
}
