internal import BuildRoots
import Formats

/// A wheel before and after `fix`: the same members in the same order with the same modes, their contents compared one
/// by one, and RECORD, which follows from them.
struct WheelProof {
  let before: Wheel
  let after: Wheel
  let options: Options

  /// Members that sign RECORD may be dropped when it changes.
  private var kept: [Wheel.Member] {
    let names = Set(after.members.map(\.name))
    return before.members.filter { member in
      names.contains(member.name)
        || !(member.name.hasSuffix(".dist-info/RECORD.jws") || member.name.hasSuffix(".dist-info/RECORD.p7s"))
    }
  }

  func compare() throws(ScrubError) -> Proof {
    if options.isCanonical { return try compareInstalled() }
    var proof = Proof()
    let kept = kept
    guard kept.count == after.members.count else {
      let (names, newNames) = (Set(kept.map(\.name)), Set(after.members.map(\.name)))
      let lost = kept.first { !newNames.contains($0.name) }?.name
      let added = after.members.first { !names.contains($0.name) }?.name
      proof.object(
        "has \(after.members.count) members, needs \(kept.count)", before: lost, after: added)
      return proof
    }
    if fileOrder(of: before, kept.map(\.index)) != fileOrder(of: after, after.members.map(\.index)) {
      proof.object("the members stand in another order")
    }
    let pairs = Array(zip(kept, after.members))
    let spare = Effort.Spare()
    let contents = options.workers.map(pairs) { old, new in
      Result { () throws(ScrubError) in
        do throws(ScrubError) {
          return try Effort.within(old.plausibleSize + new.plausibleSize, spare) { () throws(ScrubError) in
            try content(old, new)
          }
        } catch { throw error.inside(path: "", member: old.name) }
      }
    }
    var changed: [String: Int] = [:]
    var renamed: [String: String] = [:]
    for (index, (pair, result)) in zip(pairs, contents).enumerated() {
      let (content, isChanged) = try result.get()
      proof.add(header(pair.0, pair.1, isChanged: isChanged).placed { $0.member = pair.1.name })
      proof.add(content)
      if isChanged { changed[pair.0.name] = index }
      if pair.0.name != pair.1.name { renamed[pair.0.name] = pair.1.name }
    }
    proof.add(try record(pairs, changed, renamed, dropped: before.members.count > kept.count))
    return proof
  }

  /// The same for the canonical form: what an installer makes of both, however they are packed, and a correct RECORD.
  private func compareInstalled() throws(ScrubError) -> Proof {
    var proof = Proof()
    let old = kept.filter { !$0.isDirectory && !Self.isRecord($0.name) }
    let new = after.members.filter { !$0.isDirectory && !Self.isRecord($0.name) }
    guard old.count == new.count else {
      proof.object("has \(new.count) files, needs \(old.count)")
      return proof
    }
    // A file named after its build-id has no partner with the same name: its name is checked with its content.
    let names = (Set(old.map(\.name)), Set(new.map(\.name)))
    let partners = Dictionary(new.map { ($0.name, $0) }) { first, _ in first }
    var renamed = new.filter { !names.0.contains($0.name) }.makeIterator()
    let pairs = old.map { member in (member, partners[member.name] ?? renamed.next() ?? member) }
    let spare = Effort.Spare()
    let contents = options.workers.map(pairs) { old, new in
      Result { () throws(ScrubError) in
        do throws(ScrubError) {
          return try Effort.within(old.plausibleSize + new.plausibleSize, spare) { () throws(ScrubError) in
            try content(old, new).0
          }
        } catch { throw error.inside(path: "", member: old.name) }
      }
    }
    for (pair, result) in zip(pairs, contents) {
      proof.add(try result.get())
      if InstalledMode(pair.0) != InstalledMode(pair.1) {
        var mode = Proof()
        mode.object(
          "would be installed with another mode", before: String(pair.0.externalAttributes, radix: 8),
          after: String(pair.1.externalAttributes, radix: 8))
        proof.add(mode.placed { $0.member = pair.1.name })
      }
    }
    let empty = (
      CanonicalWheel.emptyDirectories(before, holding: old.map(\.name)).map(\.name).sorted(),
      CanonicalWheel.emptyDirectories(after, holding: new.map(\.name)).map(\.name).sorted()
    )
    if empty.0 != empty.1 {
      proof.object("has other empty directories", before: empty.0.first, after: empty.1.first)
    }
    proof.add(try compareRecord(of: new))
    return proof
  }

  private func compareRecord(of files: [Wheel.Member]) throws(ScrubError) -> Proof {
    var proof = Proof()
    do throws(ScrubError) {
      let record = try Record.read(from: after)
      let audit = RecordAudit(
        record: record, selection: options.policy.selection.withAll(of: Family.record), corrects: false,
        workers: options.workers)
      let doubts = try audit.run(
        files.map { file in
          RecordAudit.File(name: file.name) { () throws(ScrubError) in try file.content() }
        }
      ).findings
      if let doubt = doubts.first {
        proof.object(doubt.defect?.message ?? "RECORD is not true", section: "RECORD")
      }
    } catch {
      proof.object(error)
    }
    return proof
  }

  private func fileOrder(of wheel: Wheel, _ members: [Int]) -> [Int] {
    let places = Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1, $0) })
    return wheel.fileOrder.compactMap { places[$0] }
  }

  private static func isRecord(_ name: String) -> Bool {
    name.hasSuffix(".dist-info/RECORD") && !name.dropLast(".dist-info/RECORD".count).contains("/")
  }

  // MARK: One member

  private func content(
    _ old: Wheel.Member, _ new: Wheel.Member
  ) throws(ScrubError) -> (Proof, isChanged: Bool) {
    let one = try old.content()
    let other: Bytes
    do throws(ScrubError) { other = try new.content() } catch {
      var proof = Proof()
      proof.object(error)
      return (proof, true)
    }
    var proof = Proof()
    if Self.isRecord(old.name) { return (proof, one != other) }
    let place = Place(path: before.path, member: old.name)
    guard let options = options.narrowed(to: place) else {
      if one != other { proof.object("the member is excluded, and changed", section: nil) }
      return (proof.placed { $0 = $0.within(new.name) }, one != other)
    }
    let text = options.text(of: old, in: before, head: one)
    do throws(ScrubError) {
      proof = try ContentProof(
        options: options, surroundings: BytecodeScrub.Surroundings(old, of: before), text: text?.rule
      ).compare(one, other)
    } catch { throw error.within(old.name) }
    // An image may be named after its build-id.
    if old.name != new.name {
      let name = try BuildIDPath(old.name, ids: LinkFacts(one)?.buildIDs ?? [])?.change(to: other)
      if name == new.name {
        proof.seals += 1
      } else {
        proof.object("the member has another name", before: old.name)
      }
    }
    let fileName = String(new.name.split(separator: "/").last ?? "")
    for index in proof.images.indices where proof.images[index].place.member == nil {
      proof.images[index].fileName = fileName
    }
    return (proof.placed { $0 = $0.within(new.name) }, one != other)
  }

  private func header(_ old: Wheel.Member, _ new: Wheel.Member, isChanged: Bool) -> Proof {
    var proof = Proof()
    func compare<Value: Equatable>(_ what: String, _ one: Value, _ other: Value) {
      if one != other { proof.object("\(what) changed", before: "\(one)", after: "\(other)") }
    }
    if !isChanged, old.compressed != new.compressed {
      proof.object("the same content is compressed in another way")
    }
    compare("the compression method", old.methodNumber, new.methodNumber)
    compare("the mode", String(old.externalAttributes, radix: 8), String(new.externalAttributes, radix: 8))
    compare("the internal attributes", old.internalAttributes, new.internalAttributes)
    // Sizes after the data, and encoder hints, are gone from a rewritten member.
    let free = ZipFormat.Flag.descriptor | (isChanged ? ZipFormat.Flag.deflateOptions : 0)
    compare("the flags", old.flags & ~free, new.flags & ~free)
    compare("the system", old.versionMadeBy >> 8, new.versionMadeBy >> 8)
    compare(
      "the version",
      max(old.versionMadeBy & 0xff, new.extra.first(ZipFormat.Extra.zip64) == nil ? 0 : ZipFormat.version64),
      new.versionMadeBy & 0xff)
    compare(
      "the version needed",
      max(old.versionNeeded, new.versionNeeded == ZipFormat.version64 ? new.versionNeeded : 0),
      new.versionNeeded)
    let local = { (member: Wheel.Member) in
      member.localHeader[4..<6].span.unsigned(at: 0, width: 2, order: .little)
    }
    let version = UInt64(ZipFormat.version64)
    compare(
      "the local version needed", max(local(old), local(new) == version ? version : 0), local(new))
    if !new.comment.isEmpty { compare("the comment", old.comment.hex, new.comment.hex) }
    let clamp = options.sourceDateEpoch.map { TimeClamp(epoch: $0) }
    compare("the time", clamp?.clamped(old.time) ?? old.time, new.time)
    compare("the local time", clamp?.clamped(old.localTime) ?? old.localTime, new.localTime)
    func extra(_ fields: ExtraFields) -> [UInt8] {
      clamp?.clamped(fields).map { ExtraFields(fields, replacedBy: $0).withoutZIP64 } ?? fields.withoutZIP64
    }
    compare("an extra field", Bytes(extra(old.extra)).hex, Bytes(new.extra.withoutZIP64).hex)
    compare("a local extra field", Bytes(extra(old.localExtra)).hex, Bytes(new.localExtra.withoutZIP64).hex)
    return proof
  }

  // MARK: RECORD

  private func record(
    _ pairs: [(Wheel.Member, Wheel.Member)], _ changed: [String: Int], _ renamed: [String: String],
    dropped: Bool
  ) throws(ScrubError) -> Proof {
    var proof = Proof()
    for (old, new) in pairs where Self.isRecord(old.name) {
      let record = try Record(try old.content(), name: old.name)
      do throws(ScrubError) {
        let newRecord = try Record(try new.content(), name: new.name)
        let names = Set(pairs.map(\.0.name))
        let gone = Set(before.members.map(\.name)).subtracting(names)
        proof = RecordProof(
          changed: { path in
            guard path != old.name, let index = changed[path] else { return nil }
            return try? pairs[index].1.content()
          },
          renamed: { renamed[$0] }, isGone: { gone.contains($0) }, mayCorrect: options.fixRecord
        ).compare(record, newRecord)
      } catch {
        proof.object(error)
      }
      if dropped, record.bytes == (try? new.content()) {
        proof.object("a signature of RECORD is gone, and RECORD did not change")
      }
      return proof.placed { $0.member = new.name }
    }
    return proof
  }
}
