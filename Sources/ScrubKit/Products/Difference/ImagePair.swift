internal import BuildRoots
internal import CElf
import Formats

/// Two ELF images: their sections pair by pair, then which differences follow from which.
struct ImagePair {
  let one: ElfImage
  let other: ElfImage
  let groups: [DwarfSections]
  let otherGroups: [DwarfSections]
  let roots: RootMap
  let known: KnownValues

  init(_ one: Bytes, _ other: Bytes, roots: RootMap) throws(ScrubError) {
    self.one = try ElfImage(one)
    self.other = try ElfImage(other)
    self.roots = roots
    known = KnownValues(self.one)
    groups = try self.one.debugGroups()
    otherGroups = try self.other.debugGroups()
  }

  /// Places have a section and no member.
  func compare() throws(ScrubError) -> [Difference] {
    let isStripped = !one.hasDebugInfo && !other.hasDebugInfo
    return try found().map { difference in
      var difference = difference
      if isStripped, difference.cause == .buildID { difference.cause = .staleBuildID }
      return difference
    }.advising(SourceLanguage(one))
  }

  private func found() throws(ScrubError) -> [Difference] {
    guard one.sections.count > 1, other.sections.count > 1 else { return compareWithoutSections() }

    // Sections: those that only one image has, then pair by pair.
    let match = SectionMatch(one, other)
    var differences = match.differences
    var pairs: [SectionPair] = []
    for (section, partner) in match.pairs {
      let pair = try SectionPair(self, section, partner)
      pairs.append(pair)
      differences += pair.causes.map { $0.difference(at: Place(section: section.name)) }
    }

    // Code before data, because data depends on code.
    let consequences = Consequences(self, pairs)
    for pair in pairs.filter(\.section.isCode) + pairs.filter({ !$0.section.isCode }) where pair.hasOtherBytes
    {
      consequences.explain(pair, &differences)
    }

    // Headers depend on whatever moved the sections.
    consequences.explainHeaders(match.pairs, &differences)
    compareUnowned(&differences)

    // In file order, as a reader expects.
    let positions = Dictionary(
      one.sections.map { ($0.name, $0.index) }, uniquingKeysWith: { first, _ in first })
    return differences.enumerated().sorted { left, right in
      let position = positions[left.element.place.section ?? ""] ?? .max
      let other = positions[right.element.place.section ?? ""] ?? .max
      return (position, left.offset) < (other, right.offset)
    }.map(\.element)
  }

  /// Without section headers there are only bytes: strings, build-id, the rest.
  private func compareWithoutSections() -> [Difference] {
    func rest(_ image: ElfImage) -> Bytes {
      var bytes = image.bytes.array()
      for range in image.buildIDs { for index in range { bytes[index] = 0 } }
      return Bytes(bytes)
    }
    var found: [Found] = []
    let ids = (one.buildIDs.first.map { one.bytes[$0] }, other.buildIDs.first.map { other.bytes[$0] })
    if ids.0 != ids.1 {
      found.append(
        Found(
          cause: .buildID, offset: one.buildIDs.first?.lowerBound, first: ids.0?.hex, second: ids.1?.hex))
    }
    let (left, right) = (rest(one), rest(other))
    let strings = StringsPair(left, right, roots: roots, isLoaded: true, mixed: true)
    found += strings.causes
    if strings.hasOtherBytes || found.isEmpty {
      found.append(
        .unknown(left, right, at: left.firstDifference(from: right) ?? min(left.count, right.count)))
    }
    return found.map { $0.difference(at: Place()) }
  }

  /// Bytes outside sections and headers.
  private func compareUnowned(_ differences: inout [Difference]) {
    func stray(_ image: ElfImage) -> [UInt8] {
      image.gaps.flatMap { image.bytes[$0].array() }.filter { $0 != 0 }
    }
    let gap = one.gaps.first { range in
      range.upperBound > other.bytes.count || one.bytes[range] != other.bytes[range]
    }
    if stray(one) != stray(other) {
      differences.append(Difference(.strayBytes, at: Place(offset: (gap?.lowerBound).map { UInt64($0) })))
    }
    let (tail, otherTail) = (one.payload, other.payload)
    if tail != otherTail {
      let found = Found.unknown(
        tail, otherTail, at: tail.firstDifference(from: otherTail) ?? min(tail.count, otherTail.count))
      differences.append(found.difference(at: Place(section: "appended payload")))
    }
    if differences.isEmpty {
      let at = one.bytes.firstDifference(from: other.bytes) ?? min(one.bytes.count, other.bytes.count)
      differences.append(
        Found.unknown(one.bytes, other.bytes, at: at, cause: .layout).difference(at: Place()))
    }
  }
}

extension ElfImage {
  /// Bytes after the last one that a header, section or segment owns.
  fileprivate var payload: Bytes {
    let owned = headerRanges.map(\.range) + sections.compactMap(\.fileRange) + segments.map(\.fileRange)
    let end = owned.map(\.upperBound).max() ?? 0
    return bytes[min(end, bytes.count)..<bytes.count]
  }
}

/// The sections of two images, paired by name and by occurrence of that name.
struct SectionMatch {
  private(set) var pairs: [(ElfImage.Section, ElfImage.Section)] = []
  /// For sections without a partner, and for intermediate code, whose names are random.
  private(set) var differences: [Difference] = []

  init(_ one: ElfImage, _ other: ElfImage) {
    var waiting: [String: [ElfImage.Section]] = [:]
    for section in other.sections.reversed() where Self.isCompared(section) {
      waiting[section.name, default: []].append(section)
    }
    for section in one.sections where Self.isCompared(section) {
      if let partner = waiting[section.name]?.popLast() {
        pairs.append((section, partner))
      } else {
        differences.append(Difference(.sectionMissing, at: Place(section: section.name), first: section.name))
      }
    }
    for section in other.sections
    where waiting[section.name]?.contains(where: { $0.index == section.index }) == true {
      differences.append(Difference(.sectionMissing, at: Place(section: section.name), second: section.name))
    }
    compareLTO(one, other)
  }

  private static func isCompared(_ section: ElfImage.Section) -> Bool {
    section.type != UInt32(SHT_NULL) && !section.isLTO
  }

  private mutating func compareLTO(_ one: ElfImage, _ other: ElfImage) {
    let (ours, theirs) = (one.sections.filter(\.isLTO), other.sections.filter(\.isLTO))
    func content(_ image: ElfImage, _ sections: [ElfImage.Section]) -> [Bytes] {
      sections.map { section in section.fileRange.map { image.bytes[$0] } ?? image.bytes[0..<0] }
    }
    let isSame = ours.map(\.name) == theirs.map(\.name) && content(one, ours) == content(other, theirs)
    guard !isSame else { return }
    // The first name with a number, if there is one.
    let names = zip(ours.map(\.name), theirs.map(\.name)).first { $0 != $1 }
    differences.append(
      Difference(
        .lto, at: Place(section: ".gnu.lto_*"), count: max(ours.count, theirs.count),
        first: names?.0 ?? ours.first?.name, second: names?.1 ?? theirs.first?.name))
  }
}
