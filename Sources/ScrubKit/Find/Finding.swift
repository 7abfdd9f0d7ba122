public import BuildRoots

/// One place where a build root stands in a file.
public struct Finding: Hashable, Sendable {
  /// File, member, section and the offset of the root's first byte in that section. For compressed sections
  /// the offset counts in the inflated bytes.
  public var place: Place
  /// The rule that recognised the root, an index-free copy of its row in the rule table.
  public var rule: Rule
  /// The root itself, up to and including its last random component.
  public var root: String
  /// The string the root stands in, cut to a readable length around the root; bytes that are not UTF-8 are
  /// replaced.
  public var text: String
  /// Where `root` begins in `text`, in UTF-8 code units.
  public var rootOffset: Int
  /// What the bytes are: `DW_AT_comp_dir of src/x.c`, `include directory 3 of x.c`, `symbol __func__.0+0x8`.
  public var context: String?
  /// What stands there after `fix`, without filler: `/build/cbor`.
  public var replacement: String
  /// What `fix` does with it.
  public var fate: Fate

  public enum Fate: Hashable, Sendable {
    /// Its string table is rebuilt in canonical order; the path comes out clean.
    case rebuilt
    /// Overwritten with the same length, filler `/`.
    case inPlace
    /// The entry of a run path that it stands in is taken out of the list.
    case removed
    /// The string is replaced as a whole, by one of another length; `replacement` is all of it.
    case renamed
    /// Left as it is, and why.
    case left(reason: String)
  }

  public var isFixable: Bool {
    if case .left = fate { false } else { true }
  }
}

/// Something the user should know about a file that is no finding and no error: a table that was edited in
/// place because a reference to it is not understood, a member that had to be dropped.
public struct Note: Hashable, Sendable {
  public var place: Place
  public var message: String
  /// Whether it only matters to who asks for more (`-v`): true for so many files that nobody would read on.
  public var isDetail: Bool

  public init(_ message: String, at place: Place, isDetail: Bool = false) {
    self.place = place
    self.message = message
    self.isDetail = isDetail
  }
}
