import Formats
import Synchronization

/// Keeps a wheel's members from being in memory all at once. The limit is twice the largest image, for original and
/// edited copy, plus a fixed amount in which small ones are processed beside it.
final class WheelMemory: Sendable {
  /// How much may be processed beside the largest member, and how much of the mapped wheel may be read before its pages
  /// are released; bytes.
  private static let slack: UInt64 = 8 << 20

  let wheel: Wheel
  private let budget: MemoryBudget
  private let spare = Effort.Spare()
  /// Compressed bytes read since the pages were last released.
  private let read = Atomic<UInt64>(0)

  /// - Parameter largest: bytes of the largest inflated member.
  init(_ wheel: Wheel, largest: UInt64) {
    self.wheel = wheel
    budget = MemoryBudget(largest.addingReportingOverflow(Self.slack).partialValue)
  }

  /// The first bytes, as many as are needed to identify a member.
  func head(of member: Wheel.Member) throws(ScrubError) -> Bytes {
    let head = Bytes(try member.prefix(GeneratedText.headSize))
    // The system maps that many pages around the requested one.
    didRead(min(member.compressedSize, 64 << 10))
    return head
  }

  /// Each member has its own account, whichever thread processes it, so what is refused does not depend on `-j`.
  func whileWorking<R>(
    on member: Wheel.Member, _ body: () throws(ScrubError) -> R
  ) throws(ScrubError) -> R {
    defer { didRead(member.compressedSize) }
    do throws(ScrubError) {
      return try budget.withRoom(for: member.uncompressedSize) { () throws(ScrubError) in
        try Effort.within(Int(clamping: member.uncompressedSize), spare, body)
      }
    } catch {
      throw error.inside(path: "", member: member.name)
    }
  }

  private func didRead(_ bytes: UInt64) {
    let total = read.add(bytes, ordering: .relaxed).newValue
    guard total > Self.slack else { return }
    // Whoever resets the count releases the pages.
    if read.exchange(0, ordering: .relaxed) > Self.slack { wheel.file.releasePages() }
  }
}

/// The wheel's RECORD, read when the first member changes: a wheel without leaks need not have one.
final class LazyRecord: Sendable {
  let wheel: Wheel
  private let known = Mutex<Result<Record, ScrubError>?>(nil)

  init(_ wheel: Wheel) { self.wheel = wheel }

  /// Whether the RECORD differs from the wheel's.
  var isCorrected: Bool { corrected.withLock { $0 } }
  private let corrected = Mutex(false)

  /// Replaces the wheel's RECORD; must be called before it is first used.
  func correct(_ record: Record) {
    known.withLock { $0 = .success(record) }
    corrected.withLock { $0 = true }
  }

  func get() throws(ScrubError) -> Record {
    let result = known.withLock { known in
      if let known { return known }
      let result = Result { () throws(ScrubError) in try Record.read(from: wheel) }
      known = result
      return result
    }
    return try result.get()
  }
}
