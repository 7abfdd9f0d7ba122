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
    try Effort.within(0) { () throws(ScrubError) in
      #expect(throws: ScrubError.self) { try Effort.charge(2 * Limits.effort) }
      try memory.whileWorking(on: wheel.members[0]) { () throws(ScrubError) in try Effort.charge(1 << 20) }
    }
  }

  @Test func `without an account nothing is bounded`() throws { try Effort.charge(.max) }
}
