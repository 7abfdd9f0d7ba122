import Platform
import Synchronization

/// The limit on all memory that a command holds. `Limits` bounds what one structure may claim; this bounds their total,
/// whatever a file requests. Mapped files do not count: the system can reclaim their pages.
public enum Memory {
  /// What every command may hold, in bytes; in addition, for each file that it processes in parallel, twice the size of
  /// the largest file that it has mapped. A member of a wheel counts as a file.
  public static let allowance = 384 << 20

  /// In bytes; 0 if there is no limit, as in a program that also uses this library for other purposes.
  private static let chosen = Atomic(0)
  /// Files processed in parallel; 0 if files do not count.
  private static let jobs = Atomic(0)
  private static let largest = Atomic(0)

  /// Sets the limit for this process.
  /// - Parameter bytes: nil for `allowance` plus the addition for files.
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

  /// - Throws: if the process would exceed its limit with `bytes` more.
  package static func check(adding bytes: Int = 0) throws(ScrubError) {
    guard let ceiling else { return }
    guard bytes <= ceiling, max(LargeMemory.held, resident()) <= ceiling - bytes else {
      throw Effort.refuse(
        ScrubError(
          "needs more memory than \(ceiling >> 20) MiB, the limit of this run (--memory-limit)",
          kind: .beyondBounds))
    }
  }

  /// Bytes of private memory of this process; 0 if /proc is missing.
  private static func resident() -> Int {
    guard statistics >= 0 else { return 0 }
    let (size, shared) = unsafe withUnsafeTemporaryAllocation(byteCount: 128, alignment: 1) { buffer in
      let count = unsafe pread(statistics, buffer.baseAddress, buffer.count, 0)
      // In pages: total mapped, resident, and resident file pages (proc(5)).
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
