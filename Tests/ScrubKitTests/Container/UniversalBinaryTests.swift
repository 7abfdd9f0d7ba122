import Testing

@testable import Formats
@testable import ScrubKit

/// Universal binaries that lie, found by mutations.
@Suite struct UniversalBinaryTests {
  /// Two slices of 16 bytes, aligned to 64.
  private func binary(alignment: UInt32 = 6, gap: UInt8 = 0) throws -> [UInt8] {
    var bytes = big(0xcafe_babe) + big(2)
    for (cpu, offset) in [(0x0100_0007, 64), (0x0100_000c, 128)] as [(UInt32, UInt32)] {
      bytes += big(cpu) + big(3) + big(offset) + big(16) + big(alignment)
    }
    bytes += [UInt8](repeating: 0, count: 64 - bytes.count)
    return bytes + [UInt8](repeating: 1, count: 16) + [UInt8](repeating: gap, count: 48)
      + [UInt8](repeating: 2, count: 16)
  }

  private func big(_ value: UInt32) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  @Test func `a slice that grows moves the next one`() throws {
    let grown = Bytes([UInt8](repeating: 3, count: 100))
    let binary = try UniversalBinary(Bytes(binary()))
    let output = try UniversalBinary(binary.replacing([0: grown]))
    #expect(output.slices.map(\.range) == [64..<164, 192..<208])
    #expect(output.bytes[192..<208] == binary.bytes[128..<144])
  }

  @Test func `an alignment of a gigabyte is refused`() throws {
    let bytes = Bytes(try binary(alignment: 30))
    let error = errorText { () throws(ScrubError) in _ = try UniversalBinary(bytes) }
    #expect(error?.contains("alignment 2^30 of slice x86_64 exceeds the limit") == true, "\(error ?? "")")
  }

  @Test func `bytes between slices do not get lost`() throws {
    let binary = try UniversalBinary(Bytes(binary(gap: 7)))
    let same = try binary.replacing([0: Bytes([UInt8](repeating: 3, count: 16))])
    #expect(same[80..<128] == binary.bytes[80..<128])
    let error = errorText { () throws(ScrubError) in
      _ = try binary.replacing([0: Bytes([UInt8](repeating: 3, count: 8))])
    }
    #expect(error?.contains("bytes of no slice would have to move") == true, "\(error ?? "")")
  }
}
