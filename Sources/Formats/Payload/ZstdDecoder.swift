import CZstd

/// Zstandard frames (RFC 8878).
@safe package final class ZstdDecoder: StreamDecoder {
  package static let cost = 1
  private let stream = unsafe ZSTD_createDStream()

  package init() {}

  deinit { _ = unsafe ZSTD_freeDStream(stream) }

  package func begin() -> Bool {
    // zstd itself refuses windows above 128 MiB, as the specification recommends.
    guard let stream = unsafe stream else { return false }
    return unsafe ZSTD_isError(ZSTD_DCtx_reset(stream, ZSTD_reset_session_only)) == 0
  }

  package func step(_ input: Bytes, at consumed: Int, _ output: MallocBytes, at written: Int) -> DecoderStep {
    guard let stream = unsafe stream else { return DecoderStep(consumed: 0, written: 0, state: .damaged) }
    return unsafe input.withUnsafeBytes { buffer in
      var source = unsafe ZSTD_inBuffer(src: buffer.baseAddress, size: buffer.count, pos: consumed)
      var target = unsafe ZSTD_outBuffer(dst: output.base, size: output.count, pos: written)
      let status = unsafe ZSTD_decompressStream(stream, &target, &source)
      let state: DecoderStep.State =
        switch status {
        case 0: .end
        case _ where ZSTD_isError(status) == 0: .more
        case _ where ZSTD_getErrorCode(status) == ZSTD_error_frameParameter_windowTooLarge: .refused
        default: .damaged
        }
      return unsafe DecoderStep(consumed: source.pos - consumed, written: target.pos - written, state: state)
    }
  }

  /// The length of the frame at the beginning of `input`, from the headers of its blocks; nil if they are invalid.
  package static func frameSize(_ input: Bytes) -> Int? {
    let size = unsafe input.withUnsafeBytes { unsafe ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
    return ZSTD_isError(size) == 0 ? size : nil
  }

  /// Whether the frame says that it needs a dictionary, which is not available here.
  package static func needsDictionary(_ input: Bytes) -> Bool {
    unsafe input.withUnsafeBytes { unsafe ZSTD_getDictID_fromFrame($0.baseAddress, $0.count) } != 0
  }
}
