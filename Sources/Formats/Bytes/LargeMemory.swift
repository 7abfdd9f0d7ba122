import Platform
import Synchronization

/// Memory for whole images. The system clears a page before it hands it out, which takes a third of the time
/// that a wheel without leaks needs; so some of what was given back is kept for the next image. malloc would
/// keep either nothing or, in every thread, tens of megabytes.
package enum LargeMemory {
  /// Sizes below it are malloc's business, bytes.
  private static let smallest = 1 << 20
  /// How much is kept at most, bytes: it counts on top of what is in use.
  private static let kept = 12 << 20

  private struct Block {
    var address: UInt
    var capacity: Int
  }
  /// Blocks nobody uses, the latest last.
  private static let idle = Mutex<[Block]>([])

  /// Bytes of all mappings that were taken and not given back, used or not yet.
  package static var held: Int { taken.load(ordering: .relaxed) }
  private static let taken = Atomic(0)

  /// Uninitialised memory for `count` bytes, nil where there is none.
  /// - Returns: its address and what `give` needs to know: the size of the mapping, 0 for malloc's.
  package static func take(_ count: Int) -> (base: UnsafeMutableRawPointer, capacity: Int)? {
    if count < smallest { return unsafe malloc(max(count, 1)).map { unsafe ($0, 0) } }
    let reused = idle.withLock { blocks in
      // The smallest that is large enough, so that the large ones are there for large images.
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
    // Fewer, larger page faults, where the system has large pages.
    _ = unsafe madvise(base, capacity, MADV_HUGEPAGE)
    return unsafe (base, capacity)
  }

  /// Takes back what `take` returned; nobody may use it any more.
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

  /// Gives back what lies behind the first `count` bytes; returns the new capacity.
  package static func trim(_ base: UnsafeMutableRawPointer, capacity: Int, to count: Int) -> Int {
    let page = 4096
    let rest = max((count + page - 1) & ~(page - 1), page)
    guard capacity > rest else { return capacity }
    _ = unsafe munmap(base + rest, capacity - rest)
    taken.subtract(capacity - rest, ordering: .relaxed)
    return rest
  }
}
