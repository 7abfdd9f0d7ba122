internal import BuildRoots
import Formats

/// Two static archives: their members by name, then the archive's own bytes.
struct ArchivePair {
  private let one: StaticArchive
  private let other: StaticArchive
  private let roots: RootMap

  init(_ one: Bytes, _ other: Bytes, roots: RootMap) throws(ScrubError) {
    self.one = try StaticArchive(one)
    self.other = try StaticArchive(other)
    self.roots = roots
  }

  /// Places have the member's name.
  func compare() throws(ScrubError) -> [Difference] {
    // Names may hold roots; their normal forms pair the members.
    let partners = Dictionary(other.files.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
    let keys = Set(one.files.map(key))
    var differences: [Difference] = []
    var pairs: [(StaticArchive.Member, StaticArchive.Member)] = []
    for member in one.files {
      if let partner = partners[key(member)] {
        pairs.append((member, partner))
      } else {
        differences.append(Difference(.memberMissing, at: Place(member: member.name), first: member.name))
      }
    }
    for member in other.files where !keys.contains(key(member)) {
      differences.append(Difference(.memberMissing, at: Place(member: member.name), second: member.name))
    }
    let order = zip(
      one.files.map(key).filter(partners.keys.contains), other.files.map(key).filter(keys.contains)
    )
    .first { $0 != $1 }
    if let order {
      differences.append(Difference(.memberOrder, at: Place(), first: order.0, second: order.1))
    }

    for (member, partner) in pairs {
      let place = Place(member: member.name)
      differences += try MemberPair(one.content(of: member), other.content(of: partner), roots: roots)
        .compare(at: place)
      differences += frame(member, partner, place)
    }
    compareTables(&differences)
    return differences
  }

  private func key(_ member: StaticArchive.Member) -> String {
    String(decoding: NormalForm.ofPath(Array(member.name.utf8), roots), as: UTF8.self)
  }

  /// Name, date, owner and mode of a member.
  private func frame(
    _ member: StaticArchive.Member, _ partner: StaticArchive.Member, _ place: Place
  ) -> [Difference] {
    var found: [Difference] = []
    if member.name != partner.name {
      found.append(Difference(.buildRoot, at: place, first: member.name, second: partner.name))
    }
    let fields: [(Cause, Range<Int>)] = [
      (.memberTime, 16..<28), (.memberHeader, 28..<40), (.memberMode, 40..<48),
    ]
    for (cause, range) in fields {
      func field(_ archive: StaticArchive, _ member: StaticArchive.Member) -> String {
        let start = member.extent.lowerBound
        let text = archive.bytes[start + range.lowerBound..<start + range.upperBound].array()
        return String(decoding: text.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
      }
      let values = (field(one, member), field(other, partner))
      if values.0 != values.1 {
        found.append(Difference(cause, at: place, first: values.0, second: values.1))
      }
    }
    return found
  }

  /// The tables of names and symbols depend on the members; a difference in the tables alone is reported.
  private func compareTables(_ differences: inout [Difference]) {
    guard one.bytes != other.bytes else { return }
    let tables = (one.members.filter { $0.kind != .file }, other.members.filter { $0.kind != .file })
    let isSame =
      tables.0.map { one.bytes[$0.extent].array() } == tables.1.map { other.bytes[$0.extent].array() }
    if differences.isEmpty {
      let at = one.bytes.firstDifference(from: other.bytes) ?? min(one.bytes.count, other.bytes.count)
      differences = [
        Found.unknown(one.bytes, other.bytes, at: at, cause: .memberHeader).difference(at: Place())
      ]
    } else if !isSame {
      differences[0].consequences.append(
        Consequence(what: "offsets and names", places: tables.0.map(\.name)))
    }
  }
}
