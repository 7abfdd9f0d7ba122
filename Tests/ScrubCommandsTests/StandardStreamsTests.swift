import Foundation
import Testing

@testable import ScrubCommands

/// What happens when the reader of the output is gone or full; the process must outlive it.
@Suite struct StandardStreamsTests {
  private let error = Pipe()

  private func errorText() throws -> String {
    try error.fileHandleForWriting.close()
    return String(decoding: try error.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
  }

  private func streams(_ output: FileHandle) -> StandardStreams {
    StandardStreams(
      output: output.fileDescriptor, error: error.fileHandleForWriting.fileDescriptor)
  }

  @Test func writesEverything() throws {
    let output = Pipe()
    let streams = streams(output.fileHandleForWriting)
    streams.console.write("one\n", to: .output)
    streams.console.write("two\n", to: .error)
    #expect(!streams.reportFailedOutput())
    try output.fileHandleForWriting.close()
    #expect(try output.fileHandleForReading.readToEnd() == Data("one\n".utf8))
    #expect(try errorText() == "two\n")
  }

  @Test func aReaderThatWentAwayIsNoFailure() throws {
    let output = Pipe()
    try output.fileHandleForReading.close()
    let streams = streams(output.fileHandleForWriting)
    for _ in 0..<3 { streams.console.write("text\n", to: .output) }
    #expect(!streams.reportFailedOutput())
    #expect(try errorText().isEmpty)
  }

  @Test func aFullDiskIsAFailure() throws {
    let output = try FileHandle(forWritingTo: URL(filePath: "/dev/full"))
    let streams = streams(output)
    streams.console.write("text\n", to: .output)
    #expect(streams.reportFailedOutput())
    #expect(try errorText() == "error: standard output: No space left on device\n")
  }
}
