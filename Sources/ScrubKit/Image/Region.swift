/// A stretch of an image that is searched on its own. The regions of an image cover every byte of its file
/// exactly once, whatever the parser understood; compressed sections are covered a second time, inflated.
struct Region: Sendable {
  /// The section's name, or what else the bytes are: `section headers`, `program header 2`, `gap`.
  var name: String
  /// The section's index in its image; nil outside of sections.
  var section: Int?
  var content: Bytes
  /// Where the bytes lie in the file; nil for the inflated content of a section.
  var fileRange: Range<Int>?
  /// Whether the bytes belong to an image that is compressed inside this one (`.gnu_debugdata`).
  var isNested = false
}

/// What a program gets to see of a region at run time.
enum Loading: Sendable {
  /// Nothing.
  case none
  /// Code and data.
  case content
  /// Names of symbols and what leads to them.
  case names
}
