import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Programs that say they are interpreters.
@Suite struct InterpreterProcessTests {
  private let scratch = Scratch()

  private func program(_ script: String) throws -> String {
    let path = scratch.file("python3", Array("#!/bin/sh\n\(script)\n".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  /// `h`, a length, and a greeting of 3.11.
  private let greeting = #"printf 'h\010\0\0\0\0\0\0\0\247\015\015\0123.11'"#

  /// - Parameter patience: one second only for what never answers.
  private func expectError(_ expected: String, _ script: String, patience: Int = 60) throws {
    let path = try program(script)
    let text = errorText { () throws(ScrubError) in _ = try InterpreterProcess(path, patience: patience) }
    #expect(text == "\(path): does not work as an interpreter: \(expected)")
  }

  @Test func noGreeting() throws {
    try expectError("ended without an answer", "exit 0")
    try expectError("ended without an answer", "printf hello; exit 0")
    try expectError("did not answer in 1 seconds", "exec /bin/sleep 100", patience: 1)
    try expectError("is no CPython", #"printf 'x\001\0\0\0\0\0\0\0y'"#)
    try expectError(
      "answers with 18446744073709551615 bytes", #"printf 'h\377\377\377\377\377\377\377\377'"#)
    #expect(errorText { () throws(ScrubError) in _ = try InterpreterProcess("/nonexistent") } != nil)
  }

  private func answer(_ script: String, patience: Int) throws -> InterpreterProcess.Answer {
    let process = try InterpreterProcess(try program(greeting + "\n" + script))
    #expect(process.magic == 3495 && process.version == "3.11")
    // More than fits between two programs, so that sending has to wait.
    return process.compile(Bytes(Array(repeating: 0x20, count: 4 << 20)), level: 0, patience: patience)
  }

  @Test func noAnswer() throws {
    for (script, patience, message) in [
      ("exit 0", 60, "ended while it compiled"), ("exec /bin/sleep 100", 1, "did not answer in 1 seconds"),
    ] {
      guard case .failed(let text) = try answer(script, patience: patience) else {
        Issue.record("no failure")
        continue
      }
      #expect(text == message)
    }
  }

  /// Nothing of the caller's surroundings reaches it, and nothing of the source is run.
  @Test func isolation() throws {
    let interpreter = try #require(InjectionTests.interpreters.last)
    let process = try InterpreterProcess(interpreter.path)
    let canary = scratch.path + "/canary"
    let source = "import os\nopen('\(canary)', 'w')\nraise SystemExit\n"
    guard case .code(let code) = process.compile(Bytes(Array(source.utf8)), level: 0) else {
      Issue.record("does not compile")
      return
    }
    #expect(code.count > 50)
    #expect(!FileManager.default.fileExists(atPath: canary))
    // It goes on after a source that is none.
    guard case .refused(let message) = process.compile(Bytes(Array("def (".utf8)), level: 0) else {
      Issue.record("compiles")
      return
    }
    #expect(message.hasPrefix("SyntaxError: "))
    guard case .code = process.compile(Bytes([]), level: 2) else {
      Issue.record("does not go on")
      return
    }
    let environment = try String(contentsOfFile: "/proc/\(process.identifier)/environ", encoding: .utf8)
    #expect(environment.isEmpty)
  }
}
