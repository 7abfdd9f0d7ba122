import CZlib
import CZstd

/// Compression to exactly the bytes that CPython's zipfile writes: zlib, level 6, raw. A fixed wheel can then equal a
/// wheel that never leaked.
package enum Deflate {
  /// - Throws: if there is not enough memory.
  package static func raw(_ content: Bytes) throws(ScrubError) -> Bytes {
    var stream = unsafe z_stream()
    guard unsafe wheelscrub_deflate_init_raw(&stream, 6) == Z_OK else {
      throw ScrubError("not enough memory")
    }
    defer { _ = unsafe deflateEnd(&stream) }
    // The bound is never exceeded, so one buffer suffices; untouched pages cost nothing.
    let memory = try MallocBytes(claimed: UInt64(unsafe deflateBound(&stream, UInt(content.count))))
    let written = unsafe content.withUnsafeBytes { input in unsafe compress(&stream, input, into: memory) }
    guard let written else { throw ScrubError("zlib could not deflate \(content.count) bytes") }
    memory.shrink(to: written)
    return memory.finish()
  }

  /// The zlib format (RFC 1950), as in `SHF_COMPRESSED` and `.zdebug` sections.
  package static func zlib(_ content: Bytes) throws(ScrubError) -> Bytes {
    var written = compressBound(UInt(content.count))
    let memory = try MallocBytes(claimed: UInt64(written))
    let status = unsafe content.withUnsafeBytes { input in
      unsafe compress2(
        memory.base.assumingMemoryBound(to: UInt8.self), &written,
        input.baseAddress!.assumingMemoryBound(to: UInt8.self), UInt(input.count), 6)
    }
    guard status == Z_OK else { throw ScrubError("zlib could not deflate \(content.count) bytes") }
    memory.shrink(to: Int(written))
    return memory.finish()
  }

  /// One zstd frame (RFC 8878), level 3, one thread.
  package static func zstd(_ content: Bytes) throws(ScrubError) -> Bytes {
    let bound = ZSTD_compressBound(content.count)
    let memory = try MallocBytes(claimed: UInt64(bound))
    let written = unsafe content.withUnsafeBytes { input in
      unsafe ZSTD_compress(memory.base, bound, input.baseAddress, input.count, 3)
    }
    guard ZSTD_isError(written) == 0 else {
      throw ScrubError("zstd could not compress \(content.count) bytes")
    }
    memory.shrink(to: written)
    return memory.finish()
  }

  /// zlib counts in 32 bits: input and output are passed in windows.
  private static func compress(
    _ stream: inout z_stream, _ input: UnsafeRawBufferPointer, into memory: MallocBytes
  ) -> Int? {
    let window = Int(UInt32.max)
    var consumed = 0
    var written = 0
    while true {
      let inputWindow = min(window, input.count - consumed)
      let outputWindow = min(window, memory.count - written)
      unsafe stream.next_in = UnsafeMutablePointer(
        mutating: (input.baseAddress! + consumed).assumingMemoryBound(to: UInt8.self))
      unsafe stream.avail_in = UInt32(inputWindow)
      unsafe stream.next_out = (memory.base + written).assumingMemoryBound(to: UInt8.self)
      unsafe stream.avail_out = UInt32(outputWindow)
      let isLast = consumed + inputWindow == input.count
      let status = unsafe deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH)
      unsafe consumed += inputWindow - Int(stream.avail_in)
      unsafe written += outputWindow - Int(stream.avail_out)
      if status == Z_STREAM_END { return consumed == input.count ? written : nil }
      guard status == Z_OK, written < memory.count else { return nil }
    }
  }
}
