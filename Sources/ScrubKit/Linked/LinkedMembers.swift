import Formats

/// The members of one wheel that belong together. Known only after each was worked on alone: nearly no wheel has any,
/// and to look before would mean to inflate everything twice.
struct LinkedMembers {
  private let members: [Wheel.Member]
  private let options: Options
  private let relations: Relations
  private let identities: SplitIdentities
  /// Indices of members that have to be worked on again, side by side.
  private(set) var groups: [[Int]] = []

  /// - Parameter images: members that are images or archives, what an image says of others, and whether it changed.
  init(_ images: [(member: Wheel.Member, facts: LinkFacts?, isChanged: Bool)], options: Options) {
    members = images.map(\.member)
    self.options = options
    // The directory knows the checksums that debug links hold.
    let relations = Relations(images.map { ($0.member.name, $0.facts) }) { images[$0].member.crc }
    let identities = Self.identities(images.map { ($0.member, $0.facts) }, options)
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
    groups = sets.sets.filter { group in
      group.contains { hasNewID.contains($0) } || group.count > 1 && group.contains { images[$0].isChanged }
    }
  }

  private static func identities(
    _ images: [(member: Wheel.Member, facts: LinkFacts?)], _ options: Options
  ) -> SplitIdentities {
    guard images.contains(where: { $0.facts?.hasSplitUnits == true }) else { return SplitIdentities([]) }
    let candidates = images.indices.filter { images[$0].facts?.hasDebugInfo ?? true }
    return SplitIdentities(
      candidates.map { index in
        let units = (try? images[index].member.content()).map {
          SplitUnits.all(in: $0, roots: options.roots)
        }
        return (index, units ?? [])
      })
  }

  /// One outcome for each member of the group.
  func scrub(_ group: [Int], _ contents: [Bytes]) throws(ScrubError) -> [ImageScrub.Outcome] {
    var outcomes = group.map { _ in ImageScrub.Outcome() }
    let places = Dictionary(uniqueKeysWithValues: group.enumerated().map { ($1, $0) })
    let clusters = relations.clusters.filter { places[$0[0]] != nil }
    let clustered = Set(clusters.joined())
    for index in group where !clustered.contains(index) {
      guard let place = places[index] else { continue }
      do throws(ScrubError) {
        outcomes[place] = try LooseScrub(
          options: options(in: index), companions: companions(of: index), path: members[index].name
        )
        .run(contents[place], FileKind.of(contents[place]), fix: true)
      } catch { throw error.within(members[index].name) }
    }
    for cluster in clusters {
      let positions = cluster.compactMap { places[$0] }
      let local = Dictionary(uniqueKeysWithValues: cluster.enumerated().map { ($1, $0) })
      let images = zip(cluster, positions).map { index, place in
        Part(
          name: members[index].name, bytes: contents[place], options: options(in: index),
          companions: companions(of: index))
      }
      let scrub = ClusterScrub(
        options: options, targets: relations.targets.within(local),
        supplements: relations.supplements.within(local))
      do throws(PartFailure) {
        for (place, outcome) in zip(positions, try scrub.run(images)) { outcomes[place] = outcome }
      } catch {
        throw error.error.within(members[cluster[error.part]].name)
      }
    }
    return outcomes
  }

  /// With the rules that count in this member.
  private func options(in index: Int) -> Options {
    options.narrowed(to: Place(member: members[index].name), isExplicit: true) ?? options
  }

  /// Of links that led nowhere before.
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
