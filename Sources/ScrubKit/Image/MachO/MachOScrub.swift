internal import BuildRoots

/// The steps of the way of the data, for Mach-O.
extension MachOImage: Image {
  func obstacles(_ regions: [Region], _ hits: [Hit]) -> [Note] {
    let loaded = Convergence.loadedLength(regions, hits) { region in
      guard let section = region.section else { return false }
      return sections[section].segmentName != "__DWARF"
    }
    return [loaded].compactMap { $0 }
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

  /// No linker for Mach-O does it, and llvm-dwarfdump --verify takes it for an error.
  static var sharesStringEnds: Bool { false }

  func edited(by plan: MachOPlan) throws(ScrubError) -> EditBuffer {
    if plan.isEmpty { return EditBuffer(copying: bytes) }
    return try MachOEdit(image: self, plan: plan).apply()
  }

  /// First every UUID, then the names that hold one of them, then the hashes of everything.
  static func seal(_ parts: [EditedImage<MachOImage>], _ options: Options) throws(ScrubError) {
    var renewed: [[UInt8]: [UInt8]] = [:]
    for part in parts where part.isChanged {
      let image = try MachOImage(part.output.bytes)
      // A dSYM bundle is found by the UUID of what it was made from.
      guard options.buildID == .recompute, !image.isDSYM, let old = part.before.uuids.first else { continue }
      UUIDSeal.reseal(part.output, image)
      part.seals += image.uuids
      if let new = image.uuids.first {
        renewed[part.before.bytes[old].array()] = part.output.bytes[new].array()
      }
    }
    for part in parts {
      let image = try MachOImage(part.output.bytes)
      guard let signature = image.signature else { continue }
      if image.signatureCanBeSealed {
        try CodeSignatureSeal.renameIdentifiers(part.output, image, renewed: renewed)
      }
      guard part.isChanged else { continue }
      try CodeSignatureSeal.reseal(part.output, try MachOImage(part.output.bytes), before: part.before)
      part.seals.append(signature.range)
    }
  }

  /// Whether the signature may be written at all; one made with a key may not.
  private var signatureCanBeSealed: Bool {
    guard let signature = try? readSignature() else { return false }
    return signature.obstacle == nil && !signature.hasIdentity
  }

  func verify(_ edited: EditedImage<MachOImage>, _ options: Options) throws(ScrubError) {
    let after = try MachOImage(edited.output.bytes)
    try MachOVerifier(
      before: self, after: after, plan: edited.plan, seals: edited.seals, prefix: options.prefix
    ).verify(everyDIE: options.verification == .full)
  }

  func changes(_ edited: EditedImage<MachOImage>, _ findings: [Finding]) throws(ScrubError) -> [Change] {
    let plan = edited.plan
    let after = try MachOImage(edited.output.bytes)
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
  /// What the system knows the code by: the beginning of a hash over the last, strongest directory.
  var codeDirectoryHash: String {
    guard let directory = directories.last else { return "" }
    return Bytes(Array(directory.hash(bytes[directory.range]).prefix(20))).hex
  }
}
