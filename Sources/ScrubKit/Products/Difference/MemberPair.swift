internal import BuildRoots
import Formats

/// Two contents of the same name: images, compiled Python, text or anything else.
struct MemberPair {
  let one: Bytes
  let other: Bytes
  let roots: RootMap
  /// Whether the members of zips are compared one by one.
  let looksIntoZips: Bool

  init(_ one: Bytes, _ other: Bytes, roots: RootMap, looksIntoZips: Bool = false) {
    self.one = one
    self.other = other
    self.roots = roots
    self.looksIntoZips = looksIntoZips
  }

  /// At least one difference for contents that are not equal.
  func compare(at place: Place) throws(ScrubError) -> [Difference] {
    if one == other { return [] }
    let differences: [Difference]
    do throws(ScrubError) {
      let kind = FileKind.of(one)
      if looksIntoZips, let found = try zipDifferences(kind) {
        differences = found
      } else {
        guard kind == FileKind.of(other), let found = try kind.differences(one, other, roots) else {
          return compareContent(at: place)
        }
        differences = found
      }
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

  /// For archives in a wheel, which `fix` never repacks. Nil if they are not archives, or cannot both be read.
  private func zipDifferences(_ kind: FileKind) throws(ScrubError) -> [Difference]? {
    guard kind == .zip, FileKind.of(other) == .zip,
      let pair = try? WheelPair(one, other, options: Options(), isNested: true)
    else { return nil }
    return try pair.compare(path: "")
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
