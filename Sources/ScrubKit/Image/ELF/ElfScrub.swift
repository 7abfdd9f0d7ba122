internal import BuildRoots

/// The steps of the way of the data, for ELF.
extension ElfImage: Image {
  func obstacles(_ regions: [Region], _ hits: [Hit]) -> [Note] { Convergence.notes(self, regions, hits) }

  /// The symbol that covers the place, or the nearest in front of it in the same section.
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
      guard let symbol = symbols.last(where: { $0.value <= address }), symbol.value >= base else { continue }
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

  static func seal(_ parts: [EditedImage<ElfImage>], _ options: Options) throws(ScrubError) {
    guard options.buildID == .recompute else { return }
    for part in parts {
      part.seals = try ElfImage(part.output.bytes).buildIDs
      BuildIDSeal.reseal(part.output, part.seals)
    }
  }

  func verify(_ edited: EditedImage<ElfImage>, _ options: Options) throws(ScrubError) {
    let after = try ElfImage(edited.output.bytes)
    try ElfVerifier(
      before: self, after: after, debugAfter: try after.debugGroups(), plan: edited.plan,
      prefix: options.prefix
    ).verify(resealed: edited.seals, everyDIE: options.verification == .full)
  }

  func changes(_ edited: EditedImage<ElfImage>, _ findings: [Finding]) throws(ScrubError) -> [Change] {
    let plan = edited.plan
    return plan.runPaths.changes + Changes.ofStrings(findings) + Changes.ofTables(plan.debug)
      + zip(buildIDs, edited.seals).map { old, new in
        Change(
          place: Place(section: "build-id", offset: UInt64(old.lowerBound)),
          kind: .buildID(before: bytes[old].hex, after: edited.output.bytes[new].hex))
      }
  }
}
