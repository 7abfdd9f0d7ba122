internal import BuildRoots
import Formats

/// Two wheels: their directories, then member by member, then RECORD, which follows from the members.
struct WheelPair {
  private let one: [Wheel.Member]
  private let other: [Wheel.Member]
  private let fileOrder: [Int]
  private let otherFileOrder: [Int]
  private let options: Options
  private let bytes: (one: Bytes, other: Bytes)
  /// Whether the zip is inside another one: then its own archives are compared as bytes. A zip may contain itself.
  private let isNested: Bool

  init(_ one: Bytes, _ other: Bytes, options: Options, isNested: Bool = false) throws(ScrubError) {
    (self.one, fileOrder) = try Wheel.read(one)
    (self.other, otherFileOrder) = try Wheel.read(other)
    self.options = options
    self.isNested = isNested
    bytes = (one, other)
  }

  func compare(path: String) throws(ScrubError) -> [Difference] {
    let partners = Dictionary(other.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let pairs = one.compactMap { member in partners[member.name].map { (member, $0) } }

    // The directory.
    var differences = missing(path)
    differences += order(pairs, path)
    differences += headers(pairs, path)

    // The members; RECORD comes last.
    let isRecord = { (name: String) in name.hasSuffix(".dist-info/RECORD") && !name.dropLast(17).contains("/")
    }
    let spare = Effort.Spare()
    let contents = options.workers.map(pairs.filter { !isRecord($0.0.name) }) { one, other in
      Result { () throws(ScrubError) in
        do throws(ScrubError) {
          return try Effort.within(one.plausibleSize + other.plausibleSize, spare) { () throws(ScrubError) in
            try content(one, other, path)
          }
        } catch { throw error.inside(path: path, member: one.name) }
      }
    }
    var record: [Difference] = []
    for result in contents { differences += try result.get() }
    for pair in pairs where isRecord(pair.0.name) {
      record += try RecordPair(pair.0, pair.1, path: path).compare(&differences)
    }
    differences += record

    if differences.isEmpty {
      let at = bytes.one.firstDifference(from: bytes.other) ?? min(bytes.one.count, bytes.other.count)
      let found = Found.unknown(bytes.one, bytes.other, at: at, cause: .memberHeader)
      differences = [found.difference(at: Place(path: path))]
    }
    return differences
  }

  private func content(
    _ member: Wheel.Member, _ partner: Wheel.Member, _ path: String
  ) throws(ScrubError) -> [Difference] {
    if member.compressed == partner.compressed, member.method == partner.method { return [] }
    let place = Place(path: path, member: member.name)
    let (one, other) = (try member.content(), try partner.content())
    guard one == other else {
      return try MemberPair(one, other, roots: options.roots, looksIntoZips: !isNested).compare(at: place)
    }
    return [
      Difference(
        .memberCompression, at: place, first: "\(member.method), \(member.compressed.count) bytes",
        second: "\(partner.method), \(partner.compressed.count) bytes")
    ]
  }

  private func missing(_ path: String) -> [Difference] {
    let (names, otherNames) = (Set(one.map(\.name)), Set(other.map(\.name)))
    let lost = one.filter { !otherNames.contains($0.name) }.map {
      Difference(.memberMissing, at: Place(path: path, member: $0.name), first: $0.name)
    }
    let added = other.filter { !names.contains($0.name) }.map {
      Difference(.memberMissing, at: Place(path: path, member: $0.name), second: $0.name)
    }
    return lost + added
  }

  /// In the directory, or, if the directories are equal, in the file.
  private func order(_ pairs: [(Wheel.Member, Wheel.Member)], _ path: String) -> [Difference] {
    let common = Set(pairs.map(\.0.name))
    for (left, right) in [
      (one.map(\.name), other.map(\.name)),
      (fileOrder.map { one[$0].name }, otherFileOrder.map { other[$0].name }),
    ] {
      let moved = zip(left.filter(common.contains), right.filter(common.contains)).filter { $0 != $1 }
      guard let first = moved.first else { continue }
      return [
        Difference(
          .memberOrder, at: Place(path: path), count: moved.count, first: first.0, second: first.1)
      ]
    }
    return []
  }

  /// Times, modes and the rest of the headers: one difference for all members of a wheel, because they have one reason.
  private func headers(_ pairs: [(Wheel.Member, Wheel.Member)], _ path: String) -> [Difference] {
    let aspects: [(Cause, (Wheel.Member) -> String)] = [
      (.memberTime, { max($0.time, $0.localTime).description }),
      (.memberMode, { String($0.externalAttributes >> 16, radix: 8) }),
      (
        .memberHeader,
        { member in
          let versions = "made by \(member.versionMadeBy), needs \(member.versionNeeded)"
          let attributes = "\(member.internalAttributes) \(member.externalAttributes & 0xffff)"
          return
            "\(versions), flags \(member.flags), attributes \(attributes), extra \(member.extra.bytes.hex) "
            + "\(member.localExtra.bytes.hex), comment \(member.comment.hex)"
        }
      ),
    ]
    return aspects.compactMap { cause, value in
      let found = pairs.filter { value($0.0) != value($0.1) }
      guard let first = found.first else { return nil }
      return Difference(
        cause, at: Place(path: path, member: first.0.name), count: found.count, first: value(first.0),
        second: value(first.1))
    }
  }
}
