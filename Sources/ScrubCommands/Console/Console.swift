import Dispatch

/// Everything that a command sees of the outside world, apart from files.
public struct Console: Sendable {
  public enum Stream: Hashable, Sendable {
    case output, error
  }

  /// The maximum width of a report if no width is known; the same on every machine.
  public static let defaultColumns = 120

  private let sink: @Sendable (String, Stream) -> Void
  public var environment: [String: String]
  public var outputIsTerminal: Bool
  public var errorIsTerminal: Bool
  public var columns: Int
  /// Calls back after a second, while the caller continues.
  var later: @Sendable (@escaping @Sendable () -> Void) -> Void = { work in
    DispatchQueue.global().asyncAfter(deadline: .now() + 1, execute: work)
  }

  /// Seconds since any moment.
  var now: @Sendable () -> Double = { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

  public init(
    environment: [String: String] = [:], outputIsTerminal: Bool = false, errorIsTerminal: Bool = false,
    columns: Int = Console.defaultColumns, sink: @escaping @Sendable (String, Stream) -> Void
  ) {
    self.environment = environment
    self.outputIsTerminal = outputIsTerminal
    self.errorIsTerminal = errorIsTerminal
    self.columns = columns
    self.sink = sink
  }

  public func write(_ text: String, to stream: Stream) { sink(text, stream) }

  func isTerminal(_ stream: Stream) -> Bool {
    stream == .output ? outputIsTerminal : errorIsTerminal
  }
}
