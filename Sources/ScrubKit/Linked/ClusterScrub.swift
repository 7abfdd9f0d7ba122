internal import BuildRoots
import Formats

/// Processes images that are sealed together: each is edited alone, then all get one build-id, then links get the
/// checksums of the files that they lead to.
///
/// If others point to a file with a checksum, its build-id must be known before the checksum, and the checksum must not
/// count in the build-id. So: zero all seals, hash every image, make one id from all hashes, and then write the
/// checksums, first those of files without links of their own. The ids of supplementary files follow the same order:
/// they do not count in the ids of their users, and are written into them when all ids are known.
struct ClusterScrub {
  /// How all of them are sealed.
  let options: Options
  /// The members that each member's debug link leads to.
  var targets: [Int: [Int]] = [:]
  /// The supplementary file whose build-id each member holds.
  var supplements: [Int: [Int]] = [:]

  /// One outcome for each member.
  func run(_ members: [Part]) throws(PartFailure) -> [ImageScrub.Outcome] {
    if members.allSatisfy({ FileKind.of($0.bytes).isMachO }) { return try runBundles(members) }
    var (outcomes, drafts) = try edit(members)
    guard drafts.contains(where: { $0 != nil }) else { return outcomes }
    let families = self.families(of: members)
    let reasons = try reseal(members, families, &drafts)
    let links = members.indices.map {
      targets[$0, default: []].isEmpty ? nil : drafts[$0].flatMap { DebugLink($0.after) }
    }

    let shared = members.indices.map { index in
      supplements[index, default: []].isEmpty ? nil : drafts[index].flatMap { SupplementaryLink($0.after) }
    }
    let linked = members.indices.map { index in
      [links[index]?.position, shared[index]?.position].compactMap { $0 }
    }

    // Seal: the ids.
    let ids = zip(members, drafts).map { member, draft in
      options.buildID == .recompute ? draft.map { member.companions.seals(of: $0.after) } ?? [] : []
    }
    for family in families {
      var hashes: [[UInt8]] = []
      for index in family {
        guard let draft = drafts[index] else { continue }
        hashes.append(
          BuildIDSeal.hash(draft.output, zeroing: ids[index] + linked[index]))
      }
      let hash = BuildIDSeal.joined(hashes)
      for index in family {
        if let draft = drafts[index] { BuildIDSeal.write(hash, to: draft.output, ids[index]) }
      }
    }

    // Seal: the ids of supplementary files, in their users.
    for index in members.indices {
      guard let draft = drafts[index], let link = shared[index], let target = supplements[index]?.first
      else { continue }
      let id = drafts[target]?.after.buildIDContents.first { $0.count == link.position.count }
      draft.output.replace(at: link.position.lowerBound, with: id ?? link.buildID)
    }

    // Seal: the checksums.
    for index in try order(members) {
      guard let draft = drafts[index], let link = links[index], let target = targets[index]?.first
      else { continue }
      let sum = Inflate.crc32(drafts[target]?.output.bytes ?? members[target].bytes)
      draft.output.store(
        UInt64(sum), at: link.position.lowerBound, width: 4, order: draft.after.header.order)
    }

    // Verify: every image, and what they say about each other.
    for index in members.indices {
      guard let draft = drafts[index] else { continue }
      // An image that was only to be resealed may already have the right seals.
      guard draft.isChanged else {
        if draft.renewsSeal { outcomes[index].findings.removeAll { $0.rule == .staleBuildID } }
        continue
      }
      do throws(ScrubError) {
        draft.seals = ids[index] + linked[index]
        try draft.verify()
        outcomes[index].changes += draft.changes
        if let reason = reasons[index] { outcomes[index].notes.append(reason) }
        outcomes[index].output = draft.output.bytes
        if members[index].options.describesRanges {
          try outcomes[index].describeRanges(ElfImage.self, of: members[index].bytes, seals: draft.seals)
        }
      } catch { throw PartFailure(part: index, error: error) }
    }
    try verify(members, families, &outcomes)
    return outcomes
  }

  /// Images and their dSYM bundles.
  private func runBundles(_ members: [Part]) throws(PartFailure) -> [ImageScrub.Outcome] {
    var outcomes = try UniversalScrub(options: options).run(members, fix: true)
    for index in outcomes.indices where outcomes[index].output != nil && outcomes[index].findings.isEmpty {
      outcomes[index].notes.append(
        Note("has a new UUID because a file with the same UUID changes", at: Place(section: "LC_UUID")))
    }
    return outcomes
  }

  private func edit(
    _ members: [Part]
  ) throws(PartFailure) -> ([ImageScrub.Outcome], [ImageDraft<ElfImage>?]) {
    var outcomes: [ImageScrub.Outcome] = []
    var drafts: [ImageDraft<ElfImage>?] = []
    for (index, member) in members.enumerated() {
      do throws(ScrubError) {
        let (outcome, draft) = try ImageScrub(options: member.options, companions: member.companions)
          .draft(ElfImage.self, member.bytes, fix: true)
        outcomes.append(outcome)
        drafts.append(draft)
      } catch { throw PartFailure(part: index, error: error) }
    }
    return (outcomes, drafts)
  }

  /// Members that share a build-id, each member in one family.
  private func families(of members: [Part]) -> [[Int]] {
    var sets = DisjointSets(members.count)
    var owners: [[UInt8]: Int] = [:]
    for (index, member) in members.enumerated() {
      guard let image = try? ElfImage(member.bytes) else { continue }
      for id in image.buildIDContents {
        sets.join(owners[id] ?? index, index)
        owners[id] = owners[id] ?? index
      }
    }
    return sets.sets
  }

  /// Members that change only because another one does: they share its id, or hold its checksum.
  /// - Returns: the reason for each, by its index.
  private func reseal(
    _ members: [Part], _ families: [[Int]], _ drafts: inout [ImageDraft<ElfImage>?]
  ) throws(PartFailure) -> [Int: Note] {
    var reasons: [Int: Note] = [:]
    while true {
      var pending: [Int: Int] = [:]
      if options.buildID == .recompute {
        for family in families {
          guard let cause = family.first(where: { drafts[$0] != nil }) else { continue }
          for index in family where drafts[index] == nil { pending[index] = cause }
        }
      }
      for index in members.indices where drafts[index] == nil {
        let others = targets[index, default: []] + supplements[index, default: []]
        let cause = others.first { drafts[$0] != nil }
        if let cause { pending[index] = cause }
      }
      if pending.isEmpty { return reasons }
      for (index, cause) in pending.sorted(by: { $0.key < $1.key }) {
        do throws(ScrubError) {
          drafts[index] = try ImageDraft(resealing: members[index].bytes, members[index].options)
        } catch { throw PartFailure(part: index, error: error) }
        reasons[index] = Note(
          "sealed again because \(members[cause].name ?? "a file"), which belongs to it, changes", at: Place()
        )
      }
    }
  }

  /// Link targets before the members that link to them.
  private func order(_ members: [Part]) throws(PartFailure) -> [Int] {
    var order: [Int] = []
    var isDone = [Bool](repeating: false, count: members.count)
    var rest = Array(members.indices)
    while !rest.isEmpty {
      let ready = rest.filter { targets[$0, default: []].allSatisfy { isDone[$0] } }
      guard !ready.isEmpty else {
        throw PartFailure(
          part: rest[0], error: ScrubError("debug links lead in a circle", section: ".gnu_debuglink"))
      }
      for index in ready { isDone[index] = true }
      order += ready
      rest.removeAll { isDone[$0] }
    }
    return order
  }

  /// Reads the results again: one id where there was one, and correct checksums.
  private func verify(
    _ members: [Part], _ families: [[Int]], _ outcomes: inout [ImageScrub.Outcome]
  ) throws(PartFailure) {
    let images = outcomes.map { outcome in outcome.output.flatMap { try? ElfImage($0) } }
    for family in families where options.buildID == .recompute {
      let hashes = Set(family.flatMap { images[$0]?.buildIDContents ?? [] })
      // Ids of different lengths have the same beginning.
      let longest = hashes.max { $0.count < $1.count } ?? []
      guard hashes.allSatisfy({ longest.starts(with: $0) }) else {
        throw PartFailure(part: family[0], error: ScrubError("verify: build-ids differ", section: "build-id"))
      }
    }
    for index in members.indices {
      guard let image = images[index], let link = SupplementaryLink(image) else { continue }
      for target in supplements[index, default: []]
      where images[target]?.buildIDContents.contains(link.buildID) == false {
        throw PartFailure(
          part: index,
          error: ScrubError(
            "verify: the build-id is not that of \(members[target].name ?? "the file")",
            section: ".gnu_debugaltlink"))
      }
    }
    for (index, member) in members.enumerated() {
      guard let image = images[index], !targets[index, default: []].isEmpty, let link = DebugLink(image)
      else { continue }
      for target in targets[index, default: []]
      where Inflate.crc32(outcomes[target].output ?? members[target].bytes) != link.checksum {
        throw PartFailure(
          part: index,
          error: ScrubError(
            "verify: the checksum is not that of \(members[target].name ?? "the file")",
            section: ".gnu_debuglink"))
      }
      if let old = (try? ElfImage(member.bytes)).flatMap({ DebugLink($0) }), old.checksum != link.checksum {
        outcomes[index].changes.append(
          Change(
            place: Place(section: ".gnu_debuglink"),
            kind: .debugLink(before: old.checksum, after: link.checksum)))
      }
    }
  }
}
