import Platform
import Synchronization

/// Memory for whole images. The system clears a page before it provides it, which takes a third of the time that a
/// wheel without leaks needs; so some released memory is kept for the next image. malloc would keep either nothing or
/// tens of megabytes in every thread.
package enum LargeMemory {
  /// Smaller sizes are left to malloc; bytes.
  private static let smallest = 1 << 20
  /// How much is kept at most, in bytes: it adds to what is in use.
  private static let kept = 12 << 20

  private struct Block {
    var address: UInt
    var capacity: Int
  }
  /// Unused blocks, the most recent last.
  private static let idle = Mutex<[Block]>([])

  /// Bytes of all mappings that have not been released, used or not.
  package static var held: Int { taken.load(ordering: .relaxed) }
  private static let taken = Atomic(0)

  /// Uninitialised memory for `count` bytes, nil if there is none.
  /// - Returns: its address, and the value that `give` needs: the size of the mapping, 0 for malloc's.
  package static func take(_ count: Int) -> (base: UnsafeMutableRawPointer, capacity: Int)? {
    if count < smallest { return unsafe malloc(max(count, 1)).map { unsafe ($0, 0) } }
    let reused = idle.withLock { blocks in
      // The smallest block that fits, so that large ones remain for large images.
      let fitting = blocks.indices.filter { blocks[$0].capacity >= count }
      return fitting.min { blocks[$0].capacity < blocks[$1].capacity }.map { blocks.remove(at: $0) }
    }
    if let reused, let base = unsafe UnsafeMutableRawPointer(bitPattern: reused.address) {
      taken.add(reused.capacity, ordering: .relaxed)
      return unsafe (base, reused.capacity)
    }
    let page = 4096
    guard count <= Int.max - page else { return nil }
    let capacity = (count + page - 1) & ~(page - 1)
    let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
    let access = PROT_READ | PROT_WRITE
    guard let base = unsafe mmap(nil, capacity, access, flags, -1, 0), unsafe base != MAP_FAILED
    else { return nil }
    taken.add(capacity, ordering: .relaxed)
    // Fewer and larger page faults, if the system has large pages.
    _ = unsafe madvise(base, capacity, MADV_HUGEPAGE)
    return unsafe (base, capacity)
  }

  /// Releases what `take` returned; it must no longer be used.
  package static func give(_ base: UnsafeMutableRawPointer, capacity: Int) {
    if capacity == 0 { return unsafe free(base) }
    taken.subtract(capacity, ordering: .relaxed)
    if capacity > kept {
      _ = unsafe munmap(base, capacity)
      return
    }
    let surplus = idle.withLock { blocks in
      blocks.append(Block(address: UInt(bitPattern: base), capacity: capacity))
      var surplus: [Block] = []
      while blocks.reduce(0, { $0 + $1.capacity }) > kept { surplus.append(blocks.removeFirst()) }
      return surplus
    }
    for block in surplus {
      _ = unsafe munmap(UnsafeMutableRawPointer(bitPattern: block.address), block.capacity)
    }
  }

  /// Releases the memory after the first `count` bytes; returns the new capacity.
  package static func trim(_ base: UnsafeMutableRawPointer, capacity: Int, to count: Int) -> Int {
    let page = 4096
    let rest = max((count + page - 1) & ~(page - 1), page)
    guard capacity > rest else { return capacity }
    _ = unsafe munmap(base + rest, capacity - rest)
    taken.subtract(capacity - rest, ordering: .relaxed)
    return rest
  }
}
