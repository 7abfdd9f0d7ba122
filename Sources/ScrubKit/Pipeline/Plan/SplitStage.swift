import Formats

/// The changes that split DWARF needs before everything else, carried out and verified.
struct SplitStage {
  /// The changed image; nil if there is nothing of the kind to change.
  var output: ElfImage?
  var changes: [Change] = []
  var notes: [Note] = []

  init(
    _ image: ElfImage, _ groups: [DwarfSections], _ hits: [Hit], options: Options, companions: LinkedFiles,
    fix: Bool
  ) throws(ScrubError) {
    let units: SplitUnits
    do throws(ScrubError) {
      units = try SplitUnits(groups, roots: options.roots)
    } catch {
      // The plan for the strings finds the same fault, and reports the consequences.
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
      before: image, after: after, debugAfter: groupsAfter, plan: plan, policy: options.policy
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

  /// Checks that every unit has the same contents, and the id that was planned.
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
