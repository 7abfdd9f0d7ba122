internal import BuildRoots
import Formats

/// The pipeline steps for ELF.
extension ElfImage: Image {
  /// Strings that share their endings are merged.
  var linkedTexts: [Range<Int>] {
    var ranges: [Range<Int>] = []
    for text in DynamicSection(self)?.texts ?? [] where text.range.lowerBound >= ranges.last?.upperBound ?? 0
    {
      ranges.append(text.range)
    }
    return ranges
  }

  func obstacles(_ regions: [Region], _ hits: [Hit], _ companions: LinkedFiles) -> [Note] {
    Convergence.notes(self, regions, hits, companions)
  }

  /// Split DWARF: ids and string numbers.
  func prepared(
    _ hits: [Hit], debug: [DwarfSections], _ options: Options, _ companions: LinkedFiles, fix: Bool
  ) throws(ScrubError) -> PreparedImage<ElfImage> {
    let stage = try SplitStage(self, debug, hits, options: options, companions: companions, fix: fix)
    return PreparedImage(output: stage.output, changes: stage.changes, notes: stage.notes)
  }

  /// The symbol that covers the place, or the nearest one before it in the same section.
  func name(_ hits: [Hit], in regions: [Region], _ contexts: inout [String?]) {
    let wanted = hits.indices.filter { index in
      guard contexts[index] == nil, let section = regions[hits[index].region].section else { return false }
      return sections[section].isLoaded
    }
    guard !wanted.isEmpty, let symbols = try? symbols(), !symbols.isEmpty else { return }
    for index in wanted {
      guard let section = regions[hits[index].region].section else { continue }
      let base = sections[section].address
      let address =
        base &+ UInt64(offset(of: hits[index].root.range.lowerBound, in: regions[hits[index].region]))
      let next = symbols.partition { $0.value <= address }
      guard next > 0, symbols[next - 1].value >= base else { continue }
      let symbol = symbols[next - 1]
      let distance = address - symbol.value
      let relation = distance < symbol.size ? "symbol" : "behind symbol"
      contexts[index] = "\(relation) \(symbol.name)+0x\(String(distance, radix: 16))"
    }
  }

  func plan(
    _ hits: [Hit], in regions: [Region], debug: [DwarfSections], _ options: Options, fix: Bool
  ) throws(ScrubError) -> ElfPlan {
    try ElfPlan(self, regions: regions, hits: hits, debug: debug, options: options, fix: fix)
  }

  func plan(unfixable hits: [Hit], in regions: [Region], because error: ScrubError) -> ElfPlan {
    ElfPlan(self, regions: regions, unfixable: hits, because: error)
  }

  static var sharesStringEnds: Bool { true }

  func edited(by plan: ElfPlan) throws(ScrubError) -> EditBuffer {
    try ElfEdit(image: self, plan: plan).apply()
  }

  func changes(by plan: ElfPlan, _ findings: [Finding]) -> [Change] {
    plan.runPaths.changes + Changes.ofStrings(findings) + Changes.ofTables(plan.debug)
      + Changes.ofSymbolStrings(plan.symbolStrings, in: self)
  }

  static func seal(_ drafts: [ImageDraft<ElfImage>], _ options: Options) throws(ScrubError) {
    guard options.buildID == .recompute else { return }
    for draft in drafts {
      draft.seals = draft.companions.seals(of: draft.after)
      BuildIDSeal.reseal(draft.output, draft.seals)
    }
  }

  func verify(_ draft: ImageDraft<ElfImage>, _ options: Options) throws(ScrubError) {
    let plan = draft.plan
    try ElfVerifier(
      before: self, after: draft.after, debugAfter: plan.debug.isEmpty ? [] : try draft.after.debugGroups(),
      plan: plan, policy: options.policy
    ).verify(resealed: draft.seals, everyDIE: options.verification == .full)
  }

  func sealChanges(_ draft: ImageDraft<ElfImage>) -> [Change] {
    Changes.buildIDs(before: self, after: draft.after, draft.seals)
  }
}
