import Foundation
import Glibc

/// What a program did.
struct Outcome: Sendable {
  var command: String
  var status: Int32
  var output: String
  var errors: String

  var succeeded: Bool { status == 0 }
  /// `timeout` ended the program, by SIGTERM or, where that did not help, by SIGKILL.
  var timedOut: Bool { status == 124 || status == 137 }
  /// The lines of standard error that say something.
  var errorLines: [String] { errors.lines }
  /// For a failed expectation: the command and all that it said.
  var transcript: String { "$ \(command)\n\(output)\(errors)[exit \(status)]" }
}

extension String {
  var lines: [String] { split(separator: "\n").map(String.init) }
}

struct ToolFailure: Error, CustomStringConvertible {
  var description: String
}

/// Programs of the system, run with an environment of our own so that the developer's settings for Python and
/// pip decide nothing.
enum Tools {
  /// Side by side at most: one more than the cores that builds keep busy.
  private static let slots = Slots(3)

  static func run(
    _ program: String, _ arguments: [String], in directory: String? = nil,
    environment: [String: String] = [:], limit seconds: Int = 120
  ) async throws -> Outcome {
    let log = try Workspace.shared.scratch("run")
    let output = try openForWriting(log + "/stdout")
    let errors = try openForWriting(log + "/stderr")

    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["--kill-after=5", "\(seconds)", program] + arguments
    process.environment = Workspace.shared.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: directory ?? Workspace.shared.path)
    process.standardInput = FileHandle.nullDevice
    // Files, not pipes: a pipe that fills up stops the program, and other children would inherit it.
    process.standardOutput = output
    process.standardError = errors

    // Foundation's Process crashes with some 1,360 open files: none may be left to a deinit.
    func finish() async throws {
      await slots.give()
      try output.close()
      try errors.close()
    }
    await slots.take()
    do {
      try await process.runUntilExit()
    } catch {
      try await finish()
      throw error
    }
    try await finish()

    let outcome = Outcome(
      command: ([program] + arguments).joined(separator: " "),
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: String(decoding: try Data(contentsOf: URL(fileURLWithPath: log + "/stdout")), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: log + "/stderr")), as: UTF8.self))
    try FileManager.default.removeItem(atPath: log)
    return outcome
  }

  /// Runs a program that must succeed and returns its standard output.
  @discardableResult
  static func output(
    of program: String, _ arguments: [String], in directory: String? = nil,
    environment: [String: String] = [:], limit seconds: Int = 120
  ) async throws -> String {
    let outcome = try await run(
      program, arguments, in: directory, environment: environment, limit: seconds)
    guard outcome.succeeded else { throw ToolFailure(description: outcome.transcript) }
    return outcome.output
  }

  /// Runs a script of Tests/Judges with Debian's own Python, never one that a version manager put first.
  static func judge(_ script: String, _ arguments: [String]) async throws -> Outcome {
    try await run(python, ["-W", "ignore", Workspace.repository + "/Tests/Judges/" + script] + arguments)
  }

  static let python = "/usr/bin/python3"

  /// The first of these programs that is installed.
  static func firstInstalled(_ names: [String]) -> String? {
    let directories = Workspace.shared.environment["PATH"]!.split(separator: ":")
    for name in names {
      for directory in directories where FileManager.default.isExecutableFile(atPath: "\(directory)/\(name)")
      {
        return "\(directory)/\(name)"
      }
    }
    return nil
  }

  private static func openForWriting(_ path: String) throws -> FileHandle {
    try Data().write(to: URL(fileURLWithPath: path))
    return try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }
}

extension Process {
  fileprivate func runUntilExit() async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      terminationHandler = { _ in continuation.resume() }
      // Worker threads block nearly every signal, and a child inherits that: it could not even be ended.
      var none = sigset_t()
      var threads = sigset_t()
      unsafe sigemptyset(&none)
      unsafe pthread_sigmask(SIG_SETMASK, &none, &threads)
      defer { unsafe pthread_sigmask(SIG_SETMASK, &threads, nil) }
      do {
        try run()
      } catch {
        terminationHandler = nil
        continuation.resume(throwing: error)
      }
    }
  }
}

/// So many may go on at once; the others wait in the order they came.
actor Slots {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func give() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}
