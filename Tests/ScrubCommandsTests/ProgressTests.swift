import Synchronization
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

@Suite struct ProgressTests {
  @Test func showsNothingBeforeItIsRevealed() {
    let recorder = Recorder()
    let progress = Progress(total: 3, columns: 80) { recorder.write($0, to: .error) }
    progress.begin("a.whl")
    progress.end()
    progress.reveal()
    progress.begin("b.whl")
    #expect(recorder.error.isEmpty)
  }

  @Test func rewritesOneLineAndClearsIt() {
    let recorder = Recorder()
    let progress = Progress(total: 40, columns: 24) { recorder.write($0, to: .error) }
    progress.begin("dist/a.whl")
    progress.reveal()
    progress.begin("dist/\u{1b}a-very-long-name.whl")
    progress.end()
    let clear = "\r\u{1b}[2K"
    #expect(recorder.error == "\(clear)[1/40] dist/a.whl\(clear)[2/40] dist/\\x1ba-very-\(clear)")
  }

  @Test func quickWorkAndPipesShowNothing() {
    for terminal in [true, false] {
      let run = Run(["check", "x"], engine: .samples([Sample.clean]), terminal: terminal)
      #expect(run.error.isEmpty)
    }
  }

  @Test(arguments: [["check", "x", "-q"], ["check", "x"]])
  func isSeenOnlyWhereSomebodyWatches(_ arguments: [String]) {
    let recorder = Recorder()
    var console = recorder.console([:], terminal: true, columns: 80)
    // The second is over while the first file is worked on.
    let waiting = Mutex<[@Sendable () -> Void]>([])
    console.later = { work in waiting.withLock { $0.append(work) } }
    var engine = Engine.samples([Sample.clean])
    engine.check = { _, input in
      for work in waiting.withLock({ $0 }) { work() }
      return FileReport(path: input.path)
    }
    #expect(Program.run(arguments, console: console, engine: engine) == 0)
    let clear = "\r\u{1b}[2K"
    #expect(recorder.error == (arguments.contains("-q") ? "" : "\(clear)[1/1] dist/clean.whl\(clear)"))
  }
}
