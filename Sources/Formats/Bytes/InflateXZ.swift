import CLzma

extension Inflate {
  /// One xz stream (the .xz file format 1.1.0): an image inside an ELF section. Its index states the content's size,
  /// which is bounded before anything is allocated; its checksums are verified.
  package static func xz(_ compressed: Bytes) throws(ScrubError) -> Bytes {
    let size = try contentSize(compressed)
    try checkClaim(compressed, size: size, ratio: Limits.xzRatio, limit: Limits.sectionSize)
    let memory = try MallocBytes(claimed: size)
    var limit = Limits.xzMemory
    var consumed = 0
    var written = 0
    let status = unsafe compressed.withUnsafeBytes { input in
      unsafe lzma_stream_buffer_decode(
        &limit, 0, nil, input.baseAddress?.assumingMemoryBound(to: UInt8.self), &consumed, input.count,
        memory.base.assumingMemoryBound(to: UInt8.self), &written, memory.count)
    }
    if status == LZMA_MEMLIMIT_ERROR {
      throw ScrubError("xz data needs \(limit) bytes of memory, the limit is \(Limits.xzMemory)")
    }
    guard status == LZMA_OK, written == memory.count, consumed == compressed.count else {
      throw ScrubError("xz data is damaged")
    }
    return memory.finish()
  }

  /// The size from the index at the end (sections 2.1.2 "Stream Footer" and 4 "Index").
  private static func contentSize(_ compressed: Bytes) throws(ScrubError) -> UInt64 {
    let footerSize = Int(LZMA_STREAM_HEADER_SIZE)
    guard compressed.count >= 2 * footerSize else {
      throw ScrubError("xz data needs \(2 * footerSize) bytes, has \(compressed.count)")
    }
    var flags = lzma_stream_flags()
    let footer = compressed[compressed.count - footerSize..<compressed.count]
    let status = unsafe footer.withUnsafeBytes { buffer in
      unsafe lzma_stream_footer_decode(&flags, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    let indexSize = flags.backward_size
    guard status == LZMA_OK, indexSize <= UInt64(compressed.count - 2 * footerSize) else {
      throw ScrubError("xz data does not end with a stream footer")
    }
    let index = compressed[compressed.count - footerSize - Int(indexSize)..<compressed.count - footerSize]
    var decoded: OpaquePointer?
    var limit = Limits.xzMemory
    var position = 0
    let read = unsafe index.withUnsafeBytes { buffer in
      unsafe lzma_index_buffer_decode(
        &decoded, &limit, nil, buffer.baseAddress?.assumingMemoryBound(to: UInt8.self), &position,
        buffer.count)
    }
    guard read == LZMA_OK, let index = unsafe decoded else { throw ScrubError("the xz index is damaged") }
    defer { unsafe lzma_index_end(index, nil) }
    return unsafe lzma_index_uncompressed_size(index)
  }
}
