internal import BuildRoots
import Formats

/// The rest of a string after removing parts that may legitimately vary between builds. Strings with the same normal
/// form differ for the reason that the form is named after.
enum NormalForm {
  /// Without build roots and without `fix`'s filler.
  static func ofPath(_ text: [UInt8], _ roots: RootMap) -> [UInt8] {
    let clean = roots.clean(text.span) ?? text
    guard clean.contains(slash) else { return clean }
    var result: [UInt8] = []
    result.reserveCapacity(clean.count)
    for byte in clean where byte != slash || result.last != slash { result.append(byte) }
    return result
  }

  static func holdsRoot(_ text: [UInt8], _ roots: RootMap) -> Bool { roots.containsRoot(text.span) }

  /// Names that a compiler derives as a whole from the path or a random number.
  private static let generatedNames = ["_GLOBAL__sub_I_", "_GLOBAL__sub_D_", "_GLOBAL__F_", "_GLOBAL__I_"]
    .map { Array($0.utf8) }

  /// Without hashes: hexadecimal runs of eight digits or more (Rust's `17h<16 hex>E`, gcc's `_<8 hex>_0x<hex>`,
  /// `_GLOBAL__N_<hash>`) and the crate disambiguators of Rust's v0 mangling, `Cs<base62>_`.
  static func ofSymbol(_ name: [UInt8]) -> [UInt8] {
    if let generated = generatedNames.first(where: { name.starts(with: $0) }) { return generated }
    var result: [UInt8] = []
    var index = 0
    while index < name.count {
      if let end = hexadecimalRun(name, index) ?? disambiguator(name, index) {
        result.append(0)
        index = end
      } else {
        result.append(name[index])
        index += 1
      }
    }
    return result
  }

  private static func hexadecimalRun(_ name: [UInt8], _ start: Int) -> Int? {
    // Upper and lower case are not mixed, so the E after Rust's hash is not one of its digits.
    for letters in [UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F")] {
      var end = start
      while end < name.count, isDigit(name[end]) || letters.contains(name[end]) { end += 1 }
      if end - start >= 8 { return end }
    }
    return nil
  }

  private static func disambiguator(_ name: [UInt8], _ start: Int) -> Int? {
    guard start + 3 < name.count, name[start] == UInt8(ascii: "C"), name[start + 1] == UInt8(ascii: "s")
    else {
      return nil
    }
    var end = start + 2
    while end < name.count, isAlphanumeric(name[end]) { end += 1 }
    return end < name.count && name[end] == UInt8(ascii: "_") && end > start + 2 ? end + 1 : nil
  }

  /// Without `Mmm dd yyyy` (`__DATE__`), `hh:mm:ss` (`__TIME__`) and ISO dates.
  static func ofTime(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < text.count {
      if let pattern = timePatterns.first(where: { matches(text, index, $0) }) {
        result.append(0)
        index += pattern.count
      } else {
        result.append(text[index])
        index += 1
      }
    }
    return result
  }

  /// `0` is a digit or a space, `A` an upper-case letter, `a` a lower-case letter.
  private static let timePatterns = ["Aaa 00 0000", "00:00:00", "0000-00-00"].map { Array($0.utf8) }

  private static func matches(_ text: [UInt8], _ start: Int, _ pattern: [UInt8]) -> Bool {
    guard start + pattern.count <= text.count else { return false }
    return pattern.indices.allSatisfy { index in
      let byte = text[start + index]
      return switch pattern[index] {
      case UInt8(ascii: "0"): isDigit(byte) || byte == UInt8(ascii: " ")
      case UInt8(ascii: "A"): (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      case UInt8(ascii: "a"): (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
      case let literal: byte == literal
      }
    }
  }

  private static let compilers = [
    "GNU C", "GNU AS", "GNU F", "GNU Ada", "GNU GIMPLE", "GCC: ", "clang version", "clang LLVM",
    "rustc version",
    "Linker: ", "Debian clang", "Ubuntu clang", "Swift version", "Apple clang",
  ].map { Array($0.utf8) }

  /// One form for all text that states a compiler's version and flags; all other text is unchanged.
  static func ofCompiler(_ text: [UInt8]) -> [UInt8] {
    compilers.contains { text.starts(with: $0) } ? [0] : text
  }

  private static let slash = UInt8(ascii: "/")

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (byte | 0x20) &- UInt8(ascii: "a") < 26
  }
}
