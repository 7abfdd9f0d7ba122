internal import BuildRoots
public import Formats

/// One change that `fix` makes, for `--diff` and the reports.
public struct Change: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A string's text before and after.
    case string(before: String, after: String)
    /// A string table rebuilt in canonical order: how many strings, sizes in bytes.
    case table(strings: Int, oldSize: UInt64, newSize: UInt64)
    /// A list of directories that the dynamic linker searches; nil where none is left.
    case runPath(before: String, after: String?)
    /// A seal: build-id, as hex.
    case buildID(before: String, after: String)
    /// `LC_UUID`, as hex.
    case uuid(before: String, after: String)
    /// A code signature made anew: the hash that the system knows the code by, as hex.
    case codeSignature(before: String, after: String)
    /// Modification times of object files that the debug map held.
    case objectTimes(count: Int)
    /// A debug map that was removed.
    case debugMap(stabs: Int)
    /// The header of a `.pyc`: what an interpreter compares with the source.
    case bytecodeHeader(before: String, after: String)
    /// A `.pyc` whose objects are shared anew; sizes in bytes.
    case canonical(oldSize: UInt64, newSize: UInt64)
    /// Bytes behind the code object of a `.pyc`, which are gone.
    case trailing(size: Int)
    /// The id by which a unit and its split part find each other.
    case splitID(before: UInt64, after: UInt64)
    /// A seal: the CRC-32 of the separate debug file in `.gnu_debuglink`.
    case debugLink(before: UInt32, after: UInt32)
    /// The file's name, where it is made of the build-id.
    case name(before: String, after: String)
    /// One row of RECORD.
    case recordRow(before: String, after: String?)
    /// A member's modification time, `YYYY-MM-DDTHH:MM:SS`.
    case time(before: String, after: String)
    /// How a wheel is packed, brought into its canonical form; of how many members.
    case packing(Packing, count: Int)
    /// A member that the change made invalid (RECORD.jws, RECORD.p7s).
    case dropped
    /// A `.pyc` that was compiled from what its source was before; Python compiles it anew.
    case removed
  }
  /// What about the packing.
  public enum Packing: String, Hashable, Sendable, CaseIterable {
    case order = "member-order"
    case time, mode, headers, compression, directories
    /// The rows of RECORD: order, ends of lines, quotes.
    case record = "record-form"
  }
  public var place: Place
  public var kind: Kind
  /// Code of the rule that objected to what stood there; nil for what follows from other changes.
  public var rule: String?
  /// Where the root or the list stood, in bytes of the file or member; nil where those are compressed.
  public var old: Range<Int>?
  /// Where the same bytes are now: of what was replaced in place.
  public var new: Range<Int>?
  /// Whether a root was overwritten, and nothing behind it moved.
  var isInPlace = false

  public init(place: Place, kind: Kind) {
    self.place = place
    self.kind = kind
  }

  /// What becomes of the string that a root was found in.
  init(_ finding: Finding) {
    self.init(place: finding.place, kind: .string(before: finding.text, after: Changes.replaced(finding)))
    rule = finding.rule.code
    old = finding.extent
    isInPlace = finding.fate == .inPlace
  }
}

/// All that is known about one wheel or loose file after `check` or `fix`.
public struct FileReport: Sendable {
  /// As the user named it, or found below a directory that the user named.
  public var path: String
  /// Sorted by member (container order), section (file order) and offset.
  public var findings: [Finding] = []
  public var notes: [Note] = []
  /// What `fix` did, or would do under `--check` and `--diff`; empty for `check`.
  public var changes: [Change] = []
  /// Where bytes are other ones or elsewhere, beside roots that were replaced in place; only where
  /// `Options.describesRanges` asks for it.
  public var ranges: [ChangedRange] = []
  /// Why the file could not be processed; nothing was written then.
  public var errors: [ScrubError] = []
  /// Where the result was written, nil if nothing was.
  public var writtenTo: String?

  /// Whether this is about what an interrupted run left, and not about an input.
  public internal(set) var isAboutLeftover = false

  public init(path: String, errors: [ScrubError] = []) {
    self.path = path
    self.errors = errors
  }

  /// The findings that `fix` cannot remove.
  public var unfixable: [Finding] { findings.filter { !$0.isFixable } }
}
