internal import BuildRoots
import Formats

/// Two Mach-O images of one architecture: their stretches pair by pair, then which differences follow from which.
struct MachOPair {
  private let one: MachOImage
  private let other: MachOImage
  private let groups: [DwarfSections]
  private let otherGroups: [DwarfSections]
  private let roots: RootMap

  init(_ one: Bytes, _ other: Bytes, roots: RootMap) throws(ScrubError) {
    self.one = try MachOImage(one)
    self.other = try MachOImage(other)
    self.roots = roots
    groups = try self.one.debugGroups()
    otherGroups = try self.other.debugGroups()
  }

  /// A stretch of each image with one name.
  private struct Stretch {
    var name: String
    var kind: Region.Kind
    var section: MachOImage.Section?
    var partner: MachOImage.Section?
    var one: Bytes
    var other: Bytes
    var difference: Int { one.firstDifference(from: other) ?? min(one.count, other.count) }
  }

  /// Places have a section and no member.
  func compare() throws(ScrubError) -> [Difference] {
    try found().advising(SourceLanguage(one))
  }

  private func found() throws(ScrubError) -> [Difference] {
    // Stretches of both images, and those that only one has.
    var (stretches, differences) = try match()

    // Causes: stretch by stretch.
    var followers: [String] = []
    for stretch in stretches where stretch.one != stretch.other {
      let (causes, hasRest) = try classify(stretch)
      differences += causes.map { $0.difference(at: Place(section: stretch.name)) }
      if hasRest { followers.append(stretch.name) }
    }
    stretches.removeAll { $0.one == $0.other || !followers.contains($0.name) }

    // Consequences: offsets and sizes in commands, addresses.
    for stretch in stretches { explain(stretch, &differences) }
    if differences.isEmpty {
      let at = one.bytes.firstDifference(from: other.bytes) ?? min(one.bytes.count, other.bytes.count)
      differences = [
        Found.unknown(one.bytes, other.bytes, at: at, cause: .layout).difference(at: Place())
      ]
    }
    return differences
  }

  private func match() throws(ScrubError) -> ([Stretch], [Difference]) {
    // Keep sections and other regions apart, whatever sections are called.
    struct Key: Hashable {
      var name: String
      var kind: Region.Kind
    }
    var waiting: [Key: [Region]] = [:]
    for region in other.ownRegions().reversed() {
      waiting[Key(name: region.name, kind: region.kind), default: []].append(region)
    }
    var stretches: [Stretch] = []
    var differences: [Difference] = []
    for region in one.ownRegions() {
      guard let partner = waiting[Key(name: region.name, kind: region.kind)]?.popLast() else {
        if region.kind != .gap {
          differences.append(Difference(.sectionMissing, at: Place(section: region.name), first: region.name))
        }
        continue
      }
      stretches.append(
        Stretch(
          name: region.name, kind: region.kind, section: region.section.map { one.sections[$0] },
          partner: partner.section.map { other.sections[$0] }, one: region.content, other: partner.content))
    }
    let left = waiting.filter { $0.key.kind != .gap && !$0.value.isEmpty }.keys
    for name in left.map(\.name).sorted() {
      differences.append(Difference(.sectionMissing, at: Place(section: name), second: name))
    }
    return (stretches, differences)
  }

  /// - Returns: the differences with a cause of their own, and whether other bytes differ.
  private func classify(_ stretch: Stretch) throws(ScrubError) -> ([Found], hasRest: Bool) {
    if let section = stretch.section, let partner = stretch.partner {
      return classify(stretch, section, partner)
    }
    switch stretch.kind {
    case .table(.stringTable):
      return (StringsPair(stretch.one, stretch.other, roots: roots).causes, false)
    case .table(.symbolTable): return try classifySymbols(stretch)
    case .table(.codeSignature):
      return ([Found(cause: .codeSignature, offset: stretch.difference)], false)
    case .loadCommand(LoadCommandKind.uuid):
      let (id, otherID) = (one.uuid.map { Bytes($0).hex }, other.uuid.map { Bytes($0).hex })
      return ([Found(cause: .uuid, offset: 8, first: id, second: otherID)], false)
    case .fileHeader, .gap: return ([], true)
    case .loadCommand:
      let strings = StringsPair(stretch.one, stretch.other, roots: roots, isLoaded: true, mixed: true)
      return (strings.causes, strings.hasOtherBytes || strings.causes.isEmpty)
    default: return ([], true)
    }
  }

  private func classify(
    _ stretch: Stretch, _ section: MachOImage.Section, _ partner: MachOImage.Section
  ) -> ([Found], hasRest: Bool) {
    if let (debug, group) = groups.section(section.index),
      let (otherDebug, otherGroup) = otherGroups.section(partner.index)
    {
      if debug.name == ".debug_str" || debug.name == ".debug_line_str" {
        if let filling = fillingDifference(stretch) { return ([filling], false) }
        return (StringsPair(stretch.one, stretch.other, roots: roots).causes, false)
      }
      let references = ReferencePair(debug, of: group, otherDebug, of: otherGroup)
      var causes = references.offsets.map { [$0] } ?? []
      guard references.one != references.other else { return (causes, false) }
      let strings = StringsPair(references.one, references.other, roots: roots, mixed: true)
      causes += strings.causes
      return (causes, strings.hasOtherBytes || strings.causes.isEmpty)
    }
    if section.name == "__swift_modhash" {
      return ([.unknown(stretch.one, stretch.other, at: stretch.difference, cause: .swiftModuleHash)], false)
    }
    if section.isCode { return ([], true) }
    let strings = StringsPair(
      stretch.one, stretch.other, roots: roots, isLoaded: true,
      mixed: !(section.flags & 0xff == 2))  // S_CSTRING_LITERALS
    return (strings.causes, strings.hasOtherBytes || strings.causes.isEmpty)
  }

  /// Tables that keep their size end with zeros, with more of them if paths were longer.
  private func fillingDifference(_ stretch: Stretch) -> Found? {
    let count = min(stretch.one.count, stretch.other.count)
    guard stretch.one.count != stretch.other.count, stretch.one[0..<count] == stretch.other[0..<count],
      stretch.one[count..<stretch.one.count].isZero, stretch.other[count..<stretch.other.count].isZero
    else { return nil }
    return Found(cause: .pathLength, offset: count)
  }

  /// Offsets of names and times of object files are separate causes; values depend on addresses.
  private func classifySymbols(_ stretch: Stretch) throws(ScrubError) -> ([Found], hasRest: Bool) {
    let (symbols, others) = (try one.symbols(), try other.symbols())
    guard symbols.count == others.count, one.symbolSize == other.symbolSize else {
      let stabs = symbols.count(where: \.isStab) != others.count(where: \.isStab)
      return (
        [.unknown(stretch.one, stretch.other, at: stretch.difference, cause: stabs ? .debugMap : .unknown)],
        false
      )
    }
    var found: [Found] = []
    var hasRest = false
    for (index, (symbol, partner)) in zip(symbols, others).enumerated() {
      let offset = index * one.symbolSize
      if symbol.name != partner.name {
        found.add(
          .stringOffsets, offset, "0x" + String(symbol.name, radix: 16),
          "0x" + String(partner.name, radix: 16))
      }
      if symbol.value != partner.value {
        if symbol.hasTime, partner.hasTime {
          found.add(.objectTime, offset + 8, String(symbol.value), String(partner.value))
        } else {
          hasRest = true
        }
      }
      let isOther =
        symbol.type != partner.type || symbol.section != partner.section
        || symbol.description != partner.description
      if isOther { hasRest = true }
    }
    return (found, hasRest)
  }

  /// Causes that make a linker write other addresses, sizes and offsets, the most significant first.
  private static let movers: [Cause] = [
    .pathLength, .loadedOrder, .symbolHash, .namePieces, .code, .compiler, .sectionMissing, .debugMap,
    .unknown,
    .buildRoot, .tableOrder,
  ]

  private func explain(_ stretch: Stretch, _ differences: inout [Difference]) {
    let isHeader = stretch.section == nil
    var found: Int?
    for cause in Self.movers where found == nil {
      found = differences.firstIndex { $0.cause == cause && (isHeader || isLoadedMover($0)) }
    }
    guard let mover = found else {
      let cause: Cause = stretch.section?.isCode ?? false ? .code : .unknown
      differences.append(
        Found.unknown(stretch.one, stretch.other, at: stretch.difference, cause: cause)
          .difference(at: Place(section: stretch.name)))
      return
    }
    let what = isHeader ? "sizes and offsets" : "addresses"
    if let index = differences[mover].consequences.firstIndex(where: { $0.what == what }) {
      differences[mover].consequences[index].places.append(stretch.name)
    } else {
      differences[mover].consequences.append(Consequence(what: what, places: [stretch.name]))
    }
  }

  /// Whether a difference moves loaded bytes, or what debug info says about them.
  private func isLoadedMover(_ difference: Difference) -> Bool {
    let isLoaded = one.sections.contains {
      $0.label == difference.place.section && $0.segmentName != "__DWARF"
    }
    let isDebug = one.sections.contains {
      $0.label == difference.place.section && $0.segmentName == "__DWARF"
    }
    return isLoaded && difference.cause != .buildRoot || isDebug
  }
}

/// Two universal binaries: slices of the same name, then the header.
struct UniversalPair {
  let one: Bytes
  let other: Bytes
  let roots: RootMap

  /// Places name the slice as a member.
  func compare() throws(ScrubError) -> [Difference] {
    let (binary, partner) = (try UniversalBinary(one), try UniversalBinary(other))
    var differences: [Difference] = []
    for slice in binary.slices {
      guard let otherSlice = partner.slices.first(where: { $0.name == slice.name }) else {
        differences.append(Difference(.memberMissing, at: Place(member: slice.name), first: slice.name))
        continue
      }
      differences += try MemberPair(one[slice.range], other[otherSlice.range], roots: roots)
        .compare(at: Place(member: slice.name))
    }
    for slice in partner.slices where !binary.slices.contains(where: { $0.name == slice.name }) {
      differences.append(Difference(.memberMissing, at: Place(member: slice.name), second: slice.name))
    }
    if differences.isEmpty {
      let at = one.firstDifference(from: other) ?? min(one.count, other.count)
      differences = [Found.unknown(one, other, at: at, cause: .layout).difference(at: Place())]
    }
    return differences
  }
}
