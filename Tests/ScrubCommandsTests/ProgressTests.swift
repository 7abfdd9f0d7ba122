import Synchronization
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

@Suite struct ProgressTests {
  /// Time that passes only where a test says so.
  private final class Clock: Sendable {
    private let time = Mutex(0.0)
    func pass(_ seconds: Double) { time.withLock { $0 += seconds } }
    var now: Double { time.withLock { $0 } }
  }

  private let recorder = Recorder()
  private let clock = Clock()
  private static let clear = "\r\u{1b}[2K"
  private static let empty = "[....................]"

  private func progress(total: Int?, columns: Int = 80) -> Progress {
    Progress(
      total: total, columns: columns, now: { [clock] in clock.now },
      write: { [recorder] in recorder.write($0, to: .error) })
  }

  @Test func showsNothingBeforeItIsRevealed() {
    let progress = progress(total: 3)
    progress.begin("a.whl")
    progress.end()
    progress.reveal()
    progress.begin("b.whl")
    #expect(recorder.error.isEmpty)
  }

  @Test func rewritesOneLineAndClearsIt() {
    let progress = progress(total: 40, columns: 46)
    progress.begin("dist/a.whl")
    progress.reveal()
    clock.pass(0.2)
    progress.begin("dist/\u{1b}a-very-long-name.whl")
    progress.end()
    let clear = Self.clear
    #expect(
      recorder.error
        == "\(clear)\(Self.empty) 1/40: dist/a.whl\(clear)\(Self.empty) 2/40: dist/\\x1ba-very-\(clear)",
      "\(recorder.error.debugDescription)")
  }

  @Test func `ten times a second at most`() {
    let progress = progress(total: 10_000)
    progress.reveal()
    for number in 0..<1000 {
      clock.pass(0.001)
      progress.begin("\(number)")
    }
    let drawn = recorder.error.split(separator: Self.clear).count
    #expect((9...11).contains(drawn), "\(drawn)")
  }

  @Test func `a bar with rate and rest`() {
    let progress = progress(total: 40)
    progress.reveal()
    for _ in 0..<20 {
      clock.pass(0.25)
      progress.begin("x.whl")
    }
    let last = recorder.error.split(separator: Self.clear).last
    #expect(last == "[#########...........] 20/40, 3 a second, 6 s left: x.whl", "\(last ?? "")")
  }

  @Test func `files so far while a tree is walked`() {
    let progress = progress(total: nil)
    progress.reveal()
    clock.pass(1)
    progress.found(1234)
    progress.end()
    #expect(recorder.error == "\(Self.clear)0 files found\(Self.clear)1234 files found\(Self.clear)")
  }

  @Test func quickWorkAndPipesShowNothing() {
    for terminal in [true, false] {
      let run = Run(["check", "x"], engine: .samples([Sample.clean]), terminal: terminal)
      #expect(run.error.isEmpty)
    }
  }

  @Test(
    arguments: [
      (["check", "x", "-q"], [:], false), (["check", "x"], [:], true),
      (["check", "x"], ["CI": "true"], false),
      (["check", "x"], ["TERM": "dumb"], false), (["check", "x"], ["CI": "false"], true),
    ] as [([String], [String: String], Bool)])
  func isSeenOnlyWhereSomebodyWatches(
    _ row: (arguments: [String], environment: [String: String], isSeen: Bool)
  ) {
    let recorder = Recorder()
    var console = recorder.console(row.environment, terminal: true, columns: 80)
    // The second is over while the first file is worked on.
    let waiting = Mutex<[@Sendable () -> Void]>([])
    console.later = { work in waiting.withLock { $0.append(work) } }
    console.now = { 0 }
    var engine = Engine.samples([Sample.clean])
    engine.check = { _, input in
      for work in waiting.withLock({ $0 }) { work() }
      return FileReport(path: input.path)
    }
    #expect(Program.run(row.arguments, console: console, engine: engine) == 0)
    let line = "\(Self.clear)\(Self.empty) 1/1: dist/clean.whl\(Self.clear)"
    #expect(recorder.error == (row.isSeen ? line : ""))
  }
}
