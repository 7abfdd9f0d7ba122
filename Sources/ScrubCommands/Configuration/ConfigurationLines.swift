/// Where the keys of a configuration are written: TOMLKit keeps no places of what it has read.
struct ConfigurationLines {
  /// Counted from 1: of a key, and of a key in a table of the settings as `patterns.name`.
  private(set) var keys: [String: Int] = [:]
  /// Of the table, for a key that is written in an unusual way.
  private(set) var table = 1

  /// In one pass for all keys.
  /// - Parameter outer: the names of the tables around the settings.
  init(_ text: String, outer: [String]) {
    var table: [String] = []
    var state = State()
    for (index, bytes) in text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      let isInside = state.isInside
      state.pass(bytes)
      // The rest of a value that began on a line above.
      if isInside { continue }
      let line = Substring(bytes)
      let words = Self.words(line)
      var names: [String] = []
      if line.drop(while: { $0 == " " || $0 == "\t" }).first == "[" {
        table = words
        if table == outer { self.table = index + 1 }
        names = [table]
          .compactMap { Self.name($0, in: outer) }
      } else {
        names = (1...2).compactMap { Self.name(table + words.prefix($0), in: outer) }
      }
      for name in names where keys[name] == nil { keys[name] = index + 1 }
    }
  }

  /// What is open at the end of a line: brackets, and a string of several lines. What lies in other strings and in comments
  /// is passed over.
  private struct State {
    private var brackets = 0
    private var quote: UInt8?

    var isInside: Bool { brackets > 0 || quote != nil }

    mutating func pass(_ line: Substring.UTF8View) {
      var rest = line
      var isValue = isInside
      while let byte = rest.popFirst() {
        let isTriple = rest.prefix(2).count == 2 && rest.prefix(2).allSatisfy { $0 == byte }
        if let quote {
          if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") { _ = rest.popFirst() }
          if byte == quote, isTriple {
            self.quote = nil
            rest = rest.dropFirst(2)
          }
          continue
        }
        switch byte {
        case UInt8(ascii: "#"): return
        case UInt8(ascii: "="): isValue = true
        case UInt8(ascii: "["), UInt8(ascii: "{"): if isValue { brackets += 1 }
        case UInt8(ascii: "]"), UInt8(ascii: "}"): if isValue { brackets = max(brackets - 1, 0) }
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
          if isTriple {
            quote = byte
            rest = rest.dropFirst(2)
          } else {
            Self.passString(&rest, byte)
          }
        default: break
        }
      }
    }

    private static func passString(_ rest: inout Substring.UTF8View, _ quote: UInt8) {
      while let byte = rest.popFirst(), byte != quote {
        if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") { _ = rest.popFirst() }
      }
    }
  }

  /// What stands behind `outer`, with dots, where that is one or two words.
  private static func name(_ words: [String], in outer: [String]) -> String? {
    let count = words.count - outer.count
    guard (1...2).contains(count), words.prefix(outer.count) == outer[...] else { return nil }
    return words.dropFirst(outer.count).joined(separator: ".")
  }

  /// The dotted name that a line begins with, without quotes and brackets.
  private static func words(_ line: Substring) -> [String] {
    var words: [String] = [""]
    var quote: Character?
    for character in line.drop(while: { " \t[".contains($0) }) {
      if let open = quote {
        if character == open { quote = nil } else { words[words.count - 1].append(character) }
        continue
      }
      switch character {
      case "\"", "'": quote = character
      case ".": words.append("")
      case "=", "]", "#": return words
      case " ", "\t", "\r": break
      default: words[words.count - 1].append(character)
      }
    }
    return words
  }
}
