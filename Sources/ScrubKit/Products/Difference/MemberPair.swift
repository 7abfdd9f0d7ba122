internal import BuildRoots
import Formats

/// Two contents of the same name: images, compiled Python, text or anything else.
struct MemberPair {
  let one: Bytes
  let other: Bytes
  let roots: RootMap

  init(_ one: Bytes, _ other: Bytes, roots: RootMap) {
    self.one = one
    self.other = other
    self.roots = roots
  }

  /// At least one difference for contents that are not the same.
  func compare(at place: Place) throws(ScrubError) -> [Difference] {
    if one == other { return [] }
    let differences: [Difference]
    do throws(ScrubError) {
      let kind = FileKind.of(one)
      guard kind == FileKind.of(other), let found = try kind.differences(one, other, roots) else {
        return compareContent(at: place)
      }
      differences = found
    } catch {
      throw (place.member.map { error.within($0) } ?? error).inside(path: place.path)
    }
    return differences.map { difference in
      var difference = difference
      difference.place = place.member.map { difference.place.within($0) } ?? difference.place
      difference.place.path = place.path
      return difference
    }
  }

  private func compareContent(at place: Place) -> [Difference] {
    if let member = place.member, GeneratedText.rule(of: member) == .sbom {
      let bom = SBOM(epoch: 0, prefix: Array(roots.prefix.text.utf8))
      let texts = [one, other].map { SBOM.applying(bom.edits(of: $0), to: $0) }
      if texts[0] == texts[1] { return [Difference(.billOfMaterials, at: place)] }
    }
    return StringsPair(one, other, roots: roots, separator: UInt8(ascii: "\n")).causes.map {
      $0.difference(at: place)
    }
  }
}
