import Platform
import Synchronization

/// The work that one file or member may cause. Readers charge what they do; a file that causes far more work than its
/// size explains was made to, and gets an error instead of running for hours. It is a count, not a clock: what is
/// refused here is refused everywhere.
///
/// The unit is roughly what a reader does with one byte, a few nanoseconds. The account belongs to the thread that
/// processes the file; without an account nothing is bounded.
///
/// Much code turns an error into a note or a finding and continues. A refusal must not end like that, because nothing
/// is known about the rest then: the account keeps it, and processing the file fails with it no matter who caught it.
package enum Effort {
  /// The allowance that files which belong together share, in addition to what each has for its size.
  package final class Spare: Sendable {
    fileprivate let left = Atomic(Limits.effort)
    package init() {}
  }

  fileprivate struct Account {
    let size: Int
    let spare: Spare
    var left: Int
    /// When to check memory next.
    var nextLook: Int
    /// The first refusal.
    var refusal: ScrubError?
  }

  /// The thread's account, a pointer into its stack.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let status = unsafe pthread_key_create(&key, nil)
    precondition(status == 0, "this process has no key for threads left")
    return key
  }()

  /// Runs the processing of one file or member.
  /// - Parameters:
  ///   - size: its size in bytes.
  ///   - spare: of the wheel or archive that contains it.
  /// - Throws: what `body` throws, or the first refusal.
  package static func within<R>(
    _ size: Int, _ spare: Spare = Spare(), _ body: () throws(ScrubError) -> R
  ) throws(ScrubError) -> R {
    let allowance = Limits.effortRatio * min(size, 1 << 40)
    var account = Account(size: size, spare: spare, left: allowance, nextLook: allowance - lookEvery)
    let outer = unsafe pthread_getspecific(key)
    return try unsafe withUnsafeMutablePointer(to: &account) { (pointer) throws(ScrubError) -> R in
      unsafe pthread_setspecific(key, pointer)
      defer { unsafe pthread_setspecific(key, outer) }
      let result = Result { () throws(ScrubError) in try body() }
      // A refusal has its own place; any other error follows from one.
      if case .failure(let error) = result, error.kind == .beyondBounds { throw error }
      try settle()
      return try result.get()
    }
  }

  private static var account: UnsafeMutablePointer<Account>? {
    unsafe pthread_getspecific(key)?.assumingMemoryBound(to: Account.self)
  }

  /// Call before, or each time, something is done that depends on the file's content.
  /// - Parameter place: where, for the error.
  /// - Throws: if the file has cost too much, or the process holds more memory than it may.
  package static func charge(_ units: Int, at place: @autoclosure () -> Place = Place()) throws(ScrubError) {
    guard let account = unsafe account else { return }
    let (left, isShort) = unsafe account.pointee.left.subtractingReportingOverflow(units)
    unsafe account.pointee.left = isShort ? .min / 2 : left
    guard unsafe account.pointee.left < account.pointee.nextLook else { return }
    do throws(ScrubError) { try unsafe account.pointee.look() } catch {
      var error = error
      error.place = place()
      throw refuse(error)
    }
  }

  /// The same for code that cannot throw: it stops if the answer is false. What it has found by then does not count,
  /// because processing the file ends with an error.
  @Sendable package static func grants(_ units: Int) -> Bool {
    do throws(ScrubError) { try charge(units) } catch { return false }
    return true
  }

  /// Records a refusal until the account ends, and returns it.
  package static func refuse(_ error: ScrubError) -> ScrubError {
    if let account = unsafe account, unsafe account.pointee.refusal == nil {
      unsafe account.pointee.refusal = error
    }
    return error
  }

  /// Adds the section that was being processed to a refusal without a place.
  package static func locateRefusal(in section: String) {
    guard let account = unsafe account, unsafe account.pointee.refusal?.place == Place() else { return }
    unsafe account.pointee.refusal?.place.section = section
  }

  /// Call before a result is used.
  /// - Throws: the recorded refusal.
  package static func settle() throws(ScrubError) {
    if let refusal = unsafe account?.pointee.refusal { throw refusal }
  }

  fileprivate static let lookEvery = 1 << 20
}

extension Effort.Account {
  package mutating func look() throws(ScrubError) {
    while left < 0 {
      // One part at a time, so that a few members do not take what the others need.
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
