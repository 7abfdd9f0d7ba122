import Formats

/// The beginning of a script, which names its interpreter.
///
/// Either `#!/path/python -I`, or, if that is too long for the kernel or contains a space, a line for the shell that is
/// a string for Python, as installers write it:
///
///     #!/bin/sh
///     '''exec' "/path/python" -I "$0" "$@"
///     ' '''
struct ScriptHead: Sendable {
  /// The range of the interpreter's path, without quotes.
  let range: Range<Int>
  let interpreter: [UInt8]
  /// The rest after it, including the space before it.
  let arguments: [UInt8]
  let isExec: Bool
  /// Where the rest of the file begins.
  let end: Int

  /// Nil if the first line is of neither kind, or holds no absolute path.
  init?(_ bytes: Bytes) {
    let span = bytes.span
    guard bytes.count > 2, bytes[0..<2].array() == Array("#!".utf8) else { return nil }
    let first = Self.line(span, from: 0)
    if let exec = Self.exec(bytes, behind: first) {
      self = exec
      return
    }
    guard let end = span.firstIndex(of: newline, from: 0) else { return nil }
    var start = 2
    while start < first.upperBound, span[start] == space || span[start] == tab { start += 1 }
    var stop = start
    while stop < first.upperBound, span[stop] != space, span[stop] != tab { stop += 1 }
    self.init(
      bytes, range: start..<stop, arguments: bytes[stop..<first.upperBound].array(), isExec: false,
      end: end + 1)
  }

  private init?(_ bytes: Bytes, range: Range<Int>, arguments: [UInt8], isExec: Bool, end: Int) {
    guard !range.isEmpty, bytes[range.lowerBound] == slash else { return nil }
    interpreter = bytes[range].array()
    guard !interpreter.contains(0), arguments.first ?? space == space || arguments.first == tab else {
      return nil
    }
    self.range = range
    self.arguments = arguments
    self.isExec = isExec
    self.end = end
  }

  /// Without its terminator.
  private static func line(_ span: Span<UInt8>, from start: Int) -> Range<Int> {
    var end = span.firstIndex(of: newline, from: start) ?? span.count
    if end > start, span[end - 1] == carriageReturn { end -= 1 }
    return start..<end
  }

  private static func exec(_ bytes: Bytes, behind first: Range<Int>) -> ScriptHead? {
    let span = bytes.span
    guard bytes[first].array() == Array("#!/bin/sh".utf8), first.upperBound < bytes.count else { return nil }
    let second = line(span, from: first.upperBound + 1)
    let opening = Array("'''exec' ".utf8)
    let closing = Array(" \"$0\" \"$@\"".utf8)
    let text = bytes[second].array()
    guard text.count > opening.count + closing.count, text.starts(with: opening),
      text.suffix(closing.count).elementsEqual(closing)
    else { return nil }
    let third = second.upperBound + 1
    let last = Array("' '''\n".utf8)
    guard bytes.slice(at: UInt64(third), length: UInt64(last.count))?.array() == last else { return nil }
    var start = second.lowerBound + opening.count
    let limit = second.upperBound - closing.count
    let quote = span[start]
    var stop: Int
    let behind: Int
    if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      start += 1
      stop = start
      while stop < limit, span[stop] != quote { stop += 1 }
      behind = stop + 1
      guard stop < limit else { return nil }
    } else {
      stop = start
      while stop < limit, span[stop] != space { stop += 1 }
      behind = stop
    }
    return ScriptHead(
      bytes, range: start..<stop, arguments: bytes[behind..<limit].array(), isExec: true,
      end: third + last.count)
  }

  /// Whether Python runs the script: then the shell form can replace the plain one.
  var isPython: Bool {
    let name = interpreter.split(separator: slash).last ?? []
    return ["python", "pypy"].contains { Bytes(Array(name)).span.firstIndex(of: Array($0.utf8)) != nil }
  }

  /// The length of a first line that every kernel reads completely; Linux reads 255 since 5.1, and truncates longer
  /// ones.
  static let lengthLimit = 127
  private static let newLengthLimit = 255

  /// The head with another interpreter, in the form that its length requires, so that it does not depend on the length
  /// of the old path; nil if no form would run.
  func replacing(interpreter new: [UInt8], in bytes: Bytes) -> [UInt8]? {
    let isWord = !new.contains { $0 == space || $0 == tab }
    let length = 2 + new.count + arguments.count
    let direct = Array("#!".utf8) + new + arguments + [newline]
    if isWord, length <= Self.lengthLimit { return direct }
    if isExec {
      // In the existing quotes.
      return bytes[0..<range.lowerBound].array() + new + bytes[range.upperBound..<end].array()
    }
    guard isPython else { return isWord && length <= Self.newLengthLimit ? direct : nil }
    let word = isWord ? new : [UInt8(ascii: "\"")] + new + [UInt8(ascii: "\"")]
    return Array("#!/bin/sh\n'''exec' ".utf8) + word + arguments + Array(" \"$0\" \"$@\"\n' '''\n".utf8)
  }
}

private let slash = UInt8(ascii: "/")
private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")
private let newline = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
