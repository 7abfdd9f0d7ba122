import Platform
import Synchronization

/// What one file or member may cost. Readers charge what they do; a file that makes them do far more than its size explains
/// was made to, and gets an error instead of hours. A count, no clock: what is refused here is refused everywhere.
///
/// The unit is about what a reader does with one byte, a few nanoseconds. The account belongs to the thread that works on
/// the file; without one nothing is bounded.
package enum Effort {
  /// What files that belong together share, on top of what each may cost by its size.
  package final class Spare: Sendable {
    fileprivate let left = Atomic(Limits.effort)
    package init() {}
  }

  fileprivate struct Account {
    let size: Int
    let spare: Spare
    var left: Int
    /// When memory is to be looked at next.
    var nextLook: Int
  }

  /// The account of the thread, a pointer into its stack.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = unsafe pthread_key_create(&key, nil)
    precondition(status == 0, "this process has no key for threads left")
    return key
  }()

  /// Runs what works on one file or member.
  /// - Parameters:
  ///   - size: its bytes.
  ///   - spare: of the wheel that it is in.
  package static func within<R, E: Error>(
    _ size: Int, _ spare: Spare = Spare(), _ body: () throws(E) -> R
  ) throws(E) -> R {
    let allowance = Limits.effortRatio * min(size, 1 << 40)
    var account = Account(size: size, spare: spare, left: allowance, nextLook: allowance - lookEvery)
    let outer = unsafe pthread_getspecific(key)
    return try unsafe withUnsafeMutablePointer(to: &account) { (pointer) throws(E) -> R in
      unsafe pthread_setspecific(key, pointer)
      defer { unsafe pthread_setspecific(key, outer) }
      return try body()
    }
  }

  /// Call before, or as often as, something is done that a file asks for.
  /// - Throws: where the file has cost too much, or the process holds more memory than it may.
  package static func charge(_ units: Int) throws(ScrubError) {
    guard let context = unsafe pthread_getspecific(key) else { return }
    let account = unsafe context.assumingMemoryBound(to: Account.self)
    unsafe account.pointee.left -= units
    guard unsafe account.pointee.left < account.pointee.nextLook else { return }
    unsafe try account.pointee.look()
  }

  fileprivate static let lookEvery = 1 << 20
}

extension Effort.Account {
  package mutating func look() throws(ScrubError) {
    while left < 0 {
      // A part at a time, so that a few members do not take what the others need.
      let part = max(Limits.effort / 16, -left)
      guard spare.left.subtract(part, ordering: .relaxed).newValue >= 0 else {
        spare.left.add(part, ordering: .relaxed)
        throw ScrubError(
          "costs far more work than its \(size) bytes explain, and is not looked at further",
          kind: .beyondBounds)
      }
      left += part
    }
    nextLook = left - Effort.lookEvery
    try Memory.check()
  }
}
