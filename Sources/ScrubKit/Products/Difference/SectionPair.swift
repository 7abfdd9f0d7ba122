internal import BuildRoots
internal import CElf
import Formats

/// Two sections of the same name: which contents differ, and whether the rest could follow from elsewhere.
struct SectionPair {
  let section: ElfImage.Section
  let partner: ElfImage.Section
  /// Inflated.
  let one: Bytes
  let other: Bytes

  private(set) var causes: [Found] = []
  /// Whether bytes differ that no cause of this section covers.
  private(set) var hasOtherBytes = false
  /// How far strings moved inside a loaded section.
  private(set) var shifts: Set<Int> = []

  init(
    _ images: ImagePair, _ section: ElfImage.Section, _ partner: ElfImage.Section
  ) throws(ScrubError) {
    self.section = section
    self.partner = partner
    one = try images.one.content(of: section)
    other = try images.other.content(of: partner)
    guard one != other else {
      if let range = section.fileRange, let otherRange = partner.fileRange,
        images.one.bytes[range] != images.other.bytes[otherRange]
      {
        causes = [Found(cause: .memberCompression, offset: 0)]
      }
      return
    }
    classify(images)
  }

  private mutating func classify(_ images: ImagePair) {
    if let cause = images.known.cause(of: section, one, other) {
      causes = [.unknown(one, other, at: difference, cause: cause)]
      return
    }
    switch section.name {
    // The names of the other sections, which are compared themselves.
    case ".shstrtab": hasOtherBytes = true
    case ".gnu_debuglink": causes = [.unknown(one, other, at: difference, cause: .debugLink)]
    case ".gnu_debugaltlink":
      causes = [.unknown(one, other, at: difference, cause: .supplementaryFile)]
    case ".gnu.version_d" where one.count == other.count:
      causes = [.unknown(one, other, at: difference, cause: .versionDefinition)]
    case ".comment":
      let strings = StringsPair(one, other, roots: images.roots)
      let first = strings.causes[0]
      causes = [
        Found(
          cause: .compiler, offset: first.offset, count: strings.causes.map(\.count).reduce(0, +),
          first: first.first, second: first.second)
      ]
    case _ where section.type == UInt32(SHT_NOTE): compareNotes(images)
    case _ where section.isStringTable:
      let strings = StringsPair(one, other, roots: images.roots, isLoaded: section.isLoaded)
      causes = strings.causes
    case _ where section.debugName != nil: compareDebug(images)
    case _ where section.isCode || section.isStructural || section.isUnwindTable: hasOtherBytes = true
    default:
      take(
        StringsPair(one, other, roots: images.roots, isLoaded: section.isLoaded, mixed: true))
    }
  }

  private var difference: Int { one.firstDifference(from: other) ?? min(one.count, other.count) }

  private mutating func take(_ strings: StringsPair) {
    causes += strings.causes
    shifts = strings.shifts
    // Only zeros differ if strings of another length needed other padding.
    hasOtherBytes = strings.hasOtherBytes || strings.causes.isEmpty
  }

  private mutating func compareNotes(_ images: ImagePair) {
    func rest(_ image: ElfImage, _ section: ElfImage.Section, _ content: Bytes) -> (id: Bytes?, rest: [UInt8])
    {
      var rest = content.array()
      var id: Bytes?
      let start = Int(section.offset)
      for range in image.buildIDs where start <= range.lowerBound && range.upperBound <= start + rest.count {
        id = id ?? image.bytes[range]
        for index in range { rest[index - start] = 0 }
      }
      return (id, rest)
    }
    let (id, left) = rest(images.one, section, one)
    let (otherID, right) = rest(images.other, partner, other)
    if id != otherID {
      causes.append(Found(cause: .buildID, offset: difference, first: id?.hex, second: otherID?.hex))
    }
    if left != right { causes.append(.unknown(one, other, at: difference)) }
  }

  private mutating func compareDebug(_ images: ImagePair) {
    guard let (debug, group) = images.groups.section(section.index),
      let (otherDebug, otherGroup) = images.otherGroups.section(partner.index)
    else { return take(StringsPair(one, other, roots: images.roots, mixed: true)) }
    let references = ReferencePair(debug, of: group, otherDebug, of: otherGroup)
    if let offsets = references.offsets { causes.append(offsets) }
    guard references.one != references.other else { return }
    take(StringsPair(references.one, references.other, roots: images.roots, mixed: true))
  }
}
