import Formats
import Platform

/// The steps of a transaction, written down before the first is taken; whoever finds it after a crash completes them.
/// Paths are relative to the parent of the staging directory, and never lead out of it.
struct Journal: Hashable {
  /// The file that a name referred to: if somebody changed it since, their version is kept.
  struct State: Hashable {
    var inode: UInt64
    var size: Int64
    var seconds: Int
    var nanoseconds: Int

    init(_ identity: FileIdentity) {
      inode = identity.inode
      size = identity.size
      seconds = identity.modifiedSeconds
      nanoseconds = identity.modifiedNanoseconds
    }

    fileprivate var text: String { "\(inode):\(size):\(seconds):\(nanoseconds)" }

    fileprivate init?(_ text: Substring) {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 4, let inode = UInt64(parts[0]), let size = Int64(parts[1]),
        let seconds = Int(parts[2]), let nanoseconds = Int(parts[3])
      else { return nil }
      (self.inode, self.size, self.seconds, self.nanoseconds) = (inode, size, seconds, nanoseconds)
    }
  }

  enum Step: Hashable {
    /// A rename; if `before` is nil, the target does not exist before.
    case replace(staged: String, inode: UInt64, target: String, before: State?)
    case remove(String, before: State)
    /// A new time for a file that stays.
    case time(String, before: State, seconds: Int64)
  }

  var steps: [Step] = []

  private static let head = "wheelscrub journal 1\n"

  /// Ends with a checksum, so that a partial journal is invalid.
  var bytes: [UInt8] {
    var text = Self.head
    for step in steps {
      switch step {
      case .replace(let staged, let inode, let target, let before):
        text +=
          "replace \(Self.escaped(staged)) \(inode) \(Self.escaped(target)) \(before.map(\.text) ?? "-")\n"
      case .remove(let path, let before): text += "remove \(Self.escaped(path)) \(before.text)\n"
      case .time(let path, let before, let seconds):
        text += "time \(Self.escaped(path)) \(before.text) \(seconds)\n"
      }
    }
    let content = Array(text.utf8)
    return content + Array("end \(Self.checksum(content))\n".utf8)
  }

  /// Nil for a journal that is incomplete or was not written by us.
  init?(_ bytes: Bytes) {
    guard let text = String(validating: bytes.array(), as: UTF8.self), text.hasPrefix(Self.head),
      text.utf8.last == 0x0a
    else { return nil }
    var lines = text.utf8.split(separator: 0x0a).dropFirst()
    guard let end = lines.popLast(), end.starts(with: "end ".utf8) else { return nil }
    let content = Array(text.utf8[..<end.startIndex])
    guard end.dropFirst(4).elementsEqual(Self.checksum(content).utf8) else { return nil }
    for line in lines {
      let fields = line.split(separator: 0x20, omittingEmptySubsequences: false).map { Substring($0) }
      guard let step = Self.step(fields) else { return nil }
      steps.append(step)
    }
  }

  init() {}

  private static func step(_ fields: [Substring]) -> Step? {
    switch (fields.first, fields.count) {
    case ("replace", 5):
      guard let staged = path(fields[1]), let inode = UInt64(fields[2]), let target = path(fields[3]) else {
        return nil
      }
      if fields[4] == "-" { return .replace(staged: staged, inode: inode, target: target, before: nil) }
      return State(fields[4]).map { .replace(staged: staged, inode: inode, target: target, before: $0) }
    case ("remove", 3):
      guard let path = path(fields[1]), let before = State(fields[2]) else { return nil }
      return .remove(path, before: before)
    case ("time", 4):
      guard let path = path(fields[1]), let before = State(fields[2]), let seconds = Int64(fields[3]) else {
        return nil
      }
      return .time(path, before: before, seconds: seconds)
    default: return nil
    }
  }

  /// A path that stays below its directory; nil for any other.
  private static func path(_ field: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = field.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let digits = Substring(rest.prefix(2)) as Substring?, digits.utf8.count == 2,
        let value = UInt8(digits, radix: 16), value != 0
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    let parts = bytes.split(separator: 0x2f, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != [0x2e] && $0 != [0x2e, 0x2e] }) else { return nil }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func escaped(_ path: String) -> String {
    var result: [UInt8] = []
    for byte in path.utf8 {
      if byte > 0x20, byte != 0x7f, byte != UInt8(ascii: "%") {
        result.append(byte)
      } else {
        result += Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func checksum(_ content: [UInt8]) -> String {
    Digest.of(Bytes(content), .sha256).reduce(into: "") {
      $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16)
    }
  }
}
