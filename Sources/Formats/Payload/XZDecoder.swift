import CLzma

/// Streams of the .xz file format 1.1.0.
@safe package final class XZDecoder: StreamDecoder {
  package static let cost = 4
  private let stream = UnsafeMutablePointer<lzma_stream>.allocate(capacity: 1)

  package init() { unsafe stream.initialize(to: lzma_stream()) }

  deinit {
    unsafe lzma_end(stream)
    unsafe stream.deallocate()
  }

  package func begin() -> Bool { unsafe lzma_stream_decoder(stream, Limits.xzMemory, 0) == LZMA_OK }

  package func step(_ input: Bytes, at consumed: Int, _ output: MallocBytes, at written: Int) -> DecoderStep {
    let result = unsafe input.withUnsafeBytes { buffer in
      unsafe stream.pointee.next_in = buffer.assumingMemoryBound(to: UInt8.self).baseAddress! + consumed
      unsafe stream.pointee.avail_in = buffer.count - consumed
      unsafe stream.pointee.next_out = output.base.assumingMemoryBound(to: UInt8.self) + written
      unsafe stream.pointee.avail_out = output.count - written
      let code = unsafe lzma_code(stream, LZMA_RUN)
      return unsafe (
        code: code, read: buffer.count - consumed - stream.pointee.avail_in,
        filled: output.count - written - stream.pointee.avail_out
      )
    }
    let state: DecoderStep.State =
      switch result.code {
      case LZMA_STREAM_END: .end
      case LZMA_OK, LZMA_BUF_ERROR: .more
      case LZMA_MEMLIMIT_ERROR: .refused
      default: .damaged
      }
    return DecoderStep(consumed: result.read, written: result.filled, state: state)
  }
}
