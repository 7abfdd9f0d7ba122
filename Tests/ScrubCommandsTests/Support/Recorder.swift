import ScrubCommands
import Synchronization

/// A console that keeps what was written, and the exit code of what wrote it.
final class Recorder: Sendable {
  private let state = Mutex<(output: String, error: String)>(("", ""))

  var output: String { state.withLock { $0.output } }
  var error: String { state.withLock { $0.error } }

  func write(_ text: String, to stream: Console.Stream) {
    state.withLock { state in
      if stream == .output { state.output += text } else { state.error += text }
    }
  }

  func console(_ environment: [String: String], terminal: Bool, columns: Int) -> Console {
    Console(
      environment: environment, outputIsTerminal: terminal, errorIsTerminal: terminal, columns: columns
    ) { self.write($0, to: $1) }
  }
}

/// What one run printed and returned.
struct Run {
  var code: Int32
  var output: String
  var error: String

  init(
    _ arguments: [String], engine: Engine = .samples(), environment: [String: String] = [:],
    terminal: Bool = false, columns: Int = 100
  ) {
    let recorder = Recorder()
    code = Program.run(
      arguments, console: recorder.console(environment, terminal: terminal, columns: columns), engine: engine)
    output = recorder.output
    error = recorder.error
  }
}
