import Dispatch

/// Lets threads process large items in parallel only as far as a bound on their total memory permits.
package final class MemoryBudget: Sendable {
  /// Sizes are counted in units of this many bytes; anything smaller is free.
  private static let unit: UInt64 = 1 << 20

  private let units: DispatchSemaphore
  /// Only one thread at a time collects its units; otherwise two could each hold half of theirs and wait forever.
  private let door = DispatchSemaphore(value: 1)
  private let total: Int

  /// - Parameter bytes: the total size that may be in progress; a larger item has to be processed alone.
  package init(_ bytes: UInt64) {
    total = Int(clamping: bytes / Self.unit)
    units = DispatchSemaphore(value: total)
  }

  /// Waits until there is room for `bytes`, then runs `body`, which must not call this again.
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
