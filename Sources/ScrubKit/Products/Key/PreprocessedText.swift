internal import BuildRoots
import Formats

/// Preprocessed C or C++, which compiler caches look at. Paths are in linemarkers and, where `__FILE__` and assert were
/// expanded, in strings.
///
/// `fix` does not write such files. The key is made of the text with the stable prefix in each place: nothing depends
/// on the lengths, and after `fix`, two texts with the same key compile to the same.
struct PreprocessedText {
  let options: Options

  /// `.i` and `.ii` as in gcc's documentation, and Objective-C's equivalents.
  static func isNamedSo(_ path: String) -> Bool {
    let name = AtomicWrite.split(path).name
    return [".i", ".ii", ".mi", ".mii"].contains { name.hasSuffix($0) }
  }

  /// Whether it begins with a linemarker (`# 0 "x.c"`, `# 1 "x.c"`), as all output of gcc and clang does.
  static func isOne(_ content: Bytes) -> Bool {
    ["# 0 \"", "# 1 \"", "#line 1 \""].contains { marker in
      content.count > marker.utf8.count && content[0..<marker.utf8.count].array() == Array(marker.utf8)
    }
  }

  func key(of content: Bytes) throws(ScrubError) -> ContentKey {
    let clean = options.roots.clean(content.span).map { Bytes($0) } ?? content
    guard !options.roots.containsRoot(clean.span) else {
      throw ScrubError("a build root is left in the text")
    }
    var writer = KeyWriter("preprocessed", .full)
    writer.bytes(clean)
    // Lines count at every level: the compiler itself expands `__builtin_LINE` and `std::source_location`.
    return ContentKey(digest: writer.finish(), level: .full)
  }
}
