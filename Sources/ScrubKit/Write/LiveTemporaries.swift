import Formats
import Platform
import Synchronization

/// The temporary files and staging directories that currently exist, so that a signal that terminates the process
/// removes them first. The handler only calls unlink, rmdir, sigaction and raise, which are async-signal-safe
/// (signal-safety(7)).
enum LiveTemporaries {
  /// More than the files that change together in most trees. A file without a slot is merely not removed by signals.
  private static let capacity = 1 << 14
  /// The likely position of the next free slot.
  private static let next = Atomic(0)

  /// Addresses of NUL-terminated paths, 0 for a free slot. Never freed: a handler may run in one thread while another
  /// removes a path.
  nonisolated(unsafe) private static let slots: UnsafeMutablePointer<Atomic<UInt>> = {
    let slots = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: capacity)
    for index in 0..<capacity { unsafe (slots + index).initialize(to: Atomic(0)) }
    return unsafe slots
  }()

  private static let isDying = Atomic(false)
  private static let installation: Void = install()

  /// Call before the file is created, so that it never exists unregistered.
  static func insert(_ path: String) -> Slot? {
    _ = installation
    // The process is about to end; a file created now would remain. Renames in progress need their names nevertheless.
    while isDying.load(ordering: .acquiring), undisturbedCount.load(ordering: .acquiring) == 0 {
      usleep(1000)
    }
    guard let copy = unsafe strdup(path) else { return nil }
    let address = UInt(bitPattern: copy)
    let start = next.wrappingAdd(1, ordering: .relaxed).oldValue
    for distance in 0..<capacity {
      let index = (start &+ distance) & (capacity - 1)
      let slot = unsafe slots + index
      if unsafe slot.pointee.compareExchange(expected: 0, desired: address, ordering: .acquiringAndReleasing)
        .exchanged
      {
        return Slot(index: index)
      }
    }
    return nil
  }

  /// Call when the file has been renamed or removed. The path's memory is leaked, because a handler may be reading it:
  /// a few bytes for every file written.
  static func remove(_ slot: Slot?) {
    guard let slot else { return }
    unsafe slots[slot.index].store(0, ordering: .releasing)
  }

  struct Slot: Sendable { fileprivate let index: Int }

  /// A mapped input that another process truncates causes SIGBUS.
  private static let fatal = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGBUS]

  private static func install() {
    _ = unsafe slots
    for signal in fatal {
      var old = sigaction()
      unsafe sigaction(signal, nil, &old)
      // An ignored signal stays ignored (nohup), and a handler of the host program stays in place.
      guard unsafe old.__sigaction_handler.sa_handler == nil, old.sa_flags & SA_SIGINFO == 0 else { continue }
      var new = sigaction()
      unsafe new.__sigaction_handler.sa_handler = { signal in LiveTemporaries.die(signal) }
      unsafe sigfillset(&new.sa_mask)
      unsafe sigaction(signal, &new, nil)
    }
    // Beyond `ulimit -f` a write should fail as on a full disk, not terminate the process.
    var old = sigaction()
    unsafe sigaction(SIGXFSZ, nil, &old)
    if unsafe old.__sigaction_handler.sa_handler == nil { Platform.signal(SIGXFSZ, SIG_IGN) }
  }

  private static func die(_ signal: Int32) {
    isDying.store(true, ordering: .sequentiallyConsistent)
    if undisturbedCount.load(ordering: .sequentiallyConsistent) > 0, signal != SIGBUS {
      // The renaming thread raises it again in a moment; no thread starts new renames until then.
      pending.store(signal, ordering: .sequentiallyConsistent)
      // The renames ended after the check above: then no thread raises it.
      if undisturbedCount.load(ordering: .sequentiallyConsistent) > 0 { return }
    }
    for index in 0..<capacity {
      let address = unsafe slots[index].load(ordering: .acquiring)
      if let path = unsafe UnsafePointer<CChar>(bitPattern: address) { unsafe unlink(path) }
    }
    for index in 0..<capacity {
      let address = unsafe slots[index].load(ordering: .acquiring)
      if let path = unsafe UnsafePointer<CChar>(bitPattern: address) { unsafe rmdir(path) }
    }
    var action = sigaction()
    unsafe action.__sigaction_handler.sa_handler = SIG_DFL
    unsafe sigaction(signal, &action, nil)
    raise(signal)
  }

  /// How many sets of renames are in progress.
  private static let undisturbedCount = Atomic(0)
  /// A signal that arrived during renames; 0 for none.
  private static let pending = Atomic<Int32>(0)

  /// Runs something brief that must not be interrupted: signals wait for it.
  static func undisturbed<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
    _ = installation
    while true {
      undisturbedCount.add(1, ordering: .sequentiallyConsistent)
      if !isDying.load(ordering: .sequentiallyConsistent) { break }
      end()
      // The process is about to end.
      usleep(1000)
    }
    defer { end() }
    return try body()
  }

  private static func end() {
    guard undisturbedCount.subtract(1, ordering: .sequentiallyConsistent).newValue == 0 else { return }
    let signal = pending.load(ordering: .sequentiallyConsistent)
    if signal != 0 { kill(getpid(), signal) }
  }
}
