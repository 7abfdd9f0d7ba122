internal import BuildRoots
import Formats

/// Roots that begin directly after another string, as in Rust, Swift and Go, whose strings have no NUL between them:
/// `Write value/home/alice/x.rs`. The bytes alone do not distinguish them from a longer path or from prose
/// (`your/home/alice`); the references to them do.
///
/// A root whose first byte is referenced is accepted. It may be overwritten only if the text before it is certainly
/// another string: either that text is not referenced, or the reference is a slice (an address and a length) in a
/// language in which no string can be the end of a longer one.
struct GluedRoots {
  /// The candidates that are roots, in their original order.
  private(set) var hits: [Hit] = []

  static let reason = "the text in front of it may be one string with it"

  /// How far the text before a root is followed, in bytes.
  private static let reach = 4096

  private struct Candidate {
    var hit: Hit
    var address: UInt64
    /// Bytes between the end of the preceding root, or a NUL, and this root.
    var front: Int
    var rest: Int
  }

  init<I: Image>(_ image: I, _ regions: [Region], _ hits: [Hit]) {
    guard !hits.isEmpty else { return }
    let candidates = Self.candidates(image, regions, hits).sorted { $0.address < $1.address }
    guard !candidates.isEmpty else { return }

    var targets: [References.Target] = []
    for candidate in candidates {
      let start = candidate.address
      let front = start &- UInt64(candidate.front)
      targets.append(References.Target(range: front..<start, start: front, endsString: false))
      targets.append(
        References.Target(
          range: start..<start &+ UInt64(candidate.hit.root.range.count), start: start, endsString: false))
    }
    let found = image.references(to: targets)
    let data = image.loadedStretches(code: false)
    for (index, candidate) in candidates.enumerated() {
      let (front, root) = (found.answers[2 * index], found.answers[2 * index + 1])
      var hit = candidate.hit
      if let origin = root.exact {
        let isAlone = front.inside == nil && !front.isReached && front.loads.isEmpty && found.obstacle == nil
        if !isAlone, !Self.isSlice(origin, candidate, in: data) { hit.obstacle = Self.reason }
      } else if found.isBlind, !regions[hit.region].isInPath(hit.root.range.lowerBound) {
        hit.obstacle = Self.reason
      } else {
        continue
      }
      self.hits.append(hit)
    }
    self.hits.sort { ($0.region, $0.root.range.lowerBound) < ($1.region, $1.root.range.lowerBound) }
  }

  private static func candidates<I: Image>(_ image: I, _ regions: [Region], _ hits: [Hit]) -> [Candidate] {
    let addressOf = image.loadedAddresses()
    let code = image.loadedStretches(code: true)
    var candidates: [Candidate] = []
    var last = (region: -1, end: 0)
    for hit in hits {
      let region = regions[hit.region]
      let start = hit.root.range.lowerBound
      guard let file = region.fileRange, !image.isStringTable(region),
        let address = addressOf(file.lowerBound + start, region.section),
        !code.contains(where: { $0.address <= address && address < $0.end }),
        address < UInt64.max - UInt64(region.content.count)
      else { continue }
      let floor = max(last.region == hit.region ? last.end : 0, start - reach)
      var front = start
      while front > floor, region.content[front - 1] != 0 { front -= 1 }
      // Roots that are adjacent have no text between them.
      guard front < start, UInt64(start - front) <= address else { continue }
      last = (hit.region, hit.root.range.upperBound)
      candidates.append(
        Candidate(hit: hit, address: address, front: start - front, rest: region.content.count - start))
    }
    return candidates
  }

  /// Whether the referring place holds an eight-byte address and a length that fits after it.
  private static func isSlice(
    _ origin: References.Origin, _ candidate: Candidate, in data: [LoadedStretch]
  ) -> Bool {
    guard let place = origin.place,
      let stretch = data.first(where: { $0.address <= place && place < $0.end })
    else { return false }
    let offset = Int(place - stretch.address) + 8
    guard offset + 8 <= stretch.bytes.count else { return false }
    let length = stretch.bytes.span.unsigned(at: offset, width: 8, order: .little)
    return (UInt64(candidate.hit.root.range.count)...UInt64(candidate.rest)).contains(length)
  }
}

extension Region {
  /// Whether the word before the `/` at `offset` holds another slash, as in a URL or a longer path.
  fileprivate func isInPath(_ offset: Int) -> Bool {
    var index = offset
    while index > 0, offset - index < 256, content[index - 1] > 0x20, content[index - 1] < 0x7F {
      index -= 1
      if content[index] == UInt8(ascii: "/") { return true }
    }
    return false
  }
}
