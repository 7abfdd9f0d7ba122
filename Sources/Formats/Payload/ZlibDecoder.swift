import CZlib

/// Deflate streams: bare, or with the headers and checksums of zlib or gzip, which zlib verifies.
@safe package final class ZlibDecoder: StreamDecoder {
  package enum Wrapper: Int32 {
    /// RFC 1951.
    case raw = -15
    /// RFC 1950.
    case zlib = 15
    /// RFC 1952.
    case gzip = 31
  }

  package static let cost = 1
  private let wrapper: Wrapper
  /// zlib compares the stream's address with the one from initialization, so it must not move.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var isReady = false

  package init(_ wrapper: Wrapper) {
    self.wrapper = wrapper
    unsafe stream.initialize(to: z_stream())
  }

  deinit {
    if isReady { _ = unsafe inflateEnd(stream) }
    unsafe stream.deallocate()
  }

  package func begin() -> Bool {
    if isReady { return unsafe inflateReset(stream) == Z_OK }
    isReady = unsafe wheelscrub_inflate_init(stream, wrapper.rawValue) == Z_OK
    return isReady
  }

  package func step(_ input: Bytes, at consumed: Int, _ output: MallocBytes, at written: Int) -> DecoderStep {
    let status = unsafe input.withUnsafeBytes { buffer in
      let left = min(buffer.count - consumed, Int(UInt32.max))
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: buffer.assumingMemoryBound(to: UInt8.self).baseAddress! + consumed)
      unsafe stream.pointee.avail_in = UInt32(left)
      unsafe stream.pointee.next_out = output.base.assumingMemoryBound(to: UInt8.self) + written
      unsafe stream.pointee.avail_out = UInt32(min(output.count - written, Int(UInt32.max)))
      let room = unsafe (left, Int(stream.pointee.avail_out))
      let status = unsafe inflate(stream, Z_NO_FLUSH)
      return unsafe (
        code: status, read: room.0 - Int(stream.pointee.avail_in),
        filled: room.1 - Int(stream.pointee.avail_out)
      )
    }
    let state: DecoderStep.State =
      switch status.code {
      case Z_STREAM_END: .end
      case Z_OK, Z_BUF_ERROR: .more
      default: .damaged
      }
    return DecoderStep(consumed: status.read, written: status.filled, state: state)
  }
}
