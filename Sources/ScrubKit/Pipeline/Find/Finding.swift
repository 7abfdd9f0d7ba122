public import BuildRoots
public import Formats

/// One thing that a rule objects to: a root in a file, or a defect of a container.
public struct Finding: Hashable, Sendable {
  /// File, member, section and the offset of the root's first byte in that section. In a compressed section, the offset
  /// counts inflated bytes.
  public var place: Place
  /// The rule that objects; a copy of its row in the rule table, without an index.
  public var rule: Rule {
    get { sharedRule.rule }
    set { sharedRule = .of(newValue) }
  }
  private var sharedRule: SharedRule
  public var subject: Subject
  /// What the bytes are: `DW_AT_comp_dir of src/x.c`, `include directory 3 of x.c`, `symbol __func__.0+0x8`.
  public var context: String?
  /// What `fix` does with it.
  public var fate: Fate
  /// The range of the root's bytes in the file or member; nil if they are compressed or their place is unknown.
  var extent: Range<Int>?
  /// Whether rustc wrote the image that it is in: it heeds no flag of a compiler of C.
  var isFromRust = false

  /// What the rule objects to; reporters show the two kinds differently.
  public enum Subject: Hashable, Sendable {
    case root(RootUse)
    case defect(Defect)
  }

  public init(place: Place, rule: Rule, subject: Subject, context: String? = nil, fate: Fate) {
    self.place = place
    sharedRule = .of(rule)
    self.subject = subject
    self.context = context
    self.fate = fate
  }

  /// A root in a string.
  public init(
    place: Place, rule: Rule, root: String, text: String, rootOffset: Int, context: String?,
    replacement: String,
    fate: Fate
  ) {
    let use = RootUse(root: root, text: text, rootOffset: rootOffset, replacement: replacement)
    self.init(place: place, rule: rule, subject: .root(use), context: context, fate: fate)
  }

  public enum Fate: Hashable, Sendable {
    /// Its string table is rebuilt in canonical order; the path comes out clean.
    case rebuilt
    /// Overwritten with the same length, filler `/`.
    case inPlace
    /// The run-path entry that holds it is removed from the list.
    case removed
    /// The whole string is replaced by one of another length; `replacement` is all of it.
    case renamed
    /// The text that holds it is rewritten; it may become shorter.
    case rewritten
    /// The container is written without the defect.
    case corrected
    /// Left unchanged, for this reason.
    case left(reason: String)
  }

  public var isFixable: Bool {
    if case .left = fate { false } else { true }
  }
}

/// A root and the string that holds it.
public struct RootUse: Hashable, Sendable {
  /// The root itself, up to and including its last random component.
  public var root: String
  /// The string that holds the root, cut to a readable length around it; bytes that are not UTF-8 are replaced.
  public var text: String
  /// Where `root` begins in `text`, in UTF-8 code units.
  public var rootOffset: Int
  /// Its replacement after `fix`, without filler: `/build/cbor`.
  public var replacement: String
}

/// What is wrong with a container: a row of RECORD, the headers of a zip.
public struct Defect: Hashable, Sendable {
  /// One sentence, lower case, without a full stop: `pkg/_a.so has no row`.
  public var message: String
  /// What the container claims and what is true, if the two differ.
  public var claimed: String?
  public var actual: String?

  public init(_ message: String, claimed: String? = nil, actual: String? = nil) {
    self.message = message
    self.claimed = claimed
    self.actual = actual
  }
}

extension Finding {
  /// How to stop it at the source: the rule's cure, but for what no compiler of C has written.
  public var cure: String {
    if isFromRust, rule.cure.contains("-ffile-prefix-map") {
      return "build with RUSTC_WRAPPER=wheelscrub-rustc, and C in build scripts with CC=\"wheelscrub-cc gcc\""
    }
    guard fate == .renamed else { return rule.cure }
    return
      "install with --no-compile, and run python -m compileall -s DIR DIR where the files stay, or wheelscrub fix"
  }

  /// Nil for a defect.
  public var rootUse: RootUse? {
    if case .root(let use) = subject { use } else { nil }
  }

  /// Nil for a root.
  public var defect: Defect? {
    if case .defect(let defect) = subject { defect } else { nil }
  }

  /// The root; empty for a defect.
  public var root: String { rootUse?.root ?? "" }
  public var text: String { rootUse?.text ?? "" }
  public var rootOffset: Int {
    get { rootUse?.rootOffset ?? 0 }
    set { change { $0.rootOffset = newValue } }
  }

  public var replacement: String {
    get { rootUse?.replacement ?? "" }
    set { change { $0.replacement = newValue } }
  }

  private mutating func change(_ body: (inout RootUse) -> Void) {
    guard var use = rootUse else { return }
    body(&use)
    subject = .root(use)
  }
}

/// Something the user should know about a file that is neither a finding nor an error: a table that was edited in place
/// because a reference to it is not understood, a member that had to be dropped.
public struct Note: Hashable, Sendable {
  public var place: Place
  public var message: String
  /// Whether it is shown only on request (`-v`): it applies to so many files that nobody would read on.
  public var isDetail: Bool
  /// Whether it says that something was passed over, and why: summaries count these, and `-v` shows them.
  public var isSkip = false
  /// Where two builds still differ after `fix` because of this; nil where it keeps nothing apart.
  public var divergence: Divergence?

  public enum Divergence: Hashable, Sendable {
    /// In data that only debuggers read.
    case debugInfo
    /// Anywhere, loaded bytes included.
    case anywhere
  }

  public init(
    _ message: String, at place: Place, isDetail: Bool = false, divergence: Divergence? = nil
  ) {
    self.place = place
    self.message = message
    self.isDetail = isDetail
    self.divergence = divergence
  }

  /// What was not looked at, or not in the way that is promised.
  public init(skipped why: String, at place: Place) {
    self.init(why, at: place, isDetail: true)
    isSkip = true
  }
}
