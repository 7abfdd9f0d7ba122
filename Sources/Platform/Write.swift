/// Writes all bytes, however many the system accepts per call.
/// - Returns: 0, or the error number.
package func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
  var position = 0
  while position < bytes.count {
    let count = unsafe write(
      descriptor, bytes.baseAddress! + position, min(bytes.count - position, 1 << 30))
    if count > 0 {
      position += count
    } else if count == 0 {
      return ENOSPC
    } else if errno != EINTR {
      return errno
    }
  }
  return 0
}
