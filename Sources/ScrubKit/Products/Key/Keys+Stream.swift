import Formats
import Synchronization

extension Keys {
  /// Reports on the paths on standard input, in order, each as soon as those before it are done. Each path is keyed
  /// alone, so that its key does not depend on what else was sent, or how fast.
  /// - Parameter report: called from any thread, but never concurrently.
  public func runStream(_ report: @escaping @Sendable (KeyReport) -> Void) {
    var paths = PathStream(standardInput)
    do throws(ScrubError) {
      while let items = try paths.next() {
        // Results that are ready out of order wait in memory.
        for start in stride(from: 0, to: items.count, by: Self.window) {
          let turn = Turn(report)
          _ = options.workers.map(Array(items[start..<min(start + Self.window, items.count)].enumerated())) {
            turn.take($0.offset, self.report(of: $0.element))
          }
        }
      }
    } catch {
      report(KeyReport(path: "-", level: level, errors: [error]))
    }
  }

  private static let window = 1024

  private func report(of item: PathStream.Item) -> KeyReport {
    switch item {
    case .path(let path): run([path])[0]
    case .wrong(let path, let error): KeyReport(path: path, level: level, errors: [error])
    }
  }
}

/// Delivers reports in the order of their paths, whatever the order in which they finish.
private final class Turn: Sendable {
  private struct State {
    var next = 0
    var waiting: [Int: KeyReport] = [:]
  }

  private let state = Mutex(State())
  private let report: @Sendable (KeyReport) -> Void

  init(_ report: @escaping @Sendable (KeyReport) -> Void) { self.report = report }

  func take(_ number: Int, _ value: KeyReport) {
    state.withLock { state in
      state.waiting[number] = value
      while let ready = state.waiting.removeValue(forKey: state.next) {
        report(ready)
        state.next += 1
      }
    }
  }
}
