internal import CElf
import Formats

/// Values in loaded bytes that a tool derived from the path, the time or chance, and in which no search finds a path.
struct KnownValues {
  private let hasCoverage: Bool
  private let hasSanitizer: Bool
  private let is64: Bool

  /// - Parameter image: the first of the two; the other was built from the same source.
  init(_ image: ElfImage) {
    hasCoverage = ToolMarks.coverage(image)
    hasSanitizer = ToolMarks.sanitizer(image)
    is64 = image.header.is64
  }

  /// The cause of all differences in two sections of one name; nil if they are not all of one kind.
  func cause(of section: ElfImage.Section, _ one: Bytes, _ other: Bytes) -> Cause? {
    switch section.name {
    case ToolMarks.goNote: return .goBuildID
    case ToolMarks.swiftHash: return .swiftModuleHash
    default: return hasCoverage && isData(section) && isCoverage(one, other) ? .coverageStamp : nil
    }
  }

  /// The cause of bytes that nothing else explains.
  func likely(_ section: ElfImage.Section) -> Cause? {
    guard isData(section) else { return nil }
    return hasSanitizer ? .sanitizerOrder : hasCoverage ? .coverageStamp : nil
  }

  private func isData(_ section: ElfImage.Section) -> Bool {
    section.type == UInt32(SHT_PROGBITS) && section.flags & UInt64(SHF_WRITE) != 0
  }

  /// Whether only gcov fields differ: in `gcov_info` the stamp and the checksum after version and pointer, in
  /// `gcov_fn_info` the checksum of the function's line, between two equal numbers (gcc's gcov-io.h).
  private func isCoverage(_ one: Bytes, _ other: Bytes) -> Bool {
    guard one.count == other.count else { return false }
    let (left, right) = (one.span, other.span)
    func isSame(_ word: Int) -> Bool {
      guard word >= 0, word + 4 <= left.count else { return true }
      for index in word..<word + 4 where left[index] != right[index] { return false }
      return true
    }
    // The distances from the version to the stamp and to the checksum.
    let fields = is64 ? [16, 20] : [8, 12]
    for word in stride(from: 0, to: left.count, by: 4) where !isSame(word) {
      if fields.contains(where: { isVersion(left, at: word - $0) }) { continue }
      guard isSame(word - 4), isSame(word + 4) else { return false }
    }
    return true
  }

  /// `B22*`, gcc 12.2, as a number in either byte order.
  private func isVersion(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    guard offset >= 0 else { return false }
    func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    func isStatus(_ byte: UInt8) -> Bool {
      [UInt8(ascii: "*"), UInt8(ascii: "e"), UInt8(ascii: "p")].contains(byte)
    }
    return isDigit(bytes[offset + 1]) && isDigit(bytes[offset + 2])
      && (isStatus(bytes[offset]) || isStatus(bytes[offset + 3]))
  }
}

/// Signs that a tool was used for an image.
enum ToolMarks {
  /// Go's own id: action and content, hashes in base64 (cmd/go's buildid.go).
  static let goNote = ".note.go.buildid"
  static let swiftHash = ".swift_modhash"

  /// Whether gcc's `--coverage` was used.
  static func coverage(_ image: ElfImage) -> Bool {
    names("__gcov_", in: image) || holds("GCOV_PREFIX", image)
  }

  /// Whether gcc's `-fsanitize=address` was used; clang registers globals in another way, in source order.
  static func sanitizer(_ image: ElfImage) -> Bool { names("__asan_register_globals", in: image) }

  private static func names(_ text: String, in image: ElfImage) -> Bool {
    image.sections.contains { section in
      guard section.type == UInt32(SHT_STRTAB), let range = section.fileRange else { return false }
      return image.bytes[range].span.firstIndex(of: Array(text.utf8)) != nil
    }
  }

  private static func holds(_ text: String, _ image: ElfImage) -> Bool {
    image.bytes.span.firstIndex(of: Array(text.utf8)) != nil
  }
}
