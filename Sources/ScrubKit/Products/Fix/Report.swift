internal import BuildRoots
public import Formats

/// One change that `fix` makes, for `--diff` and the reports.
public struct Change: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// A string's text before and after.
    case string(before: String, after: String)
    /// A string table rebuilt in canonical order: number of strings, sizes in bytes.
    case table(strings: Int, oldSize: UInt64, newSize: UInt64)
    /// A list of directories that the dynamic linker searches; nil if none is left.
    case runPath(before: String, after: String?)
    /// A seal: build-id, as hex.
    case buildID(before: String, after: String)
    /// `LC_UUID`, as hex.
    case uuid(before: String, after: String)
    /// A recomputed code signature: the hash by which the system identifies the code, as hex.
    case codeSignature(before: String, after: String)
    /// Modification times of object files in the debug map.
    case objectTimes(count: Int)
    /// A debug map that was removed.
    case debugMap(stabs: Int)
    /// The header of a `.pyc`: what an interpreter compares with the source.
    case bytecodeHeader(before: String, after: String)
    /// A `.pyc` whose objects are shared anew; sizes in bytes.
    case canonical(oldSize: UInt64, newSize: UInt64)
    /// Bytes after the code object of a `.pyc`, which were removed.
    case trailing(size: Int)
    /// The id that links a unit and its split part.
    case splitID(before: UInt64, after: UInt64)
    /// A seal: the CRC-32 of the separate debug file in `.gnu_debuglink`.
    case debugLink(before: UInt32, after: UInt32)
    /// The file's name, if it is derived from the build-id.
    case name(before: String, after: String)
    /// One row of RECORD.
    case recordRow(before: String, after: String?)
    /// A member's modification time, `YYYY-MM-DDTHH:MM:SS`.
    case time(before: String, after: String)
    /// One aspect of a wheel's packing, brought into canonical form; for this many members.
    case packing(Packing, count: Int)
    /// A member that the change invalidated (RECORD.jws, RECORD.p7s).
    case dropped
    /// A `.pyc` compiled from the source's old content; Python compiles it again.
    case removed
  }
  /// The aspects of the packing.
  public enum Packing: String, Hashable, Sendable, CaseIterable {
    case order = "member-order"
    case time, mode, headers, compression, directories
    /// The rows of RECORD: order, line terminators, quotes.
    case record = "record-form"
  }
  public var place: Place
  public var kind: Kind
  /// Code of the rule that objected to the old content; nil for a change that follows from others.
  public var rule: String?
  /// Where the root or the list was, in bytes of the file or member; nil if it is compressed.
  public var old: Range<Int>?
  /// Where the same bytes are now; only for in-place replacements.
  public var new: Range<Int>?
  /// Whether a root was overwritten and nothing after it moved.
  var isInPlace = false

  public init(place: Place, kind: Kind) {
    self.place = place
    self.kind = kind
  }

  /// The change to the string in which a root was found.
  init(_ finding: Finding) {
    self.init(place: finding.place, kind: .string(before: finding.text, after: Changes.replaced(finding)))
    rule = finding.rule.code
    old = finding.extent
    isInPlace = finding.fate == .inPlace
  }
}

/// Everything known about one wheel or loose file after `check` or `fix`.
public struct FileReport: Sendable {
  /// As the user named it, or found below a directory that the user named.
  public var path: String
  /// Sorted by member (container order), section (file order) and offset.
  public var findings: [Finding] = []
  public var notes: [Note] = []
  /// What `fix` did, or would do under `--check` and `--diff`; empty for `check`.
  public var changes: [Change] = []
  /// Where bytes changed or moved, except for roots replaced in place; only if `Options.describesRanges` is set.
  public var ranges: [ChangedRange] = []
  /// Why the file could not be processed; then nothing was written.
  public var errors: [ScrubError] = []
  /// Where the result was written, nil if nowhere.
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
