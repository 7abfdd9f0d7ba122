import Formats
import Platform

/// Paths in a stream, each terminated by a NUL (the last one also by the end of the stream), as `find -print0` writes
/// them. Only one read's worth is kept, so a stream may hold any number of them.
struct PathStream {
  enum Item: Sendable {
    case path(String)
    /// The displayable part of an invalid path, and what is wrong with it.
    case wrong(String, ScrubError)
  }

  private let input: Int32
  /// The beginning of a path whose end has not been read yet.
  private var begun: [UInt8] = []
  /// Whether the current path exceeds the limit, so that its bytes are dropped.
  private var isTooLong = false
  private var isAtEnd = false

  init(_ input: Int32) { self.input = input }

  /// All paths that the next bytes complete, possibly none; nil at the end. Does not wait for more than is available.
  mutating func next() throws(ScrubError) -> [Item]? {
    if isAtEnd { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var count: Int
    repeat {
      count = unsafe buffer.withUnsafeMutableBytes { unsafe read(input, $0.baseAddress, $0.count) }
    } while count < 0 && errno == EINTR
    guard count >= 0 else {
      isAtEnd = true
      throw ScrubError.system("paths cannot be read", errno, path: "-")
    }
    var items: [Item] = []
    guard count > 0 else {
      isAtEnd = true
      if !begun.isEmpty || isTooLong { items.append(end()) }
      return items
    }
    for byte in buffer[..<count] {
      if byte == 0 {
        items.append(end())
      } else if begun.count < Limits.pathLength {
        begun.append(byte)
      } else {
        isTooLong = true
      }
    }
    return items
  }

  private mutating func end() -> Item {
    defer {
      begun.removeAll(keepingCapacity: true)
      isTooLong = false
    }
    func wrong(_ message: String) -> Item {
      let shown = String(decoding: begun.prefix(200), as: UTF8.self)
      return .wrong(shown, ScrubError(message, at: Place(path: shown)))
    }
    if isTooLong { return wrong("is a path of more than \(Limits.pathLength) bytes") }
    if begun.isEmpty { return wrong("a path is empty") }
    guard let path = String(validating: begun, as: UTF8.self) else {
      return wrong("is a path that is no UTF-8")
    }
    if path == "-" { return wrong("standard input holds the paths") }
    return .path(path)
  }
}
