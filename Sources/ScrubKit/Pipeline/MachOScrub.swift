internal import BuildRoots
import Formats

/// The pipeline steps for Mach-O.
extension MachOImage: Image {
  var linkedTexts: [Range<Int>] { commands.filter { LoadCommandKind.isLinked($0.kind) }.map(\.range) }

  func obstacles(_ regions: [Region], _ hits: [Hit], _ companions: LinkedFiles) -> [Note] {
    let loaded = Convergence.loadedLength(regions, hits) { region in
      guard let section = region.section else { return false }
      return sections[section].segmentName != "__DWARF"
    }
    var notes = [loaded].compactMap { $0 } + toolValues(hits)
    if isObject, let hit = hits.first(where: { isDebug(regions[$0.region]) }) {
      notes.append(
        Note(
          "sections of an object file keep their places and sizes: this file converges only with builds whose "
            + "directory's name is as long",
          at: Place(section: regions[hit.region].name), isDetail: true))
    }
    if isDSYM, !hits.isEmpty, !companions.hasImage {
      notes.append(
        Note(
          "the UUID stays that of the image that this dSYM was made from, which no longer has it if it is fixed, too; "
            + "give both to the same fix",
          at: Place(section: "LC_UUID", offset: uuids.first.map { UInt64($0.lowerBound) }),
          divergence: .debugInfo))
    }
    return notes
  }

  /// As for ELF; Go's id precedes the code (`\xff Go build ID: "`).
  private func toolValues(_ hits: [Hit]) -> [Note] {
    guard !hits.isEmpty else { return [] }
    var notes: [Note] = []
    if sections.contains(where: { $0.name == "__go_buildinfo" }) {
      notes.append(Convergence.stays(Convergence.goID, in: "__TEXT,__text", .goBuildID))
    }
    if let section = sections.first(where: { $0.name == "__swift_modhash" }) {
      notes.append(Convergence.stays(Convergence.swiftHash, in: section.label, .swiftModuleHash))
    }
    return notes
  }

  private func isDebug(_ region: Region) -> Bool {
    region.section.map { sections[$0].debugName != nil } ?? false
  }

  func prepared(
    _ hits: [Hit], debug: [DwarfSections], _ options: Options, _ companions: LinkedFiles, fix: Bool
  ) throws(ScrubError) -> PreparedImage<MachOImage> {
    PreparedImage()
  }

  func plan(
    _ hits: [Hit], in regions: [Region], debug: [DwarfSections], _ options: Options, fix: Bool
  ) throws(ScrubError) -> MachOPlan {
    if let obstacle = obstacle(options) {
      return MachOPlan(self, regions: regions, unfixable: hits, because: obstacle)
    }
    return try MachOPlan(self, regions: regions, hits: hits, debug: debug, options: options, fix: fix)
  }

  func plan(unfixable hits: [Hit], in regions: [Region], because error: ScrubError) -> MachOPlan {
    MachOPlan(self, regions: regions, unfixable: hits, because: "\(error)")
  }

  /// No Mach-O linker does this, and llvm-dwarfdump --verify reports it as an error.
  static var sharesStringEnds: Bool { false }

  func edited(by plan: MachOPlan) throws(ScrubError) -> EditBuffer {
    if plan.isEmpty { return EditBuffer(copying: bytes) }
    return try MachOEdit(image: self, plan: plan).apply()
  }

  /// First every UUID, then the names that hold one of them, then all hashes.
  static func seal(_ drafts: [ImageDraft<MachOImage>], _ options: Options) throws(ScrubError) {
    let renewed = options.buildID == .recompute ? renewUUIDs(drafts) : [:]
    for draft in drafts {
      guard let signature = draft.after.signature, draft.after.signatureCanBeSealed else { continue }
      try CodeSignatureSeal.renameIdentifiers(draft.output, draft.after, renewed: renewed)
      guard draft.isChanged else { continue }
      try CodeSignatureSeal.reseal(draft.output, draft.after, before: draft.before)
      draft.seals.append(signature.range)
    }
  }

  /// Each image gets a new UUID when it or its dSYM bundle changes; the bundle gets the image's.
  /// - Returns: new UUIDs by old ones.
  private static func renewUUIDs(_ drafts: [ImageDraft<MachOImage>]) -> [[UInt8]: [UInt8]] {
    let wanted = Set(drafts.filter { $0.isChanged || $0.renewsSeal }.compactMap(\.before.uuid))
    var renewed: [[UInt8]: [UInt8]] = [:]
    for draft in drafts where !draft.before.isDSYM {
      guard let old = draft.before.uuid, wanted.contains(old),
        draft.after.signature == nil || draft.after.signatureCanBeSealed
      else { continue }
      UUIDSeal.reseal(draft.output, draft.after)
      draft.seals += draft.after.uuids
      if renewed[old] == nil { renewed[old] = draft.after.uuid }
    }
    for draft in drafts where draft.before.isDSYM {
      guard let old = draft.before.uuid, let new = renewed[old] else { continue }
      for place in draft.after.uuids { draft.output.replace(at: place.lowerBound, with: new) }
      draft.seals += draft.after.uuids
    }
    return renewed
  }

  /// The image's identity.
  var uuid: [UInt8]? { uuids.first.map { bytes[$0].array() } }

  /// Whether the signature may be written at all; one made with a key may not.
  private var signatureCanBeSealed: Bool {
    guard signatureObstacle == nil, let signature = try? readSignature() else { return false }
    return !signature.hasIdentity
  }

  func verify(_ draft: ImageDraft<MachOImage>, _ options: Options) throws(ScrubError) {
    try MachOVerifier(
      before: self, after: draft.after, plan: draft.plan, seals: draft.seals, policy: options.policy
    ).verify(everyDIE: options.verification == .full)
  }

  func changes(by plan: MachOPlan, _ findings: [Finding]) -> [Change] {
    var changes = plan.paths.changes + Changes.ofStrings(findings) + Changes.ofTables(plan.debug)
    if let symbols = plan.symbols, let strings = symbols.strings, let table = symbolTable {
      if !symbols.dropped.isEmpty {
        changes.append(
          Change(place: Place(section: "symbol table"), kind: .debugMap(stabs: symbols.dropped.count)))
      }
      changes.append(
        Change(
          place: Place(section: "string table"),
          kind: .table(
            strings: symbols.stringCount, oldSize: UInt64(table.strings.count), newSize: UInt64(strings.count)
          )))
    }
    if !plan.times.isEmpty {
      changes.append(
        Change(place: Place(section: "symbol table"), kind: .objectTimes(count: plan.times.count)))
    }
    return changes
  }

  func sealChanges(_ draft: ImageDraft<MachOImage>) throws(ScrubError) -> [Change] {
    let after = draft.after
    var changes: [Change] = []
    for (old, new) in zip(uuids, after.uuids) where bytes[old] != after.bytes[new] {
      changes.append(
        Change(
          place: Place(section: "LC_UUID", offset: UInt64(old.lowerBound)),
          kind: .uuid(before: bytes[old].hex, after: after.bytes[new].hex)))
    }
    if let old = try readSignature(), let new = try after.readSignature() {
      changes.append(
        Change(
          place: Place(section: "code signature"),
          kind: .codeSignature(before: old.codeDirectoryHash, after: new.codeDirectoryHash)))
    }
    return changes
  }
}

extension CodeSignature {
  /// How the system identifies the code: the beginning of a hash over the last, strongest directory.
  var codeDirectoryHash: String {
    guard let directory = directories.last else { return "" }
    return Bytes(Array(directory.hash(bytes[directory.range]).prefix(20))).hex
  }
}
