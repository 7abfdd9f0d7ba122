internal import BuildRoots
import Formats

/// What the pass list of `ImageScrub` needs of an image format. Each format's folder has files of the same names
/// for these.
protocol Image: Sendable {
  associatedtype Plan: ImagePlan

  var bytes: Bytes { get }

  /// Reads the headers.
  /// - Throws: where one of them lies outside of `bytes`, with its own place.
  init(_ bytes: Bytes) throws(ScrubError)

  // Image.

  /// Every byte, in stretches that no string runs across.
  func regions() throws(ScrubError) -> [Region]

  /// Whether the program itself may read a region's bytes when it runs, one for each. What is not known may.
  func mayBeRead(_ regions: [Region]) -> [Bool]

  /// The debug sections under their standard names, each group a world of its own.
  func debugGroups() throws(ScrubError) -> [DwarfSections]

  /// A place in a region as an offset into its section, or into what else its name stands for.
  func offset(of position: Int, in region: Region) -> Int

  /// The seal that may depend on what is gone.
  func staleSeal(_ companions: LinkedFiles) -> StaleSeal?

  /// What it says about other files.
  var linkFacts: LinkFacts { get }

  // References.

  var instructions: InstructionSet { get }

  /// Bytes that are loaded, of code or of everything else.
  func loadedStretches(code: Bool) -> [LoadedStretch]

  /// Says the address of a byte of the file, that is in a section or in none; nil where it is not loaded. Made once for
  /// all questions.
  func loadedAddresses() -> (_ offset: Int, _ section: Int?) -> UInt64?

  /// Who refers to these bytes.
  /// - Parameter targets: ascending and apart.
  func references(to targets: [References.Target]) -> FoundReferences

  /// Whether offsets into the region, and no addresses, say where its strings begin.
  func isStringTable(_ region: Region) -> Bool

  /// Where strings begin that somebody names, ascending, counted from the section's start.
  /// - Throws: where not everybody who names one is known.
  func stringUsers(of region: Region) throws(ScrubError) -> [UInt64]

  // Find.

  /// What of the region is loaded.
  func loading(of region: Region) -> Loading

  /// File offsets of the names that the dynamic linker follows, ascending and apart.
  var linkedTexts: [Range<Int>] { get }

  /// What keeps builds apart although no root is left.
  func obstacles(_ regions: [Region], _ hits: [Hit], _ companions: LinkedFiles) -> [Note]

  /// What has to happen in front of everything else, carried out and verified.
  func prepared(
    _ hits: [Hit], debug: [DwarfSections], _ options: Options, _ companions: LinkedFiles, fix: Bool
  ) throws(ScrubError) -> PreparedImage<Self>

  /// Names the places that debug info has no name for.
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

  /// Whether strings of a rebuilt table may share their ends, as the format's own linkers let them.
  static var sharesStringEnds: Bool { get }

  /// Whether debug sections may be rewritten at all.
  /// - Throws: `.notUnderstood` where not; `.failure` where the sections contradict each other.
  func checkMovable(_ dwarf: DwarfSections, _ layout: Options.Layout) throws(ScrubError)

  // Apply, seal, verify.

  /// The edited image; its seals are still those of the input.
  func edited(by plan: Plan) throws(ScrubError) -> EditBuffer

  /// What the edits do, for the report.
  func changes(by plan: Plan, _ findings: [Finding]) -> [Change]

  /// Renews what the edits made untrue. Images that may name each other are sealed together.
  static func seal(_ drafts: [ImageDraft<Self>], _ options: Options) throws(ScrubError)

  /// Reads the result again and compares it.
  /// - Throws: the first difference that was not planned.
  func verify(_ draft: ImageDraft<Self>, _ options: Options) throws(ScrubError)

  /// What became of the seals, for the report.
  func sealChanges(_ draft: ImageDraft<Self>) throws(ScrubError) -> [Change]
}

/// An image after its first stage.
struct PreparedImage<I: Image> {
  /// Nil where the stage changed nothing.
  var output: I?
  var changes: [Change] = []
  var notes: [Note] = []
}

/// Decided completely before a byte is touched.
protocol ImagePlan: Sendable {
  /// One for each hit.
  var fates: [Finding.Fate] { get }
  /// What made the plan more careful than usual.
  var notes: [Note] { get }
  /// Whether the plan changes nothing.
  var isEmpty: Bool { get }
  /// Puts in what the plan knows about hits: another rule, a better name.
  func relabel(_ findings: inout [Finding])
}

/// Bytes that are overwritten, as many as there were.
struct InPlaceEdit: Sendable {
  /// The section's index, nil for bytes of no section.
  var section: Int?
  /// Bytes from the start of the section's (inflated) content; file offset where there is no section.
  var offset: Int
  var replacement: [UInt8]
}
