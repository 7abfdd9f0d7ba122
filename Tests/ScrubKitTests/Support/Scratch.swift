import Foundation

@testable import Formats
@testable import ScrubKit

/// A directory of its own for one test, removed afterwards.
final class Scratch {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "/scratch-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String, _ content: [UInt8] = []) -> String {
    let file = path + "/" + name
    let parent = (file as NSString).deletingLastPathComponent
    try! FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try! Data(content).write(to: URL(fileURLWithPath: file))
    return file
  }

  func read(_ name: String) -> [UInt8] {
    [UInt8](try! Data(contentsOf: URL(fileURLWithPath: path + "/" + name)))
  }

  /// Sorted.
  var names: [String] { try! FileManager.default.contentsOfDirectory(atPath: path).sorted() }

  /// Runs CPython's view of the matter; its output must end with success.
  @discardableResult
  func python(_ script: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-c", script] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw ScrubError("python3: \(output)") }
    return output
  }
}

/// The error that `body` throws, as the user sees it; nil where it throws none.
func errorText(_ body: () throws(ScrubError) -> Void) -> String? {
  do throws(ScrubError) {
    try body()
    return nil
  } catch { return error.description }
}

/// A random number generator that gives the same numbers on every run (SplitMix64).
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
