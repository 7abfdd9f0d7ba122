import Formats

/// The members of one wheel that belong together, and the outside files that belong to them (`FileSet`). Determined
/// only after each was processed alone: almost no wheel has any, and looking earlier would inflate everything twice.
struct LinkedMembers {
  /// An image or archive that was processed alone.
  struct Candidate {
    /// The member's name, or the path of an outside file.
    var name: String
    /// What it says about other files; nil for an archive.
    var facts: LinkFacts?
    var isChanged: Bool
    /// CRC-32 of its bytes; nil if they cannot be read.
    var checksum: () -> UInt32?
    var content: () throws(ScrubError) -> Bytes
    /// The options with the rules that apply to it.
    var options: Options
  }

  private let members: [Candidate]
  private let options: Options
  private let relations: Relations
  private let identities: SplitIdentities
  /// Indices of members that must be processed again, together.
  private(set) var groups: [[Int]] = []

  init(_ members: [Candidate], options: Options) {
    self.members = members
    self.options = options
    let relations = Relations(members.map { ($0.name, $0.facts) }) { members[$0].checksum() }
    let identities = Self.identities(members, options)
    self.relations = relations
    self.identities = identities
    var sets = DisjointSets(members.count)
    for cluster in relations.clusters {
      for index in cluster.dropFirst() { sets.join(cluster[0], index) }
    }
    var hasNewID: Set<Int> = []
    for users in identities.users.values {
      hasNewID.formUnion(users)
      for index in users.dropFirst() { sets.join(users[0], index) }
    }
    // A member's staleness shows only beside the others.
    groups = sets.sets.filter { group in
      group.contains { hasNewID.contains($0) }
        || group.count > 1 && (options.isCanonical || group.contains { members[$0].isChanged })
    }
  }

  private static func identities(_ members: [Candidate], _ options: Options) -> SplitIdentities {
    guard members.contains(where: { $0.facts?.hasSplitUnits == true }) else { return SplitIdentities([]) }
    let candidates = members.indices.filter { members[$0].facts?.hasDebugInfo ?? true }
    return SplitIdentities(
      candidates.map { index in
        let units = (try? members[index].content()).map { SplitUnits.all(in: $0, roots: options.roots) }
        return (index, units ?? [])
      })
  }

  /// One outcome for each member of the group.
  /// - Throws: with the index of the member.
  func scrub(_ group: [Int], _ contents: [Bytes]) throws(PartFailure) -> [ImageScrub.Outcome] {
    var outcomes = group.map { _ in ImageScrub.Outcome() }
    let places = Dictionary(uniqueKeysWithValues: group.enumerated().map { ($1, $0) })
    let clusters = relations.clusters.filter { places[$0[0]] != nil }
    let clustered = Set(clusters.joined())
    for index in group where !clustered.contains(index) {
      guard let place = places[index] else { continue }
      outcomes[place] = try PartFailure.of(index) { () throws(ScrubError) in
        try LooseScrub(
          options: members[index].options, companions: companions(of: index), path: members[index].name
        )
        .run(contents[place], FileKind.of(contents[place]), fix: true)
      }
    }
    for cluster in clusters {
      let positions = cluster.compactMap { places[$0] }
      let local = Dictionary(uniqueKeysWithValues: cluster.enumerated().map { ($1, $0) })
      let images = zip(cluster, positions).map { index, place in
        Part(
          name: members[index].name, bytes: contents[place], options: members[index].options,
          companions: companions(of: index))
      }
      let scrub = ClusterScrub(
        options: options, targets: relations.targets.within(local),
        supplements: relations.supplements.within(local))
      do throws(PartFailure) {
        for (place, outcome) in zip(positions, try scrub.run(images)) { outcomes[place] = outcome }
      } catch {
        throw PartFailure(part: cluster[error.part], error: error.error)
      }
    }
    return outcomes
  }

  /// Notes on links that led nowhere before.
  func notes(on index: Int) -> [Note] { relations.notes[index] ?? [] }

  private func companions(of index: Int) -> LinkedFiles {
    LinkedFiles(
      splitIDs: identities.ids(in: index), ambiguousIDs: identities.ambiguous,
      hasDebugFile: relations.targets[index] != nil,
      hasImage: relations.clusters.contains { $0.contains(index) },
      hasSupplementaryFile: relations.supplements[index] != nil,
      hasUsers: relations.supplements.values.contains { $0.contains(index) },
      isGrafted: LinkedFiles.isGrafted(members[index].name))
  }
}
