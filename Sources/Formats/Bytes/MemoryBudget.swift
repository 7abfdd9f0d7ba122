import Dispatch

/// Lets threads work on large things side by side only as far as the memory for all of them is bounded.
package final class MemoryBudget: Sendable {
  /// Sizes are counted in units of this many bytes; anything smaller is free.
  private static let unit: UInt64 = 1 << 20

  private let units: DispatchSemaphore
  /// One at a time collects its units, or two could hold half of theirs each and wait for ever.
  private let door = DispatchSemaphore(value: 1)
  private let total: Int

  /// - Parameter bytes: how much may be in work together; one thing that is larger has to be alone.
  package init(_ bytes: UInt64) {
    total = Int(clamping: bytes / Self.unit)
    units = DispatchSemaphore(value: total)
  }

  /// Waits until there is room for `bytes`, and runs `body`, which must not ask again.
  package func withRoom<R, E: Error>(for bytes: UInt64, _ body: () throws(E) -> R) throws(E) -> R {
    let needed = min(Int(clamping: bytes / Self.unit), total)
    if needed > 0 {
      door.wait()
      for _ in 0..<needed { units.wait() }
      door.signal()
    }
    defer { for _ in 0..<needed { units.signal() } }
    return try body()
  }
}
