import Synchronization

/// One line on a terminal, rewritten in place and gone at the end: `1,234 files found` while a tree is walked, then
/// `[####......] 12/40, 4 a second, 7 s left: dist/x.whl`. Work that takes less than a second never shows it.
final class Progress: Sendable {
  private struct State {
    /// Files that were begun, or found.
    var count = 0
    /// Nil while the tree is walked.
    var total: Int?
    var path = ""
    /// When the work on files began, seconds.
    var start = 0.0
    /// When the line was last drawn.
    var drawn = -1.0
    var isVisible = false
    var isOver = false
  }

  private let state = Mutex(State())
  private let columns: Int
  private let now: @Sendable () -> Double
  private let write: @Sendable (String) -> Void

  /// - Parameter now: seconds since any moment.
  init(
    total: Int? = nil, columns: Int, now: @escaping @Sendable () -> Double,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.columns = columns
    self.now = now
    self.write = write
    state.withLock { state in
      state.total = total
      state.start = now()
    }
  }

  /// Shows the line if the work is still in progress by then.
  func start(_ later: (@escaping @Sendable () -> Void) -> Void) { later { [weak self] in self?.reveal() } }

  func reveal() {
    state.withLock { state in
      guard !state.isOver else { return }
      state.isVisible = true
      draw(&state)
    }
  }

  /// So many files were found.
  func found(_ count: Int) {
    state.withLock { state in
      state.count = count
      redraw(&state)
    }
  }

  /// The same where the total is known only now.
  func begin(_ path: String, of total: Int) {
    state.withLock { state in
      guard state.total == nil else { return }
      state.total = total
      state.start = now()
    }
    begin(path)
  }

  /// A worker takes up a file. Written under the lock, so that two workers' lines never mix.
  func begin(_ path: String) {
    state.withLock { state in
      state.count += 1
      state.path = path
      redraw(&state)
    }
  }

  /// Clears the line; nothing is drawn afterwards.
  func end() {
    state.withLock { state in
      if state.isVisible { write(Self.clear) }
      state.isOver = true
      state.isVisible = false
    }
  }

  /// Back to the first column, erase the line (ECMA-48: CR, EL 2).
  private static let clear = "\r\u{1b}[2K"
  /// Seconds between two drawings.
  private static let pause = 0.1
  private static let barWidth = 20

  private func redraw(_ state: inout State) {
    guard state.isVisible, now() - state.drawn >= Self.pause else { return }
    draw(&state)
  }

  private func draw(_ state: inout State) {
    state.drawn = now()
    // A line that wraps cannot be rewritten in place.
    write(Self.clear + line(state).prefix(max(columns - 1, 10)))
  }

  private func line(_ state: State) -> String {
    let path = Escape.terminalSafe(state.path)
    guard let total = state.total else { return "\(Count.text(state.count, "file")) found" }
    let done = max(state.count - 1, 0)
    let filled = total > 0 ? min(Self.barWidth * done / total, Self.barWidth) : 0
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.barWidth - filled)
    return "[\(bar)] \(state.count)/\(total)\(pace(done, total, state))\(path.isEmpty ? "" : ": \(path)")"
  }

  /// `, 4 a second, 7 s left`; nothing before there is anything to tell it from.
  private func pace(_ done: Int, _ total: Int, _ state: State) -> String {
    let elapsed = now() - state.start
    guard done > 0, elapsed >= 1 else { return "" }
    let rate = Double(done) / elapsed
    let rest = Int((Double(total - done) / rate).rounded(.up))
    let left = rest < 100 ? "\(rest) s" : "\((rest + 59) / 60) min"
    return rate >= 1 ? ", \(Int(rate)) a second, \(left) left" : ", \(left) left"
  }
}
