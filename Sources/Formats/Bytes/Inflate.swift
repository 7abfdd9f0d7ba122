import CDeflate
import CZlib
import CZstd
import Platform

/// Decompression into memory of a known size. The size a file claims is bounded before anything is allocated,
/// and the result has exactly that size.
package enum Inflate {
  /// A raw deflate stream (RFC 1951): a zip member.
  /// - Throws: if size, ratio, end of stream or CRC-32 is not as claimed.
  package static func raw(_ compressed: Bytes, size: UInt64, crc: UInt32) throws(ScrubError) -> Bytes {
    try checkClaim(compressed, size: size, ratio: Limits.compressionRatio, limit: Limits.memberSize)
    let result = try unsafe run(compressed, size: size, libdeflate_deflate_decompress_ex)
    let sum = crc32(result)
    guard sum == crc else { throw ScrubError("needs CRC-32 \(hex(crc)), content has \(hex(sum))") }
    return result
  }

  /// A zlib stream (RFC 1950): an ELF section with `ELFCOMPRESS_ZLIB`. Its Adler-32 is checked.
  package static func zlib(_ compressed: Bytes, size: UInt64) throws(ScrubError) -> Bytes {
    try checkClaim(compressed, size: size, ratio: Limits.compressionRatio, limit: Limits.sectionSize)
    return try unsafe run(compressed, size: size, libdeflate_zlib_decompress_ex)
  }

  /// One or more zstd frames (RFC 8878): an ELF section with `ELFCOMPRESS_ZSTD`.
  package static func zstd(_ compressed: Bytes, size: UInt64) throws(ScrubError) -> Bytes {
    try checkClaim(compressed, size: size, ratio: Limits.zstdRatio, limit: Limits.sectionSize)
    let memory = try MallocBytes(claimed: size)
    let written = unsafe compressed.withUnsafeBytes { input in
      unsafe ZSTD_decompress(memory.base, memory.count, input.baseAddress, input.count)
    }
    guard ZSTD_isError(written) == 0 else {
      throw ScrubError("zstd data is damaged: \(unsafe String(cString: ZSTD_getErrorName(written)))")
    }
    guard UInt64(written) == size else {
      throw ScrubError("needs \(size) inflated bytes, zstd data has \(written)")
    }
    return memory.finish()
  }

  /// The first bytes of a raw deflate stream, at most `count`, without inflating the rest. Uses streaming zlib, because
  /// libdeflate guarantees nothing about a buffer that is too small.
  package static func prefix(_ compressed: Bytes, count: Int) throws(ScrubError) -> [UInt8] {
    var stream = unsafe z_stream()
    guard unsafe wheelscrub_inflate_init_raw(&stream) == Z_OK else { throw ScrubError("not enough memory") }
    defer { _ = unsafe inflateEnd(&stream) }
    var status: Int32 = Z_OK
    let result = unsafe compressed.withUnsafeBytes { input in
      unsafe [UInt8](unsafeUninitializedCapacity: count) { output, filled in
        unsafe stream.next_in = UnsafeMutablePointer(
          mutating: input.assumingMemoryBound(to: UInt8.self).baseAddress)
        unsafe stream.avail_in = UInt32(min(input.count, Int(UInt32.max)))
        unsafe stream.next_out = output.baseAddress
        unsafe stream.avail_out = UInt32(count)
        // Z_FINISH saves zlib the allocation of a window.
        status = unsafe CZlib.inflate(&stream, Z_FINISH)
        filled = unsafe count - Int(stream.avail_out)
      }
    }
    guard status == Z_STREAM_END || (status == Z_BUF_ERROR && result.count == count) || status == Z_OK else {
      throw ScrubError("deflate data is damaged")
    }
    return result
  }

  package static func crc32(_ bytes: Bytes) -> UInt32 {
    unsafe bytes.withUnsafeBytes { unsafe libdeflate_crc32(0, $0.baseAddress, $0.count) }
  }

  package static func checkClaim(_ compressed: Bytes, size: UInt64, ratio: UInt64, limit: UInt64)
    throws(ScrubError)
  {
    guard size <= limit else { throw ScrubError("claims \(size) inflated bytes, the limit is \(limit)") }
    guard size <= UInt64(compressed.count) * ratio else {
      throw ScrubError(
        "claims \(size) inflated bytes from \(compressed.count), more than \(ratio) times as many is impossible"
      )
    }
  }

  private typealias Decompress = (
    OpaquePointer?, UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, Int, UnsafeMutablePointer<Int>?,
    UnsafeMutablePointer<Int>?
  ) -> libdeflate_result

  private static func run(
    _ compressed: Bytes, size: UInt64, _ decompress: Decompress
  ) throws(ScrubError) -> Bytes {
    let memory = try MallocBytes(claimed: size)
    let decompressor = try Decompressor()
    var consumed = 0
    var written = 0
    let status = unsafe compressed.withUnsafeBytes { input in
      unsafe decompress(
        decompressor.handle, input.baseAddress, input.count, memory.base, memory.count, &consumed, &written)
    }
    if status == LIBDEFLATE_INSUFFICIENT_SPACE {
      throw ScrubError("needs \(size) inflated bytes, deflate data does not end there")
    }
    guard status == LIBDEFLATE_SUCCESS else { throw ScrubError("deflate data is damaged") }
    guard written == memory.count else {
      throw ScrubError("needs \(size) inflated bytes, deflate data has \(written)")
    }
    // Bytes after the end of the stream would be hidden from the search and lost on rewriting.
    guard consumed == compressed.count else {
      throw ScrubError("deflate data ends after \(consumed) bytes of \(compressed.count)")
    }
    return memory.finish()
  }

  package static func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }
}

@safe private struct Decompressor: ~Copyable {
  let handle: OpaquePointer

  init() throws(ScrubError) {
    guard let handle = unsafe libdeflate_alloc_decompressor() else { throw ScrubError("not enough memory") }
    unsafe self.handle = handle
  }

  deinit { unsafe libdeflate_free_decompressor(handle) }
}

/// Memory of a size claimed by a file: if it is not available, that is an error and not a crash. Filled once, then only
/// read.
@safe package final class MallocBytes: ByteOwner, @unchecked Sendable {
  package private(set) var base: UnsafeMutableRawPointer
  package private(set) var count: Int
  private var capacity: Int

  package init(claimed count: UInt64) throws(ScrubError) {
    guard count <= UInt64(Int.max) else { throw ScrubError("not enough memory for \(count) bytes") }
    try Effort.charge(Int(count))
    if count > 1 << 20 { try Memory.check(adding: Int(count)) }
    guard let memory = unsafe LargeMemory.take(Int(count)) else {
      throw ScrubError("not enough memory for \(count) bytes")
    }
    unsafe (base, capacity) = unsafe memory
    self.count = Int(count)
  }

  deinit { unsafe LargeMemory.give(base, capacity: capacity) }

  /// Releases the memory after the first `count` bytes; only before `finish`.
  package func shrink(to count: Int) {
    precondition(count <= self.count)
    if capacity > 0 {
      capacity = unsafe LargeMemory.trim(base, capacity: capacity, to: count)
    } else if let smaller = unsafe realloc(base, max(count, 1)) {
      unsafe base = smaller
    }
    self.count = count
  }

  /// Copies the first `count` bytes of `other`; only before `finish`.
  package func copy(_ other: MallocBytes, count: Int) {
    precondition(count <= min(self.count, other.count))
    unsafe base.copyMemory(from: other.base, byteCount: count)
  }

  package func finish() -> Bytes { unsafe Bytes(owner: self, base: UnsafeRawPointer(base), count: count) }
}
