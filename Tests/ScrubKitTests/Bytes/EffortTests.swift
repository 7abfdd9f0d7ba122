import Testing

@testable import Formats
@testable import ScrubKit

/// What a file may cost is in proportion to its size, with something to spare that a wheel's members share.
@Suite struct EffortTests {
  private static func charge(
    _ units: Int, within size: Int, _ spare: Effort.Spare = Effort.Spare()
  ) -> String? {
    do throws(ScrubError) {
      try Effort.within(size, spare) { () throws(ScrubError) in
        // In steps, as readers do.
        for _ in 0..<units / 4096 { try Effort.charge(4096) }
      }
      return nil
    } catch {
      return error.message
    }
  }

  @Test func `small files have something to spare`() {
    #expect(Self.charge(Limits.effort / 2, within: 0) == nil)
    #expect(Self.charge(Limits.effort + 1 << 20, within: 0)?.contains("than its 0 bytes explain") == true)
  }

  @Test func `large files may cost more`() {
    let size = 8 << 20
    #expect(Self.charge(Limits.effortRatio * size, within: size) == nil)
    #expect(Self.charge(Limits.effortRatio * size + Limits.effort + 1 << 20, within: size) != nil)
  }

  @Test func `members share what there is to spare`() {
    let spare = Effort.Spare()
    let part = Limits.effort * 3 / 4
    #expect(Self.charge(part, within: 10, spare) == nil)
    #expect(Self.charge(part, within: 10, spare) != nil)
    // What needs none of it goes on.
    #expect(Self.charge(1 << 20, within: 1 << 20, spare) == nil)
  }

  @Test func `an inner account is not the outer one's`() throws {
    let error = Self.charge(0, within: 0)
    #expect(error == nil)
    try Effort.within(0) { () throws(ScrubError) in
      #expect(Self.charge(Limits.effort * 2, within: 1) != nil)
      try Effort.charge(Limits.effort / 2)
    }
  }

  /// Whatever thread looks at it: with one job it is the one that has the wheel's account.
  @Test func `a member has an account of its own`() throws {
    let scratch = Scratch()
    let zip = TestZip([TestZip.Entry("pkg/a.so", String(repeating: "x", count: 1 << 16))])
    let wheel = try Wheel(MappedFile.open(scratch.file("a.whl", zip.bytes())))
    let memory = WheelMemory(wheel, largest: 1 << 16)
    let error = Self.refusal { () throws(ScrubError) in
      #expect(Self.refusal { () throws(ScrubError) in try Effort.charge(2 * Limits.effort) } != nil)
      try Effort.charge(Limits.effort / 2)
      try? Effort.charge(2 * Limits.effort)
      try memory.whileWorking(on: wheel.members[0]) { () throws(ScrubError) in try Effort.charge(1 << 20) }
      throw ScrubError("has worked")
    }
    // The member was not the one that was refused.
    #expect(error?.kind == .beyondBounds && error?.place.member == nil)
  }

  /// What ends an account for a file without bytes.
  private static func refusal(_ body: () throws(ScrubError) -> Void) -> ScrubError? {
    do throws(ScrubError) { try Effort.within(0) { () throws(ScrubError) in try body() } } catch {
      return error
    }
    return nil
  }

  /// As a clause does that makes a note of every error, or `try?`.
  @Test(arguments: [true, false]) func `a refusal that was caught ends the file all the same`(isWork: Bool) {
    func refuse() throws(ScrubError) {
      if isWork {
        try Effort.charge(2 * Limits.effort, at: Place(section: ".x", offset: 3))
      } else {
        throw Effort.refuse(ScrubError("needs more memory", kind: .beyondBounds))
      }
    }
    let error = Self.refusal { () throws(ScrubError) in
      try? refuse()
      Effort.locateRefusal(in: "region")
      // Before a result is written.
      do throws(ScrubError) { try Effort.settle() } catch { return }
      throw ScrubError("was not refused")
    }
    #expect(error?.kind == .beyondBounds)
    #expect(error?.place == (isWork ? Place(section: ".x", offset: 3) : Place(section: "region")))
    let other = Self.refusal { () throws(ScrubError) in
      try? refuse()
      throw ScrubError("what follows from it")
    }
    #expect(other?.kind == .beyondBounds)
  }

  @Test func `what cannot throw is stopped`() {
    var answers: [Bool] = []
    let error = Self.refusal { () throws(ScrubError) in
      answers = [1000, 2 * Limits.effort, 1].map(Effort.grants)
    }
    #expect(answers == [true, false, false])
    #expect(error?.kind == .beyondBounds)
  }

  @Test func `without an account nothing is bounded`() throws { try Effort.charge(.max) }
}
