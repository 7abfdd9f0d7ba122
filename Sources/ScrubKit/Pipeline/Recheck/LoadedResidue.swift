internal import BuildRoots
import Formats

/// Prevents rewriting roots in loaded bytes if a piece of them would be left.
///
/// g++ builds a long string from 16-byte constants that are not adjacent, and shares them: if one part of a path is
/// found and another is not, rewriting the first mixes two paths. So a root stays if a piece of its random parts is
/// anywhere else in loaded bytes, and so does every root that shares a random part with it.
struct LoadedResidue {
  private let fragments: ResidueFragments
  /// The random parts of each hit; empty if the hit is not in loaded bytes.
  private let parts: [Set<RandomPart>]

  /// Nil if no hit is in loaded bytes.
  init?<I: Image>(_ image: I, _ hits: [Hit], in regions: [Region], _ policy: Policy) {
    let loading = regions.map(image.loading)
    guard hits.contains(where: { loading[$0.region] != .none }) else { return nil }
    var known: [String: Set<RandomPart>] = [:]
    parts = hits.map { hit in
      if loading[hit.region] == .none { return [] }
      let content = regions[hit.region].content
      let text = String(decoding: content[hit.root.range].array(), as: UTF8.self)
      if let parts = known[text] { return parts }
      let parts = Set(policy.treeFiles.randomParts(of: hit.root, in: content.span))
      known[text] = parts
      return parts
    }
    let fragments = ResidueFragments(parts.reduce(into: Set()) { $0.formUnion($1) })
    if fragments.isEmpty { return nil }
    self.fragments = fragments
  }

  /// Sets an obstacle on each hit that must stay.
  /// - Parameters:
  ///   - hits: those that this was created from.
  ///   - image: the image to search for pieces, before the edit or after it.
  ///   - found: all roots of that image, in `regions`; called only if there is a piece.
  /// - Returns: whether any hit got its first obstacle.
  func restrain<I: Image>(
    _ hits: inout [Hit], by image: I, _ regions: [Region], _ found: () -> [Hit]
  ) -> Bool {
    var blamed: [RandomPart: String] = [:]
    var known: [Int: [Range<Int>]]?
    for (index, region) in regions.enumerated() {
      let loading = image.loading(of: region)
      guard loading != .none,
        !fragments.matches(in: region.content.span, isLoaded: loading == .content).isEmpty
      else { continue }
      let ranges = known ?? found().rangesByRegion
      known = ranges
      // No code assembles a path from the inside of a payload.
      let outside = (ranges[index] ?? []) + region.seals.map(\.range)
      let matches = fragments.matches(in: region.content, outside: outside, isLoaded: loading == .content)
      for match in matches where blamed[fragments.parts[match.part]] == nil {
        let place = Place(
          section: region.name, offset: UInt64(image.offset(of: match.range.lowerBound, in: region)))
        blamed[fragments.parts[match.part]] = place.position
      }
    }
    return restrain(&hits, blamed)
  }

  /// Hits with one of these parts, and hits that share any part with such a hit: they may be pieces of one path.
  private func restrain(_ hits: inout [Hit], _ places: [RandomPart: String]) -> Bool {
    if places.isEmpty { return false }
    let numbers = Dictionary(uniqueKeysWithValues: fragments.parts.enumerated().map { ($1, $0) })
    let owned = parts.map { $0.compactMap { numbers[$0] } }
    var paths = DisjointSets(numbers.count)
    for parts in owned {
      for part in parts.dropFirst() { paths.join(parts[0], part) }
    }
    // The first place of each path.
    var reasons: [Int: String] = [:]
    for path in paths.sets {
      guard let place = path.compactMap({ places[fragments.parts[$0]] }).min() else { continue }
      for part in path { reasons[part] = place }
    }
    var isNew = false
    for index in hits.indices where hits[index].obstacle == nil {
      guard let place = owned[index].first.flatMap({ reasons[$0] }) else { continue }
      hits[index].obstacle =
        "a piece of its random name stands at \(place) as well, where no path is found: one path that is built from "
        + "both would become half another"
      isNew = true
    }
    return isNew
  }
}

extension [Hit] {
  /// The ranges of the hits in each region.
  var rangesByRegion: [Int: [Range<Int>]] {
    reduce(into: [:]) { $0[$1.region, default: []].append($1.root.range) }
  }
}
