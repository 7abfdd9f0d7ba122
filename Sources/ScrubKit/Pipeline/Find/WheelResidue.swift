import Formats

/// Searches all members of a wheel for what is left of random parts that were found in any of them.
///
/// Most members are searched while they are in memory anyway, for everything found by then. Only members that were
/// processed too early, and texts, which nothing else reads, are inflated again; and none if nothing was found.
struct WheelResidue {
  /// The search result for one member.
  struct Look: Sendable {
    /// What was searched for.
    var fragments: ResidueFragments
    /// Places have no path.
    var findings: [Finding]

    /// Nil if there is nothing to search for yet.
    /// - Parameter content: as it is or will be written.
    init?(_ member: Wheel.Member, _ content: Bytes, _ fragments: ResidueFragments?, _ options: Options) {
      guard let fragments, let search = ResidueSearch(fragments, options) else { return nil }
      self.fragments = fragments
      let texts = TextScrub(Text(memberAt: member.name, head: content), options).reported
      findings =
        (search.findings(inName: member.centralEntry, section: "directory entry")
        + search.findings(in: content, texts: texts)).map { finding in
          var finding = finding
          finding.place = finding.place.within(member.name)
          return finding
        }
    }
  }

  let options: Options
  let seen: SeenParts
  let memory: WheelMemory

  /// Findings in member order.
  /// - Parameters:
  ///   - looks: searches already done.
  ///   - content: a member as it will be written.
  func run(
    _ members: [Wheel.Member], looks: (Wheel.Member) -> Look?,
    content: @escaping @Sendable (Wheel.Member) throws(ScrubError) -> Bytes
  ) throws(ScrubError) -> ImageScrub.Outcome {
    var outcome = ImageScrub.Outcome()
    guard let fragments = seen.complete else { return outcome }
    let known = members.map { member in
      looks(member).flatMap { $0.fragments.parts == fragments.parts ? $0 : nil }
    }
    let results = options.workers.map(Array(zip(members, known))) { member, look in
      if let look { return Swift.Result<[Finding], ScrubError>.success(look.findings) }
      return Swift.Result { () throws(ScrubError) in
        guard let options = options.narrowed(to: Place(path: memory.wheel.path, member: member.name)),
          ResidueSearch(fragments, options) != nil
        else { return [] }
        return try memory.whileWorking(on: member) { () throws(ScrubError) in
          Look(member, try content(member), fragments, options)?.findings ?? []
        }
      }
    }
    for (member, result) in zip(members, results) {
      do throws(ScrubError) { outcome.findings += try result.get() } catch {
        try error.inside(path: "", member: member.name).rethrowRefusal()
        // Nothing else has read it, so it may be damaged and not yet reported.
        outcome.notes.append(
          Note(
            "not searched for what is left of build directories: \(error.message)",
            at: Place(member: member.name, section: error.place.section, offset: error.place.offset),
            divergence: .anywhere))
      }
    }
    if let note = fragments.note { outcome.notes.append(note) }
    return outcome
  }
}
