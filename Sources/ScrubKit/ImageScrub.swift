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

  /// Finds; with `fix` also plans, edits, seals and verifies.
  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> Outcome {
    // Image: headers and sections.
    let image = try ElfImage(bytes)
    let regions = try image.regions()

    // Find: every byte.
    let hits = Hits.all(in: regions, options.roots)
    let obstacles = Convergence.notes(image, regions, hits)
    guard !hits.isEmpty else { return Outcome(notes: obstacles) }

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
    var outcome = Outcome(findings: findings, notes: plan.notes + namingNotes + obstacles)
    guard fix, !plan.isEmpty else { return outcome }

    // Apply: on a copy.
    let edited = try ElfEdit(image: image, plan: plan).apply()

    // Seal: after the last edit.
    let after = try ElfImage(edited.bytes)
    let seals = options.buildID == .recompute ? after.buildIDs : []
    BuildIDSeal.reseal(edited, seals)

    // Verify: read the result again.
    try ElfVerifier(
      before: image, after: after, debugAfter: try after.debugGroups(), plan: plan, roots: options.roots
    ).verify(resealed: seals, everyDIE: options.verification == .full)

    outcome.changes = runPaths.changes + Changes.describe(findings, plan, before: image, after: after, seals)
    outcome.output = edited.bytes
    return outcome
  }
}
