internal import BuildRoots
import Formats

/// C or C++ behind the preprocessor: what a compiler cache looks at. Paths stand in linemarkers and, where `__FILE__`
/// and assert were expanded, in strings.
///
/// `fix` writes no such file. A key is made of what it would be with the stable prefix in each place: nothing hangs on
/// the lengths, and what is compiled from two texts of one key is, after `fix`, the same.
struct PreprocessedText {
  let options: Options

  /// `.i` and `.ii` of gcc's documentation, and what Objective-C has.
  static func isNamedSo(_ path: String) -> Bool {
    let name = AtomicWrite.split(path).name
    return [".i", ".ii", ".mi", ".mii"].contains { name.hasSuffix($0) }
  }

  /// Whether it begins with a linemarker (`# 0 "x.c"`, `# 1 "x.c"`), as all that gcc and clang write does.
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
    // Lines are kept at every level: the compiler itself expands `__builtin_LINE` and `std::source_location`.
    return ContentKey(digest: writer.finish(), level: .full)
  }
}
