import Platform
import Synchronization

/// The ceiling over all that a command holds in memory. Limits bound what one structure may claim; this one bounds them
/// together, whatever a file asks for. Mapped files do not count: the system takes their pages back.
public enum Memory {
  /// What every command may hold, bytes, and on top of it, for each file that it works on side by side, twice the largest one
  /// that it has mapped. A member of a wheel counts as a file.
  public static let allowance = 384 << 20

  /// Bytes; 0 where nothing is bounded, as in a program that uses this library for other things as well.
  private static let chosen = Atomic(0)
  /// Files side by side; 0 where files do not count.
  private static let jobs = Atomic(0)
  private static let largest = Atomic(0)

  /// From now on this process holds no more.
  /// - Parameter bytes: nil for `allowance` and what it adds for files.
  public static func limit(to bytes: Int?, jobs: Int = 1) {
    chosen.store(max(bytes ?? allowance, 1), ordering: .relaxed)
    self.jobs.store(bytes == nil ? min(jobs, 1 << 10) : 0, ordering: .relaxed)
  }

  package static func didOpen(_ bytes: Int) { largest.max(bytes, ordering: .relaxed) }

  private static var ceiling: Int? {
    let chosen = chosen.load(ordering: .relaxed)
    guard chosen > 0 else { return nil }
    return chosen + 2 * jobs.load(ordering: .relaxed) * min(largest.load(ordering: .relaxed), 1 << 40)
  }

  /// - Throws: where the process would hold more than it may with `bytes` more.
  package static func check(adding bytes: Int = 0) throws(ScrubError) {
    guard let ceiling else { return }
    guard bytes <= ceiling, max(LargeMemory.held, resident()) <= ceiling - bytes else {
      throw ScrubError(
        "needs more memory than \(ceiling >> 20) MiB, the limit of this run (--memory-limit)",
        kind: .beyondBounds)
    }
  }

  /// Bytes that this process has for itself; 0 where /proc is missing.
  private static func resident() -> Int {
    guard statistics >= 0 else { return 0 }
    let (size, shared) = unsafe withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
      let count = unsafe pread(statistics, buffer.baseAddress, buffer.count, 0)
      // Pages: all that is mapped, what of it is resident, what of that is of files (proc(5)).
      let words = unsafe Array(buffer.prefix(max(count, 0))).split(separator: 0x20)
      guard words.count > 2 else { return (0, 0) }
      return (number(words[1]), number(words[2]))
    }
    return (size - shared) * pageSize
  }

  private static func number(_ digits: some Sequence<UInt8>) -> Int {
    digits.reduce(0) { $0 &* 10 &+ Int($1 &- 0x30) }
  }

  private static let statistics = unsafe open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
}
