import CBzip2

/// bzip2 streams; libbz2 verifies the checksums of every block and of the whole.
@safe package final class Bzip2Decoder: StreamDecoder {
  package static let cost = 8
  private let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
  private var isReady = false

  package init() { unsafe stream.initialize(to: bz_stream()) }

  deinit {
    if isReady { _ = unsafe BZ2_bzDecompressEnd(stream) }
    unsafe stream.deallocate()
  }

  package func begin() -> Bool {
    if isReady { _ = unsafe BZ2_bzDecompressEnd(stream) }
    unsafe stream.pointee = bz_stream()
    isReady = unsafe BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK
    return isReady
  }

  package func step(_ input: Bytes, at consumed: Int, _ output: MallocBytes, at written: Int) -> DecoderStep {
    let result = unsafe input.withUnsafeBytes { buffer in
      let left = min(buffer.count - consumed, Int(UInt32.max))
      let room = min(output.count - written, Int(UInt32.max))
      unsafe stream.pointee.next_in = UnsafeMutablePointer(
        mutating: buffer.assumingMemoryBound(to: CChar.self).baseAddress! + consumed)
      unsafe stream.pointee.avail_in = UInt32(left)
      unsafe stream.pointee.next_out = output.base.assumingMemoryBound(to: CChar.self) + written
      unsafe stream.pointee.avail_out = UInt32(room)
      let code = unsafe BZ2_bzDecompress(stream)
      return unsafe (
        code: code, read: left - Int(stream.pointee.avail_in), filled: room - Int(stream.pointee.avail_out)
      )
    }
    let state: DecoderStep.State =
      switch result.code {
      case BZ_STREAM_END: .end
      case BZ_OK: .more
      default: .damaged
      }
    return DecoderStep(consumed: result.read, written: result.filled, state: state)
  }
}
