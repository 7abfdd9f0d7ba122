internal import BuildRoots
import Formats

/// What the pass list of `ImageScrub` requires of an image format. Each format's folder has files with the same names
/// for these.
protocol Image: Sendable {
  associatedtype Plan: ImagePlan

  var bytes: Bytes { get }

  /// Reads the headers.
  /// - Throws: if one of them lies outside `bytes`, with its own place.
  init(_ bytes: Bytes) throws(ScrubError)

  // Image.

  /// Every byte, in stretches that no string crosses.
  func regions() throws(ScrubError) -> [Region]

  /// Whether the program itself may read each region's bytes at run time. Unknown regions may be read.
  func mayBeRead(_ regions: [Region]) -> [Bool]

  /// The debug sections under their standard names, each group self-contained.
  func debugGroups() throws(ScrubError) -> [DwarfSections]

  /// A position in a region as an offset into its section, or into whatever else its name denotes.
  func offset(of position: Int, in region: Region) -> Int

  /// The seal that may depend on data that is gone.
  func staleSeal(_ companions: LinkedFiles) -> StaleSeal?

  /// What it says about other files.
  var linkFacts: LinkFacts { get }

  // References.

  var instructions: InstructionSet { get }

  /// Loaded bytes, of code or of everything else.
  func loadedStretches(code: Bool) -> [LoadedStretch]

  /// Returns a function that gives the address of a byte of the file, in a section or in none; nil if it is not loaded.
  /// Built once for all queries.
  func loadedAddresses() -> (_ offset: Int, _ section: Int?) -> UInt64?

  /// The references to these bytes.
  /// - Parameter targets: ascending and disjoint.
  func references(to targets: [References.Target]) -> FoundReferences

  /// Whether strings in the region are found by offset and not by address.
  func isStringTable(_ region: Region) -> Bool

  /// Where referenced strings begin, ascending, relative to the section's start.
  /// - Throws: if not all users of the strings are known.
  func stringUsers(of region: Region) throws(ScrubError) -> [UInt64]

  // Find.

  /// Which part of the region is loaded.
  func loading(of region: Region) -> Loading

  /// File ranges of the names that the dynamic linker follows, ascending and disjoint.
  var linkedTexts: [Range<Int>] { get }

  /// What makes builds differ although no root is left.
  func obstacles(_ regions: [Region], _ hits: [Hit], _ companions: LinkedFiles) -> [Note]

  /// What must happen before everything else, carried out and verified.
  func prepared(
    _ hits: [Hit], debug: [DwarfSections], _ options: Options, _ companions: LinkedFiles, fix: Bool
  ) throws(ScrubError) -> PreparedImage<Self>

  /// Names the places for which debug info has no name.
  func name(_ hits: [Hit], in regions: [Region], _ contexts: inout [String?])

  // Plan.

  /// - Parameters:
  ///   - hits: all roots, in `regions`; not empty.
  ///   - fix: whether the plan will be carried out.
  func plan(
    _ hits: [Hit], in regions: [Region], debug: [DwarfSections], _ options: Options, fix: Bool
  ) throws(ScrubError) -> Plan

  /// A plan that leaves every hit, with the error as its reason.
  func plan(unfixable hits: [Hit], in regions: [Region], because error: ScrubError) -> Plan

  /// Whether strings of a rebuilt table may share their endings, as the format's own linkers allow.
  static var sharesStringEnds: Bool { get }

  /// Whether debug sections may be rewritten at all.
  /// - Throws: `.notUnderstood` if not; `.failure` if the sections contradict each other.
  func checkMovable(_ dwarf: DwarfSections, _ layout: Options.Layout) throws(ScrubError)

  // Apply, seal, verify.

  /// The edited image; its seals are still those of the input.
  func edited(by plan: Plan) throws(ScrubError) -> EditBuffer

  /// What the edits do, for the report.
  func changes(by plan: Plan, _ findings: [Finding]) -> [Change]

  /// Recomputes what the edits invalidated. Images that may name each other are sealed together.
  static func seal(_ drafts: [ImageDraft<Self>], _ options: Options) throws(ScrubError)

  /// Reads the result again and compares it.
  /// - Throws: the first difference that was not planned.
  func verify(_ draft: ImageDraft<Self>, _ options: Options) throws(ScrubError)

  /// How the seals changed, for the report.
  func sealChanges(_ draft: ImageDraft<Self>) throws(ScrubError) -> [Change]
}

/// An image after its first stage.
struct PreparedImage<I: Image> {
  /// Nil if the stage changed nothing.
  var output: I?
  var changes: [Change] = []
  var notes: [Note] = []
}

/// Fully decided before a byte is touched.
protocol ImagePlan: Sendable {
  /// One for each hit.
  var fates: [Finding.Fate] { get }
  /// Reasons for a more conservative plan than usual.
  var notes: [Note] { get }
  /// Whether the plan changes nothing.
  var isEmpty: Bool { get }
  /// Adds what the plan knows about hits: another rule, a better name.
  func relabel(_ findings: inout [Finding])
}

/// Bytes to overwrite, of unchanged length.
struct InPlaceEdit: Sendable {
  /// The section's index, nil for bytes of no section.
  var section: Int?
  /// Offset into the section's (inflated) content; file offset if there is no section.
  var offset: Int
  var replacement: [UInt8]
}
