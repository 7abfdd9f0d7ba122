/// The only copy of an image in which edits are made.
///
/// Offsets are file offsets in bytes. Every operation traps outside the buffer: plans come from checked
/// images, so a wrong offset here is a bug and not bad input.
package struct EditBuffer: ~Copyable {
  private let memory: HeapBytes

  package init(copying bytes: Bytes) {
    memory = HeapBytes(count: bytes.count)
    unsafe bytes.withUnsafeBytes { unsafe memory.base.copyMemory(from: $0.baseAddress!, byteCount: $0.count) }
  }

  /// Filled with zeroes.
  package init(count: Int) {
    memory = HeapBytes(count: count)
    unsafe memory.base.initializeMemory(as: UInt8.self, repeating: 0, count: count)
  }

  private func check(_ offset: Int, _ count: Int) {
    precondition(offset >= 0 && count >= 0 && offset <= memory.count - count)
  }

  package func replace(at offset: Int, with bytes: [UInt8]) {
    check(offset, bytes.count)
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe (memory.base + offset).copyMemory(from: start, byteCount: source.count)
    }
  }

  package func replace(at offset: Int, with bytes: Bytes) {
    check(offset, bytes.count)
    unsafe bytes.withUnsafeBytes {
      unsafe (memory.base + offset).copyMemory(from: $0.baseAddress!, byteCount: $0.count)
    }
  }

  package func zero(_ range: Range<Int>) {
    check(range.lowerBound, range.count)
    unsafe (memory.base + range.lowerBound).initializeMemory(as: UInt8.self, repeating: 0, count: range.count)
  }

  @inline(__always)
  package func store(_ value: UInt64, at offset: Int, width: Int, order: ByteOrder) {
    check(offset, width)
    for index in 0..<width {
      let shift = UInt64(8 &* (order == .little ? index : width &- 1 &- index))
      unsafe memory.base.storeBytes(
        of: UInt8(truncatingIfNeeded: value &>> shift), toByteOffset: offset &+ index, as: UInt8.self)
    }
  }

  /// The buffer's current content. Later edits show through: read it between two steps, or after all of them.
  package var bytes: Bytes { memory.finish() }
}
