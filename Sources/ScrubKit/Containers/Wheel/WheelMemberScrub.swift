internal import BuildRoots
import Formats

/// The passes over one member of a wheel. Its bytes are in memory once: of a changed member only what goes into the new
/// wheel is kept.
struct WheelMemberScrub: Sendable {
  /// Those of the wheel; members may have narrower ones.
  let options: Options
  let record: LazyRecord
  let memory: WheelMemory
  /// The random parts that were found in members so far.
  let seen: SeenParts
  /// Who makes keys of the members; then none is deflated, and nothing can be written.
  let keys: ContentKeys?
  let fix: Bool

  /// What RECORD says of a member, and what came of it.
  struct Look: Sendable {
    var member: Wheel.Member
    var scrubbed: Scrubbed?
    var verdict: RecordAudit.Verdict?
    /// Of a member that nothing else is made of.
    var residue: WheelResidue.Look?
  }

  /// A member that was worked on.
  struct Scrubbed: Sendable {
    var member: Wheel.Member
    var outcome: ImageScrub.Outcome
    var change: MemberChange?
    var key: ContentKey?
    /// What was searched for while its bytes were at hand, and found.
    var residue: WheelResidue.Look?
  }

  struct MemberChange: Sendable {
    /// Nil where only keys are asked for.
    var packed: PackedMember?
    /// The member's new name, where it is made of the build-id.
    var name: String?
    /// Its row in RECORD.
    var row: Swift.Result<Record.RowChange, ScrubError>
  }

  /// Inflates a member once, for all who ask; none for which nobody does.
  func look(at member: Wheel.Member, _ claims: RecordAudit.Claims?) throws(ScrubError) -> Look {
    var look = Look(member: member)
    let place = Place(path: memory.wheel.path, member: member.name)
    let options = member.isSymbolicLink ? nil : options.narrowed(to: place)
    var way: MemberWay?
    if claims == nil {
      way = try options?.way(of: member) { () throws(ScrubError) in try memory.kind(of: member) }
      guard way != nil else { return look }
    }
    try memory.whileWorking(on: member) { () throws(ScrubError) in
      let original = try member.content()
      look.verdict = try claims?.verdict(on: member.name) { original }
      guard let options else { return }
      if way == nil { way = try options.way(of: member) { FileKind.of(original) } }
      guard let way else {
        look.residue = WheelResidue.Look(member, original, seen.add([], options.policy), options)
        return
      }
      do throws(ScrubError) {
        let outcome = try self.outcome(of: member, original, way, options)
        look.scrubbed = try scrubbed(outcome, original, of: member, options)
      } catch { throw error.within(member.name) }
    }
    return look
  }

  /// What comes of a member's bytes.
  func outcome(
    of member: Wheel.Member, _ original: Bytes, _ way: MemberWay, _ options: Options
  ) throws(ScrubError) -> ImageScrub.Outcome {
    var outcome: ImageScrub.Outcome
    switch way {
    case .text(let text): outcome = try text.run(original, fix: fix)
    case .file(let kind):
      outcome = try LooseScrub(options: options).run(
        original, kind, BytecodeScrub.Surroundings(member, of: record.wheel), fix: fix)
    }
    if options.describesRanges { outcome.describeWhole(original) }
    return outcome
  }

  /// Takes from an outcome what the wheel needs of it: its name, its row in RECORD, and its deflated bytes.
  /// - Parameter options: those of the member.
  func scrubbed(
    _ outcome: consuming ImageScrub.Outcome, _ original: Bytes, of member: Wheel.Member, _ options: Options
  ) throws(ScrubError) -> Scrubbed {
    let output = outcome.output
    outcome.output = nil
    var scrubbed = Scrubbed(member: member, outcome: outcome)
    scrubbed.key = keys?.key(of: output ?? original)
    scrubbed.residue = WheelResidue.Look(
      member, output ?? original, seen.add(scrubbed.outcome.findings, options.policy), options)
    guard let output else { return scrubbed }
    let name = try BuildIDPath(member.name, ids: scrubbed.outcome.facts?.buildIDs ?? [])?.change(to: output)
    if let name {
      scrubbed.outcome.changes.append(Change(place: Place(), kind: .name(before: member.name, after: name)))
    }
    let row = Swift.Result { () throws(ScrubError) in
      try record.get().change(of: member.name, from: original, to: output, named: name)
    }
    scrubbed.change = MemberChange(
      packed: keys == nil ? try PackedMember(output, method: member.method) : nil, name: name, row: row)
    return scrubbed
  }
}

/// How a member is worked on: a text by its name, all others by their first bytes.
enum MemberWay {
  case text(TextScrub)
  case file(FileKind)
}

extension Options {
  /// Nil where no rule that counts is about the member.
  func way(
    of member: Wheel.Member, _ kind: () throws(ScrubError) -> FileKind
  ) throws(ScrubError) -> MemberWay? {
    if let text = text(of: member) {
      return member.uncompressedSize <= Limits.textSize ? .text(text) : nil
    }
    let isAboutImages = policy.selection.isAboutImages
    guard isAboutImages || policy.selection.contains(Family.bytecode) else { return nil }
    let kind = try kind()
    return kind == .bytecode || isAboutImages && kind.isScrubbed ? .file(kind) : nil
  }

  /// The way of a member that is a text, where a rule that counts is about it.
  func text(of member: Wheel.Member) -> TextScrub? {
    Text(generatedAt: member.name).map { TextScrub($0, self) }.flatMap { $0.isWanted ? $0 : nil }
  }
}
