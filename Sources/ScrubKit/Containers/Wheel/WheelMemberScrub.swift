internal import BuildRoots
import Formats

/// The passes over one member of a wheel. Its bytes are in memory once; of a changed member, only what the new wheel
/// needs is kept.
struct WheelMemberScrub: Sendable {
  /// The wheel's options; members may have narrower ones.
  let options: Options
  let record: LazyRecord
  let memory: WheelMemory
  /// The random parts found in members so far.
  let seen: SeenParts
  /// Computes keys of the members; if set, none is deflated and nothing can be written.
  let keys: ContentKeys?
  let fix: Bool

  /// What RECORD says about a member, and its outcome.
  struct Look: Sendable {
    var member: Wheel.Member
    var scrubbed: Scrubbed?
    var verdict: RecordAudit.Verdict?
    /// For a member that no pass processes.
    var residue: WheelResidue.Look?
    /// For such a member, if the canonical form is wanted.
    var content: CanonicalContent?
  }

  /// A processed member.
  struct Scrubbed: Sendable {
    var member: Wheel.Member
    var outcome: ImageScrub.Outcome
    var change: MemberChange?
    var key: ContentKey?
    /// For the canonical form.
    var content: CanonicalContent?
    /// What was searched for, and found, while its bytes were in memory.
    var residue: WheelResidue.Look?
  }

  struct MemberChange: Sendable {
    /// Nil if only keys are wanted.
    var packed: PackedMember?
    /// The member's new name, if it is derived from the build-id.
    var name: String?
    /// Its row in RECORD.
    var row: Swift.Result<Record.RowChange, ScrubError>
  }

  /// Whether every member is repacked.
  private var packs: Bool { fix && options.isCanonical && keys == nil }

  /// Inflates a member at most once, for all passes that need it.
  func look(at member: Wheel.Member, _ claims: RecordAudit.Claims?) throws(ScrubError) -> Look {
    var look = Look(member: member)
    let place = Place(path: memory.wheel.path, member: member.name)
    let options = member.isSymbolicLink ? nil : options.narrowed(to: place)
    var way: MemberWay?
    if claims == nil, !packs {
      way = try options?.way(of: member, in: memory.wheel, head: memory.head(of: member))
      guard way != nil else { return look }
    }
    try memory.whileWorking(on: member) { () throws(ScrubError) in
      let original = try member.content()
      look.verdict = try claims?.verdict(on: member.name) { original }
      guard let options else {
        if packs { look.content = try CanonicalContent(original, of: member) }
        return
      }
      if way == nil { way = options.way(of: member, in: memory.wheel, head: original) }
      guard let way else {
        look.residue = WheelResidue.Look(member, original, seen.add([], options.policy), options)
        if packs { look.content = try CanonicalContent(original, of: member) }
        return
      }
      do throws(ScrubError) {
        let outcome = try self.outcome(of: member, original, way, options)
        look.scrubbed = try scrubbed(outcome, original, of: member, options)
      } catch { throw error.within(member.name) }
    }
    return look
  }

  /// The outcome for a member's bytes.
  func outcome(
    of member: Wheel.Member, _ original: Bytes, _ way: MemberWay, _ options: Options
  ) throws(ScrubError) -> ImageScrub.Outcome {
    var outcome: ImageScrub.Outcome
    switch way {
    case .text(let text): outcome = try text.run(original, fix: fix)
    case .file(let kind):
      outcome = try LooseScrub(options: options, path: member.name).run(
        original, kind, BytecodeScrub.Surroundings(member, of: record.wheel), fix: fix)
    }
    if options.describesRanges { outcome.describeWhole(original) }
    return outcome
  }

  /// Extracts from an outcome what the wheel needs: the member's name, its row in RECORD, and its deflated bytes.
  /// - Parameter options: those of the member.
  func scrubbed(
    _ outcome: consuming ImageScrub.Outcome, _ original: Bytes, of member: Wheel.Member, _ options: Options
  ) throws(ScrubError) -> Scrubbed {
    let output = outcome.output
    outcome.output = nil
    var scrubbed = Scrubbed(member: member, outcome: outcome)
    scrubbed.key = keys?.key(of: output ?? original, path: member.name)
    scrubbed.residue = WheelResidue.Look(
      member, output ?? original, seen.add(scrubbed.outcome.findings, options.policy), options)
    if packs { scrubbed.content = try CanonicalContent(output ?? original, of: member) }
    guard let output else { return scrubbed }
    let name = try BuildIDPath(member.name, ids: scrubbed.outcome.facts?.buildIDs ?? [])?.change(to: output)
    if let name {
      scrubbed.outcome.changes.append(Change(place: Place(), kind: .name(before: member.name, after: name)))
    }
    let row = Swift.Result { () throws(ScrubError) in
      try record.get().change(of: member.name, from: original, to: output, named: name)
    }
    var packed = scrubbed.content?.packed
    if packed == nil, keys == nil { packed = try PackedMember(output, method: member.method) }
    scrubbed.change = MemberChange(packed: packed, name: name, row: row)
    return scrubbed
  }
}

/// How a member is processed: by its first bytes, or as a text.
enum MemberWay {
  case text(TextScrub)
  case file(FileKind)
}

extension Options {
  /// Nil if no selected rule applies to the member.
  /// - Parameter head: its first `GeneratedText.headSize` bytes, or more.
  func way(of member: Wheel.Member, in wheel: Wheel, head: Bytes) -> MemberWay? {
    let kind = FileKind.of(head)
    guard kind.isScrubbed, GeneratedText.rule(of: member.name) == nil else {
      return text(of: member, in: wheel, head: head).map { .text($0) }
    }
    let selection = policy.selection
    let isWanted =
      kind == .bytecode
      ? selection.isAboutImages || selection.contains(Family.bytecode) : selection.isAboutImages
    return isWanted || selection.contains(Family.staleSeals) || isCanonical ? .file(kind) : nil
  }

  /// How to process a member that is not an image; nil if no selected rule applies to it.
  func text(of member: Wheel.Member, in wheel: Wheel, head: Bytes) -> TextScrub? {
    let text = TextScrub(Text(member, of: wheel, head: head), self)
    return text.isWanted ? text : nil
  }
}
