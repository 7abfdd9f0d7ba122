import Testing

@testable import Formats
@testable import ScrubKit

/// In a process of its own: the ceiling is the process's.
@Suite struct MemoryTests {
  @Test func `a chosen ceiling`() async {
    await #expect(processExitsWith: .success) {
      Memory.limit(to: 512 << 20)
      try Memory.check(adding: 100 << 20)
      #expect(throws: ScrubError.self) { try Memory.check(adding: 600 << 20) }
      let held = try MallocBytes(claimed: 300 << 20)
      #expect(throws: ScrubError.self) { _ = try MallocBytes(claimed: 300 << 20) }
      _ = held.count
    }
  }

  @Test func `what is given back does not count`() async {
    await #expect(processExitsWith: .success) {
      Memory.limit(to: 512 << 20)
      for _ in 0..<10 { _ = try MallocBytes(claimed: 300 << 20) }
    }
  }

  @Test func `the default follows the largest file`() async {
    await #expect(processExitsWith: .success) {
      Memory.limit(to: nil)
      #expect(throws: ScrubError.self) { try Memory.check(adding: 500 << 20) }
      Memory.didOpen(100 << 20)
      Memory.didOpen(1 << 20)
      try Memory.check(adding: 500 << 20)
    }
  }

  @Test func `readers look at what the process holds`() async {
    await #expect(processExitsWith: .success) {
      Memory.limit(to: 256 << 20)
      var tables: [[UInt64]] = []
      #expect(throws: ScrubError.self) {
        try Effort.within(1 << 30) { () throws(ScrubError) in
          while tables.count < 100 {
            tables.append([UInt64](repeating: 1, count: 1 << 20))
            try Effort.charge(1 << 20)
          }
        }
      }
      #expect(tables.count > 4 && tables.count < 40)
    }
  }
}
