internal import BuildRoots
import Formats

/// Processes one image: finds, plans, edits, seals, verifies.
struct ImageScrub {
  /// The outcome for one image. Places have no path and no member yet; the container adds them.
  struct Outcome: Sendable {
    var findings: [Finding] = []
    var notes: [Note] = []
    var changes: [Change] = []
    /// Where bytes changed or moved, except for edits in place; only if the options ask for it.
    var ranges: [ChangedRange] = []
    /// The new bytes; nil if nothing changes.
    var output: Bytes?
    /// The modification time that the source of a `.pyc` needs with the new header, or a source needs with its `.pyc`.
    var sourceTime: Int64?
    /// What the original says about other files; only if it was fixed.
    var facts: LinkFacts?

    /// - Parameter path: of the file with this outcome.
    func time(for path: String) -> ModificationTime? {
      sourceTime.map { ModificationTime(path: PythonSource.path(ofBytecode: path) ?? path, seconds: $0) }
    }
  }

  let options: Options
  /// What is known about the files that belong to this one.
  var companions = LinkedFiles()

  /// Images that are sealed together: the parts of a file, or files that belong together.
  func run<I: Image>(_ format: I.Type, _ parts: [Part], fix: Bool) throws(PartFailure) -> [Outcome] {
    // Up to the edit: each separately.
    var outcomes: [Outcome] = []
    var drafts: [ImageDraft<I>?] = []
    for index in parts.indices {
      let part = parts[index]
      let (outcome, draft) = try named(parts, index) {
        () throws(ScrubError) -> (Outcome, ImageDraft<I>?) in
        try ImageScrub(options: part.options, companions: part.companions).draft(format, part.bytes, fix: fix)
      }
      outcomes.append(outcome)
      drafts.append(draft)
    }
    guard drafts.contains(where: { $0 != nil }) else { return outcomes }

    // Seal: after the last edit. Parts that did not change may name others that did.
    var all: [ImageDraft<I>] = []
    for (index, draft) in drafts.enumerated() {
      all.append(
        try named(parts, index) { () throws(ScrubError) -> ImageDraft<I> in
          if let draft { return draft }
          return try ImageDraft(resealing: parts[index].bytes, parts[index].options)
        })
    }
    try named(parts, 0) { () throws(ScrubError) in try I.seal(all, options) }

    // Verify: read the results again.
    for (index, draft) in all.enumerated() where draft.isChanged {
      try named(parts, index) { () throws(ScrubError) in try draft.verify() }
      outcomes[index].changes.take(draft.changes)
      outcomes[index].output = draft.output.bytes
      guard parts[index].options.describesRanges else { continue }
      try named(parts, index) { () throws(ScrubError) in
        try outcomes[index].describeRanges(format, of: parts[index].bytes, seals: draft.seals)
      }
    }
    return outcomes
  }

  /// Everything before the seal: finds, and with `fix` also plans and edits. No draft if nothing changes.
  func draft<I: Image>(
    _ format: I.Type, _ bytes: Bytes, fix: Bool
  ) throws(ScrubError) -> (Outcome, ImageDraft<I>?) {
    // Image: headers and sections.
    let original = try I(bytes)
    var (outcome, draft) = try draft(of: original, fix: fix)
    if fix { outcome.facts = original.linkFacts }
    if draft == nil { draft = try renewStaleSeal(of: original, &outcome, fix: fix) }
    return (outcome, draft)
  }

  /// An id that may depend on data that is gone, in an image that is otherwise unchanged.
  private func renewStaleSeal<I: Image>(
    of original: I, _ outcome: inout Outcome, fix: Bool
  ) throws(ScrubError) -> ImageDraft<I>? {
    let isRenewed = options.isCanonical && options.buildID == .recompute
    let isReported = options.policy.selection.contains(Family.staleSeals)
    guard isRenewed && fix || isReported, let stale = original.staleSeal(companions) else { return nil }
    if options.policy.selection.contains(stale.rule) {
      outcome.findings.append(stale.finding(isRenewed: isRenewed && stale.obstacle == nil))
    }
    guard isRenewed, fix else { return nil }
    if let obstacle = stale.obstacle {
      outcome.notes.append(
        Note("\(stale.value) stays: \(obstacle)", at: stale.place))
      return nil
    }
    let draft = try ImageDraft<I>(resealing: original.bytes, options)
    draft.renewsSeal = true
    return draft
  }

  private func draft<I: Image>(
    of original: I, fix: Bool
  ) throws(ScrubError) -> (Outcome, ImageDraft<I>?) {
    var regions = try original.regions()

    // Find: every byte.
    let debug = Result { () throws(ScrubError) in try original.debugGroups() }
    var hits = JoinedHits.joining(
      original.hits(in: regions, options.policy), in: regions, (try? debug.get()) ?? [], options.roots)
    var obstacles = original.obstacles(regions, hits, companions) + Payloads.notes(regions, of: original)
    // Roots that code assembles from pieces are not strings that the search finds; they stay.
    let split = SplitRoots(roots: options.policy.roots).find(in: original, regions, hits)
    guard !hits.isEmpty || !companions.splitIDs.isEmpty else {
      return (Outcome(findings: split, notes: obstacles), nil)
    }

    // What the format requires before everything else, in place.
    var groups = try debug.get()
    let stage = try original.prepared(hits, debug: groups, options, companions, fix: fix)
    obstacles += stage.notes
    guard !hits.isEmpty || stage.output != nil else {
      return (Outcome(findings: split, notes: obstacles), nil)
    }
    let image = stage.output ?? original
    if stage.output != nil {
      regions = try image.regions()
      groups = try image.debugGroups()
      hits = JoinedHits.joining(
        image.hits(in: regions, options.policy), in: regions, groups, options.roots)
    }

    // Residue: roots that must stay because a piece of them would remain. The result of the edit is checked once more.
    let residue = LoadedResidue(image, hits, in: regions, options.policy)
    let found = hits
    _ = residue?.restrain(&hits, by: image, regions) { found }
    while true {
      let (outcome, draft) = try edit(
        image, regions, hits, groups, stage, Outcome(findings: split, notes: obstacles), fix: fix)
      guard let residue, let draft else { return (outcome, draft) }
      let result = try draft.after.regions()
      let isNew = residue.restrain(&hits, by: draft.after, result) {
        draft.after.hits(in: result, options.policy)
      }
      guard isNew else { return (outcome, draft) }
    }
  }

  /// Plans for these hits, describes them, and carries out the plan.
  /// - Parameter known: what is reported about the image whatever the plan.
  private func edit<I: Image>(
    _ image: I, _ regions: [Region], _ hits: [Hit], _ groups: [DwarfSections], _ stage: PreparedImage<I>,
    _ known: Outcome, fix: Bool
  ) throws(ScrubError) -> (Outcome, ImageDraft<I>?) {
    // Plan: what happens to each hit.
    let plan: I.Plan
    do throws(ScrubError) {
      plan = try image.plan(hits, in: regions, debug: groups, options, fix: fix)
    } catch {
      // A broken debug section stops a fix, but must not hide anything from a check.
      if fix { throw error }
      plan = image.plan(unfixable: hits, in: regions, because: error)
    }

    // Findings: describe each hit.
    try Effort.settle()
    var (findings, namingNotes) = Findings(
      image: image, regions: regions, groups: groups, roots: options.roots
    )
    .describe(hits, plan.fates)
    try Effort.settle()
    plan.relabel(&findings)
    if !findings.isEmpty, SourceLanguage.isRust(image.bytes) {
      for index in findings.indices { findings[index].isFromRust = true }
    }
    let changes = fix ? image.changes(by: plan, findings) + stage.changes : []
    findings += known.findings
    let outcome = Outcome(findings: findings, notes: plan.notes + namingNotes + known.notes)
    guard fix, !plan.isEmpty || stage.output != nil else { return (outcome, nil) }

    // Apply: on a copy.
    let draft = try ImageDraft(image, plan, options, companions)
    draft.changes = changes
    return (outcome, draft)
  }

  private func named<R>(
    _ parts: [Part], _ index: Int, _ body: () throws(ScrubError) -> R
  ) throws(PartFailure) -> R {
    try PartFailure.of(index) { () throws(ScrubError) in
      do throws(ScrubError) { return try body() } catch {
        throw error.inside(path: "", member: parts[index].name)
      }
    }
  }
}

/// An edited image that is not sealed yet.
final class ImageDraft<I: Image> {
  let before: I
  let plan: I.Plan
  let output: EditBuffer
  /// The headers of the output; its bytes reflect later writes.
  let after: I
  /// What the edit did; `verify` adds the seals.
  var changes: [Change] = []
  /// File ranges of the output that seals were allowed to change; filled in by the sealing pass.
  var seals: [Range<Int>] = []
  let companions: LinkedFiles
  /// Whether its id is recomputed although no byte changed.
  var renewsSeal = false
  private let options: Options

  init(
    _ image: I, _ plan: I.Plan, _ options: Options, _ companions: LinkedFiles = LinkedFiles()
  ) throws(ScrubError) {
    before = image
    self.plan = plan
    self.options = options
    self.companions = companions
    output = try image.edited(by: plan)
    after = try I(output.bytes)
  }

  /// A copy in which only seals may change.
  convenience init(resealing bytes: Bytes, _ options: Options) throws(ScrubError) {
    let image = try I(bytes)
    let regions = try image.regions()
    let hits = JoinedHits.joining(
      image.hits(in: regions, options.policy), in: regions, (try? image.debugGroups()) ?? [],
      options.roots)
    let plan = image.plan(unfixable: hits, in: regions, because: ScrubError("not now"))
    try self.init(image, plan, options)
  }

  var isChanged: Bool { output.bytes != before.bytes }

  /// Reads the result again, and describes how the seals changed.
  func verify() throws(ScrubError) {
    try before.verify(self, options)
    changes += try before.sealChanges(self)
  }
}
