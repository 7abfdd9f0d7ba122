import Formats
import Platform
import Synchronization

/// The temporary files and staging directories that exist right now, so that a signal that ends the process removes them
/// first. The handler only calls unlink, rmdir, sigaction and raise, which are async-signal-safe (signal-safety(7)).
enum LiveTemporaries {
  /// More than most trees have files that change together. A file without a slot is only not removed by signals.
  private static let capacity = 1 << 14
  /// Where the next free slot is probably.
  private static let next = Atomic(0)

  /// Addresses of NUL-terminated paths, 0 where a slot is free. Never freed: a handler may run in one thread
  /// while another takes a path back.
  nonisolated(unsafe) private static let slots: UnsafeMutablePointer<Atomic<UInt>> = {
    let slots = UnsafeMutablePointer<Atomic<UInt>>.allocate(capacity: capacity)
    for index in 0..<capacity { unsafe (slots + index).initialize(to: Atomic(0)) }
    return unsafe slots
  }()

  private static let isDying = Atomic(false)
  private static let installation: Void = install()

  /// Call before the file is created: there is no moment in which it exists and is not known.
  static func insert(_ path: String) -> Slot? {
    _ = installation
    // The process is about to end; a file created now would stay.
    // Renames that are under way need their names all the same.
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

  /// Give it back when the file has been renamed or removed. The path's memory is left to a handler that may
  /// be reading it: some bytes for every file written.
  static func remove(_ slot: Slot?) {
    guard let slot else { return }
    unsafe slots[slot.index].store(0, ordering: .releasing)
  }

  struct Slot: Sendable { fileprivate let index: Int }

  /// SIGBUS is what a mapped input sends that someone else has cut.
  private static let fatal = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGBUS]

  private static func install() {
    _ = unsafe slots
    for signal in fatal {
      var old = sigaction()
      unsafe sigaction(signal, nil, &old)
      // Ignored stays ignored (nohup), and a handler of the program that uses us stays in place.
      guard unsafe old.__sigaction_handler.sa_handler == nil, old.sa_flags & SA_SIGINFO == 0 else { continue }
      var new = sigaction()
      unsafe new.__sigaction_handler.sa_handler = { signal in LiveTemporaries.die(signal) }
      unsafe sigfillset(&new.sa_mask)
      unsafe sigaction(signal, &new, nil)
    }
    // Beyond `ulimit -f` a write should fail as on a full disk, not kill.
    var old = sigaction()
    unsafe sigaction(SIGXFSZ, nil, &old)
    if unsafe old.__sigaction_handler.sa_handler == nil { Platform.signal(SIGXFSZ, SIG_IGN) }
  }

  private static func die(_ signal: Int32) {
    isDying.store(true, ordering: .sequentiallyConsistent)
    if undisturbedCount.load(ordering: .sequentiallyConsistent) > 0, signal != SIGBUS {
      // Who is renaming raises it again in a moment; nobody begins anew until then.
      pending.store(signal, ordering: .sequentiallyConsistent)
      // Done since we looked: then nobody raises it.
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

  /// How many sets of renames are under way.
  private static let undisturbedCount = Atomic(0)
  /// A signal that came meanwhile; 0 for none.
  private static let pending = Atomic<Int32>(0)

  /// Runs what takes moments and must not end in the middle: a signal waits for it.
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
