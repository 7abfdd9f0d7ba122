import CLz4

/// Frames of the LZ4 frame format 1.6.3.
@safe package final class Lz4Decoder: StreamDecoder {
  package static let cost = 1
  private let context: OpaquePointer?

  package init() {
    var context: OpaquePointer?
    let status = unsafe LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    unsafe self.context = LZ4F_isError(status) == 0 ? context : nil
  }

  deinit { _ = unsafe LZ4F_freeDecompressionContext(context) }

  package func begin() -> Bool {
    guard let context = unsafe context else { return false }
    unsafe LZ4F_resetDecompressionContext(context)
    return true
  }

  package func step(_ input: Bytes, at consumed: Int, _ output: MallocBytes, at written: Int) -> DecoderStep {
    var read = input.count - consumed
    var filled = output.count - written
    let status = unsafe input.withUnsafeBytes { buffer in
      unsafe LZ4F_decompress(
        context, output.base + written, &filled, buffer.baseAddress! + consumed, &read, nil)
    }
    if LZ4F_isError(status) != 0 { return DecoderStep(consumed: 0, written: 0, state: .damaged) }
    return DecoderStep(consumed: read, written: filled, state: status == 0 ? .end : .more)
  }

  /// Whether a header with a valid checksum says that the frame needs a dictionary, which is not available here.
  package func needsDictionary(_ input: Bytes) -> Bool {
    guard begin(), let context = unsafe context else { return false }
    var info = LZ4F_frameInfo_t()
    var size = input.count
    let status = unsafe input.withUnsafeBytes { buffer in
      unsafe LZ4F_getFrameInfo(context, &info, buffer.baseAddress, &size)
    }
    return LZ4F_isError(status) == 0 && info.dictID != 0
  }

  /// A bare block (the LZ4 block format), whose sizes are stored elsewhere; nil if it does not decode to exactly `size`
  /// bytes.
  package static func block(_ input: Bytes, size: Int) -> Bytes? {
    guard input.count <= Int32.max, size <= Int32.max, let memory = try? MallocBytes(claimed: UInt64(size))
    else { return nil }
    let written = unsafe input.withUnsafeBytes { buffer in
      unsafe LZ4_decompress_safe(
        buffer.assumingMemoryBound(to: CChar.self).baseAddress!,
        memory.base.assumingMemoryBound(to: CChar.self), Int32(buffer.count), Int32(size))
    }
    return Int(written) == size ? memory.finish() : nil
  }
}
