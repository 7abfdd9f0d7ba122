internal import BuildRoots
internal import CElf
import Formats

/// The plan for one ELF image: fully decided before a byte is touched.
struct ElfPlan: ImagePlan {
  var inPlace: [InPlaceEdit] = []
  /// One for each group of debug sections.
  var debug: [DebugPlan] = []
  /// The new string table of the symbols; nil if their names keep their offsets.
  private(set) var symbolStrings: SymbolStringPlan?
  /// One for each hit.
  var fates: [Finding.Fate] = []
  /// The requested layout; compact only if the image allows it.
  var layout = Options.Layout.slot
  let runPaths: RunPathPlan

  /// Whether the plan changes nothing.
  var isEmpty: Bool {
    inPlace.isEmpty && !debug.contains { $0.redirects } && symbolStrings == nil
  }

  /// Reasons for a more conservative plan than usual; places hold section and offset.
  var notes: [Note] { debug.flatMap(\.notes) + ownNotes }
  private var ownNotes: [Note] = []

  /// A plan that leaves every hit, with the error as its reason.
  init(_ image: ElfImage, regions: [Region], unfixable hits: [Hit], because error: ScrubError) {
    runPaths = RunPathPlan(image, regions: regions, hits: hits, remove: false)
    fates = hits.map { _ in .left(reason: "\(error)") }
    runPaths.revise(&inPlace, &fates)
  }

  /// A plan that leaves every hit to another plan: the image changes, but its paths do not.
  init(leaving hits: [Hit], debug: [DebugPlan] = []) {
    fates = hits.map { _ in .left(reason: "not yet") }
    runPaths = RunPathPlan()
    self.debug = debug
  }

  /// - Parameter hits: all roots of the image, in `regions`.
  init(
    _ image: ElfImage, regions: [Region], hits: [Hit], debug groups: [DwarfSections], options: Options,
    fix: Bool
  ) throws(ScrubError) {
    runPaths = RunPathPlan(image, regions: regions, hits: hits, remove: fix && options.fixRunPath)
    let canCompact = ElfLayout(compact: image, sizes: [:]) != nil
    layout = options.layout == .compact && canCompact ? .compact : .slot
    debug = try DebugTablePlanner.plans(
      image, groups, options.roots, layout, regions: regions, hits: hits, builds: fix)
    inPlace = debug.flatMap(\.shares)
    let fatesInTables = debug.fates(of: hits, in: regions)
    planSymbolStrings(image, regions, hits, options.roots)
    let gaps = FileRanges(image.gaps)
    let soundness = Soundness(image, regions: regions, hits: hits, roots: options.roots)
    for (index, hit) in hits.enumerated() {
      let region = regions[hit.region]
      let place = image.offset(of: hit.root.range.lowerBound, in: region)
      if region.section == nil, gaps.covers(place..<place + hit.root.range.count) {
        // Not owned by any section: it becomes zero with the rest of its gap.
        inPlace.append(
          InPlaceEdit(
            section: nil, offset: place,
            replacement: [UInt8](repeating: 0, count: hit.root.range.count)))
        fates.append(.inPlace)
        continue
      }
      let isSymbolName = region.section != nil && region.section == symbolStrings?.strings
      if let fate = fatesInTables[index] ?? (isSymbolName ? .rebuilt : nil) ?? soundness.fate(of: index) {
        fates.append(fate)
        continue
      }
      if region.fileRange == nil, layout == .slot {
        fates.append(.left(reason: "the section is compressed, and would not keep its size in its slot"))
        continue
      }
      inPlace.append(
        InPlaceEdit(
          section: region.section, offset: place,
          replacement: options.roots.padding(for: hit.root)))
      fates.append(.inPlace)
    }
    runPaths.revise(&inPlace, &fates)
    ownNotes += [Convergence.inlineLength(image, regions, hits, fates)].compactMap { $0 }
  }

  private mutating func planSymbolStrings(
    _ image: ElfImage, _ regions: [Region], _ hits: [Hit], _ roots: RootMap
  ) {
    let decision = SymbolStringPlan.decide(image, regions: regions, hits: hits, roots: roots, layout: layout)
    switch decision {
    case .none: break
    case .rebuilt(let plan): symbolStrings = plan
    case .inPlace(let section, let error):
      let name = image.sections[section].name
      ownNotes.append(
        Note(
          "\(error.message); strings of \(name) keep their places", at: error.place, isDetail: true))
    }
  }

  func relabel(_ findings: inout [Finding]) {
    debug.relabel(&findings)
    runPaths.relabel(&findings)
  }
}
