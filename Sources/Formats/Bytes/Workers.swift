import Platform
import Synchronization

/// A bounded number of threads that process the items of a list in parallel. Nested calls share the bound: each uses
/// spare threads and also works in its own thread, so no call ever waits for a thread.
public final class Workers: Sendable {
  public let jobs: Int
  /// Threads that may still be started.
  private let spare: Atomic<Int>

  public init(jobs: Int) {
    self.jobs = max(jobs, 1)
    spare = Atomic(max(jobs, 1) - 1)
  }

  /// `body` of every item, in the order of `items`. With one job everything runs in the calling thread.
  ///
  /// `body` does not outlive the call. It is escaping nevertheless: for `withoutActuallyEscaping` the compiler writes
  /// the length of this file's path into the code, past every prefix map, and two checkouts would differ.
  public func map<T: Sendable, R: Sendable>(_ items: [T], _ body: @escaping @Sendable (T) -> R) -> [R] {
    if jobs == 1 || items.count < 2 { return items.map(body) }
    let batch = Batch(items, body)
    var threads: [pthread_t] = []
    repeat {
      // Other calls may have released threads since the last item.
      while batch.hasMoreThanOne, takeToken() {
        guard
          let thread = Self.start({ [self] in
            while batch.runNext() {}
            returnToken()
          })
        else {
          returnToken()
          break
        }
        threads.append(thread)
      }
    } while batch.runNext()
    for thread in threads { pthread_join(thread, nil) }
    return batch.takeResults()
  }

  private func takeToken() -> Bool {
    var seen = spare.load(ordering: .relaxed)
    while seen > 0 {
      let (taken, now) = spare.weakCompareExchange(
        expected: seen, desired: seen - 1, ordering: .acquiringAndReleasing)
      if taken { return true }
      seen = now
    }
    return false
  }

  private func returnToken() { spare.add(1, ordering: .acquiringAndReleasing) }

  /// The stack size of a helper in bytes: the main thread's default. Recursion over deep input then reaches its own
  /// limit first in every thread; Dispatch and other C libraries provide as little as 128 KiB.
  private static let stackSize = 8 << 20

  private static func start(_ work: @escaping @Sendable () -> Void) -> pthread_t? {
    // Initialized by pthread_attr_init.
    let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
    defer { unsafe attributes.deallocate() }
    unsafe pthread_attr_init(attributes)
    defer { unsafe pthread_attr_destroy(attributes) }
    unsafe pthread_attr_setstacksize(attributes, stackSize)
    let box = unsafe Unmanaged.passRetained(Work(work))
    var thread = pthread_t()
    let status = unsafe pthread_create(
      &thread, attributes,
      { context in
        // The closure is released before the thread ends, so that a joined thread holds nothing.
        do { unsafe Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().body() }
        return nil
      }, box.toOpaque())
    if status != 0 {
      unsafe box.release()
      return nil
    }
    return thread
  }
}

private final class Work: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// The items of one call, assigned one by one; every result has its own place.
@safe private final class Batch<T: Sendable, R: Sendable>: @unchecked Sendable {
  private let items: [T]
  private let body: @Sendable (T) -> R
  private let results: UnsafeMutablePointer<R?>
  private let next = Atomic(0)

  init(_ items: [T], _ body: @escaping @Sendable (T) -> R) {
    self.items = items
    self.body = body
    unsafe results = .allocate(capacity: items.count)
    unsafe results.initialize(repeating: nil, count: items.count)
  }

  deinit {
    unsafe results.deinitialize(count: items.count)
    unsafe results.deallocate()
  }

  var hasMoreThanOne: Bool { next.load(ordering: .relaxed) < items.count - 1 }

  /// Processes the next item; false if there is none.
  func runNext() -> Bool {
    let index = next.add(1, ordering: .relaxed).oldValue
    guard index < items.count else { return false }
    unsafe results[index] = body(items[index])
    return true
  }

  /// Call only when all threads have ended.
  func takeResults() -> [R] { (0..<items.count).map { unsafe results[$0]! } }
}
