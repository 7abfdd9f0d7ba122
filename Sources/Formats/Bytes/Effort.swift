import Platform
import Synchronization

/// What one file or member may cost. Readers charge what they do; a file that makes them do far more than its size explains
/// was made to, and gets an error instead of hours. A count, no clock: what is refused here is refused everywhere.
///
/// The unit is about what a reader does with one byte, a few nanoseconds. The account belongs to the thread that works on
/// the file; without one nothing is bounded.
///
/// Much code makes a note or a finding of an error and goes on. A refusal must not end like that, because nothing is known of
/// the rest then: the account keeps it, and the file ends with it whoever has caught it.
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
    /// The first refusal.
    var refusal: ScrubError?
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
  ///   - spare: of the wheel or archive that it is in.
  /// - Throws: what `body` throws, and what was refused to it.
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
      // An error that is one says where; any other follows from one.
      if case .failure(let error) = result, error.kind == .beyondBounds { throw error }
      try settle()
      return try result.get()
    }
  }

  private static var account: UnsafeMutablePointer<Account>? {
    unsafe pthread_getspecific(key)?.assumingMemoryBound(to: Account.self)
  }

  /// Call before, or as often as, something is done that a file asks for.
  /// - Parameter place: where, for the error.
  /// - Throws: where the file has cost too much, or the process holds more memory than it may.
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

  /// The same for what has no way to throw: it stops where the answer is false, and what it has found by then does not
  /// count, because the file ends with an error.
  @Sendable package static func grants(_ units: Int) -> Bool {
    do throws(ScrubError) { try charge(units) } catch { return false }
    return true
  }

  /// Keeps a refusal until the account ends, and hands it back.
  package static func refuse(_ error: ScrubError) -> ScrubError {
    if let account = unsafe account, unsafe account.pointee.refusal == nil {
      unsafe account.pointee.refusal = error
    }
    return error
  }

  /// Says which section was looked at when something was refused without a place.
  package static func locateRefusal(in section: String) {
    guard let account = unsafe account, unsafe account.pointee.refusal?.place == Place() else { return }
    unsafe account.pointee.refusal?.place.section = section
  }

  /// Call before a result counts.
  /// - Throws: what was refused.
  package static func settle() throws(ScrubError) {
    if let refusal = unsafe account?.pointee.refusal { throw refusal }
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
