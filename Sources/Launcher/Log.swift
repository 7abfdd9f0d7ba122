/// One line for each decision in the file that the user names.
enum Log {
  /// - Parameter outcome: what was done, as `rewritten`.
  static func line(_ outcome: Bytes, command: [Bytes], directory: Bytes?) -> Bytes {
    var line = outcome + Bytes(":")
    for word in command { line += [UInt8(ascii: " ")] + quoted(word) }
    line += Bytes("  # in ") + quoted(directory ?? Bytes("?"))
    return line + [UInt8(ascii: "\n")]
  }

  /// As a shell reads it, on one line of plain ASCII.
  static func quoted(_ word: Bytes) -> Bytes {
    func isPlain(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ","),
        UInt8(ascii: "@"), UInt8(ascii: "%"):
        true
      default: false
      }
    }
    if !word.isEmpty, word.allSatisfy(isPlain) { return word }
    guard word.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else {
      var text = [Ascii.quote]
      for byte in word {
        text += byte == Ascii.quote ? [Ascii.quote, Ascii.backslash, Ascii.quote, Ascii.quote] : [byte]
      }
      return text + [Ascii.quote]
    }
    var text = Bytes("$'")
    for byte in word {
      switch byte {
      case Ascii.quote, Ascii.backslash: text += [Ascii.backslash, byte]
      case 0x20..<0x7F: text.append(byte)
      default:
        // Always three digits: no digit behind can be taken for a part of it.
        let digits = [byte >> 6, byte >> 3 & 7, byte & 7].map { UInt8(ascii: "0") + $0 }
        text += [Ascii.backslash] + digits
      }
    }
    return text + [Ascii.quote]
  }
}
