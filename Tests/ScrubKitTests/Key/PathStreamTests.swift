import Foundation
import Synchronization
import Testing

@testable import Formats
@testable import ScrubKit

/// Keys of paths that come from a stream.
@Suite struct PathStreamTests {
  private let scratch = Scratch()

  private func stream(_ text: [UInt8], jobs: Int = 1) -> [KeyReport] {
    let input = unsafe open(scratch.file("paths", text), O_RDONLY)
    defer { close(input) }
    var options = Options()
    options.workers = Workers(jobs: jobs)
    let reports = Mutex<[KeyReport]>([])
    Keys(options, level: .full, standardInput: input).runStream { report in
      reports.withLock { $0.append(report) }
    }
    return reports.withLock { $0 }
  }

  @Test(arguments: [1, 4]) func orderIsKept(_ jobs: Int) throws {
    var text: [UInt8] = []
    var paths: [String] = []
    for number in 0..<3000 {
      // Every seventh is missing, some are large.
      let path = "\(scratch.path)/\(number % 50).so"
      if number < 50, number % 7 != 0 {
        _ = scratch.file(
          "\(number).so",
          TinyImage.elf(code: [UInt8](repeating: UInt8(number), count: number % 5 == 0 ? 1 << 18 : 8)))
      }
      paths.append(path)
      text += Array(path.utf8) + [0]
    }
    // The stream's end ends the last path as well.
    let reports = stream(text.dropLast(), jobs: jobs)
    #expect(reports.map(\.path) == paths)
    for (number, report) in reports.enumerated() { #expect((report.key == nil) == (number % 50 % 7 == 0)) }
    let one = Keys(Options(), level: .full).run([paths[1]])[0]
    #expect(reports[1].key == one.key && reports[51].key == one.key)
  }

  @Test func whatIsNoPathIsAnErrorInItsPlace() {
    let file = scratch.file("x.so", TinyImage.elf())
    var text: [UInt8] = []
    for part in [
      [], Array("-".utf8), [0xff, 0xfe], [UInt8](repeating: 0x61, count: 1 << 20), Array(file.utf8),
    ] {
      text += part + [0]
    }
    let reports = stream(text)
    #expect(reports.count == 5)
    #expect(reports.prefix(4).allSatisfy { $0.key == nil && $0.errors.count == 1 })
    #expect(reports[3].path.count <= 200)
    #expect(reports.last?.path == file && reports.last?.key != nil)
    #expect(stream([]).isEmpty)
  }

  @Test func whatCannotBeReadIsAnError() {
    let directory = unsafe open(scratch.path, O_RDONLY)
    defer { close(directory) }
    let reports = Mutex<[KeyReport]>([])
    Keys(Options(), level: .full, standardInput: directory).runStream { report in
      reports.withLock { $0.append(report) }
    }
    #expect(reports.withLock { $0.map(\.path) } == ["-"])
    #expect(reports.withLock { $0[0].errors.count } == 1)
  }
}
