/// Arguments, environment and paths are bytes throughout: a file's name need not be text in any encoding.
public typealias Bytes = [UInt8]

extension [UInt8] {
  init(_ text: StaticString) {
    self = text.withUTF8Buffer { buffer in
      var bytes: [UInt8] = []
      for index in 0..<buffer.count { bytes.append(unsafe buffer[index]) }
      return bytes
    }
  }

  func hasPrefix(_ other: [UInt8]) -> Bool {
    guard other.count <= count else { return false }
    for index in other.indices where self[index] != other[index] { return false }
    return true
  }

  func hasPrefix(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard length <= count else { return false }
    return text.withUTF8Buffer { buffer in
      for index in 0..<length where unsafe self[index] != buffer[index] { return false }
      return true
    }
  }

  func isText(_ text: StaticString) -> Bool { count == text.utf8CodeUnitCount && hasPrefix(text) }

  func hasSuffix(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    return length <= count && dropped(count - length).isText(text)
  }

  /// Without the first bytes.
  func dropped(_ length: Int) -> [UInt8] { [UInt8](self[Swift.min(length, count)...]) }

  /// Whether `text` stands anywhere in it.
  func contains(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard length <= count else { return false }
    return (0...count - length).contains { start in
      text.withUTF8Buffer { buffer in
        for index in 0..<length where unsafe self[start + index] != buffer[index] { return false }
        return true
      }
    }
  }

  /// The pieces between separators, empty ones as well.
  func pieces(between separator: UInt8) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    var start = 0
    for index in indices where self[index] == separator {
      pieces.append([UInt8](self[start..<index]))
      start = index + 1
    }
    pieces.append([UInt8](self[start...]))
    return pieces
  }

  /// As C wants it.
  var withNul: [UInt8] { self + [0] }
}

/// Characters that this module asks for more than once.
enum Ascii {
  static let slash = UInt8(ascii: "/")
  static let hyphen = UInt8(ascii: "-")
  static let equals = UInt8(ascii: "=")
  static let quote = UInt8(ascii: "'")
  static let backslash = UInt8(ascii: "\\")
}

/// The name behind the last `/`.
func lastComponent(of path: Bytes) -> Bytes {
  guard let index = path.lastIndex(of: Ascii.slash) else { return path }
  return path.dropped(index + 1)
}

/// What is before the last `/`; `.` for a plain name.
func parent(of path: Bytes) -> Bytes {
  guard let index = path.lastIndex(of: Ascii.slash) else { return Bytes(".") }
  return index == 0 ? [Ascii.slash] : Bytes(path[..<index])
}

/// Whether `path` is `directory` or lies below it; both without symbolic links, `.` and `..`.
func isInside(_ path: Bytes, _ directory: Bytes) -> Bool {
  path.hasPrefix(directory) && (path.count == directory.count || path[directory.count] == Ascii.slash)
}

/// A number that is not negative.
func decimal(_ number: Int32) -> Bytes {
  var digits: Bytes = []
  var rest = number
  repeat {
    digits.insert(UInt8(ascii: "0") + UInt8(rest % 10), at: 0)
    rest /= 10
  } while rest > 0
  return digits
}
