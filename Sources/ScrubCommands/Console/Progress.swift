import Synchronization

/// The line `[3/40] dist/x.whl` on a terminal, rewritten in place, and gone at the end. Work that takes less
/// than a second never shows it.
final class Progress: Sendable {
  private struct State {
    var begun = 0
    var path = ""
    var isVisible = false
    var isOver = false
  }

  private let state = Mutex(State())
  private let total: Int
  private let columns: Int
  private let write: @Sendable (String) -> Void

  init(total: Int, columns: Int, write: @escaping @Sendable (String) -> Void) {
    self.total = total
    self.columns = columns
    self.write = write
  }

  /// Shows the line if the work still goes on by then.
  func start(_ later: (@escaping @Sendable () -> Void) -> Void) { later { [weak self] in self?.reveal() } }

  func reveal() {
    state.withLock { state in
      guard !state.isOver else { return }
      state.isVisible = true
      draw(state)
    }
  }

  /// A worker takes up a file. Written under the lock, so that two workers' lines never mix.
  func begin(_ path: String) {
    state.withLock { state in
      state.begun += 1
      state.path = path
      if state.isVisible { draw(state) }
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

  private func draw(_ state: State) {
    let line = "[\(state.begun)/\(total)] \(Escape.terminalSafe(state.path))"
    // A line that wraps cannot be rewritten in place.
    write(Self.clear + line.prefix(max(columns - 1, 10)))
  }
}
