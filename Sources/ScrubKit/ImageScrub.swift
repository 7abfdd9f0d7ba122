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
  }

  let options: Options

  /// An image of any format.
  /// - Parameter fix: also edit, seal and verify.
  func run(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> Outcome {
    let part = Part(name: nil, bytes: bytes)
    switch Magic(bytes) {
    case .machO: return try run(MachOImage.self, [part], fix: fix)[0]
    default: return try run(ElfImage.self, [part], fix: fix)[0]
    }
  }

  /// An image, or one of several in a file.
  struct Part {
    /// The member that errors name; nil for an image that is the whole file.
    var name: String?
    var bytes: Bytes
  }

  /// The parts of one file, which are sealed together.
  func run<I: Image>(_ format: I.Type, _ parts: [Part], fix: Bool) throws(ScrubError) -> [Outcome] {
    // Image, find, plan: of each.
    var drafts: [Draft<I>] = []
    for part in parts {
      drafts.append(try named(part) { () throws(ScrubError) in try draft(part.bytes, fix: fix) })
    }
    guard fix, drafts.contains(where: { !$0.plan.isEmpty }) else { return drafts.map(\.outcome) }

    // Apply: on copies.
    var edited: [EditedImage<I>] = []
    for (part, draft) in zip(parts, drafts) {
      edited.append(
        try named(part) { () throws(ScrubError) in
          EditedImage(draft.image, draft.plan, try draft.image.edited(by: draft.plan))
        })
    }

    // Seal: after the last edit.
    try I.seal(edited, options)

    // Verify: read the results again.
    var outcomes = drafts.map(\.outcome)
    for (index, (part, image)) in zip(parts, edited).enumerated() where image.isChanged {
      try named(part) { () throws(ScrubError) in
        try image.before.verify(image, options)
        outcomes[index].changes = try image.before.changes(image, outcomes[index].findings)
        outcomes[index].output = image.output.bytes
      }
    }
    return outcomes
  }

  private struct Draft<I: Image> {
    var image: I
    var plan: I.Plan
    var outcome: Outcome
  }

  private func draft<I: Image>(_ bytes: Bytes, fix: Bool) throws(ScrubError) -> Draft<I> {
    // Image: headers and sections.
    let image = try I(bytes)
    let regions = try image.regions()

    // Find: every byte.
    let hits = Hits.all(in: regions)
    let obstacles = image.obstacles(regions, hits)
    guard !hits.isEmpty else {
      let plan = image.plan(unfixable: [], in: regions, because: ScrubError("nothing to fix"))
      return Draft(image: image, plan: plan, outcome: Outcome(notes: obstacles))
    }

    // Plan: what happens to each hit.
    let groups = try image.debugGroups()
    let plan: I.Plan
    do throws(ScrubError) {
      plan = try image.plan(hits, in: regions, debug: groups, options, fix: fix)
    } catch {
      // A broken debug section stops a fix, but hides nothing from a check.
      if fix { throw error }
      plan = image.plan(unfixable: hits, in: regions, because: error)
    }

    // Findings: what each hit is.
    var (findings, namingNotes) = Findings(
      image: image, regions: regions, groups: groups, prefix: options.prefix
    )
    .describe(hits, plan.fates)
    plan.relabel(&findings)
    return Draft(
      image: image, plan: plan,
      outcome: Outcome(findings: findings, notes: plan.notes + namingNotes + obstacles))
  }

  private func named<R>(_ part: Part, _ body: () throws(ScrubError) -> R) throws(ScrubError) -> R {
    do throws(ScrubError) { return try body() } catch { throw error.inside(path: "", member: part.name) }
  }
}
