internal import BuildRoots

/// The way of one image, from its bytes to its sealed and verified successor.
struct ImageScrub {
  /// What came of one image. Places have no path and no member yet; the container adds them.
  struct Outcome: Sendable {
    var findings: [Finding] = []
    var notes: [Note] = []
    var changes: [Change] = []
    /// The new bytes; nil where nothing changes.
    var output: Bytes?
    /// The modification time that the source of a `.pyc` needs with the new header.
    var sourceTime: Int64?
  }

  let options: Options
  /// What is known of the files that belong to this one.
  var companions = Companions()

  /// Finds; with `fix` also plans, edits, seals and verifies.
  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> Outcome {
    let (outcome, draft) = try draft(bytes, fix: fix)
    guard let draft else { return outcome }

    // Seal: after the last edit.
    let seals = options.buildID == .recompute ? draft.after.buildIDs : []
    BuildIDSeal.reseal(draft.output, seals)

    // Verify: read the result again.
    try draft.verify(resealed: seals)

    var result = outcome
    result.changes += draft.changes
    result.output = draft.output.bytes
    return result
  }

  /// Everything in front of the seal: finds, and with `fix` also plans and edits. No draft where nothing changes.
  func draft(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> (Outcome, Draft?) {
    // Image: headers and sections.
    let original = try ElfImage(bytes)
    var regions = try original.regions()

    // Find: every byte.
    var hits = Hits.all(in: regions, options.roots)
    var obstacles = Convergence.notes(original, regions, hits, companions)
    let split = try SplitStage(original, hits, options: options, companions: companions, fix: fix)
    obstacles += split.notes
    guard !hits.isEmpty || split.output != nil else { return (Outcome(notes: obstacles), nil) }

    // Split DWARF: ids and numbers of strings, in place.
    let image = split.output ?? original
    if split.output != nil {
      regions = try image.regions()
      hits = Hits.all(in: regions, options.roots)
    }

    // Plan: what happens to each hit.
    let groups = try image.debugGroups()
    let runPaths = RunPathPlan(image, regions: regions, hits: hits, remove: fix && options.fixRunPath)
    var plan: ElfPlan
    do throws(ScrubError) {
      plan = try ElfPlan(image, regions: regions, hits: hits, debug: groups, options: options)
    } catch {
      // A broken debug section stops a fix, but hides nothing from a check.
      if fix { throw error }
      plan = ElfPlan(unfixable: hits, because: error)
    }
    runPaths.revise(&plan)

    // Findings: what each hit is.
    var (findings, namingNotes) = Findings(
      image: image, regions: regions, groups: groups, roots: options.roots
    )
    .describe(hits, plan.fates)
    runPaths.relabel(&findings)
    let outcome = Outcome(findings: findings, notes: plan.notes + namingNotes + obstacles)
    guard fix, !plan.isEmpty || split.output != nil else { return (outcome, nil) }

    // Apply: on a copy.
    let draft = try Draft(image, plan, options)
    draft.changes =
      runPaths.changes + Changes.describe(findings, plan) + split.changes
    return (outcome, draft)
  }

  /// An edited image that is not sealed yet.
  final class Draft {
    let before: ElfImage
    let output: EditBuffer
    /// The headers of the output; its bytes show what is still written there.
    let after: ElfImage
    /// What the edit did, without seals.
    var changes: [Change] = []
    private let plan: ElfPlan
    private let options: Options

    init(_ image: ElfImage, _ plan: ElfPlan, _ options: Options) throws(ScrubError) {
      before = image
      self.plan = plan
      self.options = options
      output = try ElfEdit(image: image, plan: plan).apply()
      after = try ElfImage(output.bytes)
    }

    /// A copy whose seals are all that changes.
    convenience init(resealing bytes: Bytes, _ options: Options) throws(ScrubError) {
      let image = try ElfImage(bytes)
      let hits = Hits.all(in: try image.regions(), options.roots)
      try self.init(image, ElfPlan(leaving: hits), options)
    }

    /// Reads the result again, and describes what the seals became.
    /// - Parameter resealed: file ranges of the output that the seals were allowed to change.
    func verify(resealed: [Range<Int>]) throws(ScrubError) {
      try ElfVerifier(
        before: before, after: after, debugAfter: plan.debug.isEmpty ? [] : try after.debugGroups(),
        plan: plan,
        roots: options.roots
      ).verify(resealed: resealed, everyDIE: options.verification == .full)
      changes += Changes.buildIDs(before: before, after: after, resealed)
    }
  }
}

/// What split DWARF needs in front of everything else, carried out and verified.
private struct SplitStage {
  /// The image with it; nil where nothing of the kind changes.
  var output: ElfImage?
  var changes: [Change] = []
  var notes: [Note] = []

  init(
    _ image: ElfImage, _ hits: [Hit], options: Options, companions: Companions, fix: Bool
  ) throws(ScrubError) {
    guard !hits.isEmpty || !companions.splitIDs.isEmpty else { return }
    let groups: [DwarfSections]
    let units: SplitUnits
    do throws(ScrubError) {
      groups = try image.debugGroups()
      units = try SplitUnits(groups, roots: options.roots)
    } catch {
      // The plan for the strings meets the same fault, and says what follows from it.
      return
    }
    guard !units.isEmpty else { return }
    if !hits.isEmpty { notes = companions.notes(on: units, of: image) }
    guard fix else { return }
    let split = try SplitPlan(
      image, groups, units, ids: companions.splitIDs, renumber: !hits.isEmpty, roots: options.roots)
    notes += split.notes
    guard !split.isEmpty else { return }

    var plan = ElfPlan(leaving: hits, debug: groups.map { DebugPlan(dwarf: $0) })
    plan.inPlace = split.edits
    if groups.flatMap(\.sections).contains(where: { image.sections[$0.index].isCompressed }) {
      plan.layout = options.layout
    }
    let edited = try ElfEdit(image: image, plan: plan).apply()
    let after = try ElfImage(edited.bytes)
    let groupsAfter = try after.debugGroups()
    try ElfVerifier(
      before: image, after: after, debugAfter: groupsAfter, plan: plan, roots: options.roots
    ).verify(resealed: [], everyDIE: options.verification == .full)
    try Self.compare(units, try SplitUnits(groupsAfter, roots: options.roots), companions.splitIDs)
    output = after
    changes = split.changes.map { change in
      Change(
        place: Place(
          section: image.sections[change.unit.section].name, offset: UInt64(change.unit.position)),
        kind: .splitID(before: change.unit.id, after: change.new))
    }
  }

  /// Every unit says what it said, and has the id that it was to have.
  private static func compare(
    _ old: SplitUnits, _ new: SplitUnits, _ ids: [UInt64: UInt64]
  ) throws(ScrubError) {
    guard old.split.map(\.digest) == new.split.map(\.digest) else {
      throw ScrubError("verify: a split unit does not say the same", section: ".debug_info.dwo")
    }
    let expected = (old.skeletons + old.split.compactMap(\.unit)).map { ids[$0.id] ?? $0.id }
    guard expected == (new.skeletons + new.split.compactMap(\.unit)).map(\.id) else {
      throw ScrubError("verify: a dwo_id is not as planned", section: ".debug_info")
    }
  }
}
