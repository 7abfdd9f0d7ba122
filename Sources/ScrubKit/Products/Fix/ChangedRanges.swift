public import Formats

/// A stretch of bytes that changed or moved.
public struct ChangedRange: Hashable, Sendable {
  public enum Reason: String, Hashable, Sendable, CaseIterable {
    /// The same bytes at another place, except for roots, which are separate edits.
    case moved
    /// Laid out anew, with or without a new size: string tables, line number programs, compressed data.
    case rebuilt
    /// Offsets and addresses that follow what moved.
    case redirected
    /// Headers and load commands that say where things are.
    case headers
    /// Build-ids, UUIDs, signatures, checksums of other files.
    case seal
    /// Padding that belongs to nothing.
    case filling
    /// A file or member that is rewritten as a whole.
    case rewritten
  }

  /// File, member and section.
  public var place: Place
  public var reason: Reason
  /// Bytes of the file or member, before and after; nil if that side has none.
  public var old: Range<Int>?
  public var new: Range<Int>?
}

/// Compares an image with its result, region by region, and reports where it differs. In-place edits are reported
/// separately: they cover exactly the bytes of a root.
struct ChangedRanges<I: Image> {
  private let before: I
  private let after: I
  private let seals: [Range<Int>]

  /// More runs than this in one region are reported as one.
  private static var runs: Int { 64 }

  init(_ before: I, _ after: I, seals: [Range<Int>]) {
    self.before = before
    self.after = after
    self.seals = seals
  }

  /// Adds to in-place edits where their bytes are now.
  /// - Returns: all other ranges, in the order of the new file; then removed ones.
  func compare(_ changes: inout [Change]) throws(ScrubError) -> [ChangedRange] {
    let pairs = try pairs()
    for index in changes.indices {
      guard case .string = changes[index].kind, changes[index].isInPlace, let old = changes[index].old,
        let pair = pairs.first(where: { $0.old?.fileRange?.contains(old) ?? false }),
        let from = pair.old?.fileRange, let new = pair.new?.fileRange, new.count == from.count
      else { continue }
      let start = new.lowerBound + old.lowerBound - from.lowerBound
      changes[index].new = start..<start + old.count
    }
    let edits = changes.compactMap(\.new).sorted { $0.lowerBound < $1.lowerBound }
    return pairs.flatMap { pair in
      guard let new = pair.new else {
        return [range(pair, .filling, pair.old?.fileRange, nil)]
      }
      return compare(pair, new, edits)
    }
  }

  private struct Pair {
    var old: Region?
    var new: Region?
    var name: String { new?.name ?? old?.name ?? "" }
    var kind: Region.Kind? { (new ?? old)?.kind }
  }

  /// Regions by section; others by name and occurrence.
  private func pairs() throws(ScrubError) -> [Pair] {
    var waiting: [RegionKey: [Region]] = [:]
    let old = try before.regions().filter { $0.fileRange != nil }
    for region in old.reversed() { waiting[RegionKey(region), default: []].append(region) }
    var pairs: [Pair] = []
    for region in try after.regions() where region.fileRange != nil {
      let partner = waiting[RegionKey(region)]?.popLast()
      pairs.append(Pair(old: partner, new: region))
    }
    let gone = waiting.values.joined().sorted {
      ($0.fileRange?.lowerBound ?? 0) < ($1.fileRange?.lowerBound ?? 0)
    }
    return pairs + gone.map { Pair(old: $0) }
  }

  private func range(
    _ pair: Pair, _ reason: ChangedRange.Reason, _ old: Range<Int>?, _ new: Range<Int>?
  ) -> ChangedRange {
    ChangedRange(place: Place(section: pair.name), reason: reason, old: old, new: new)
  }

  private func compare(_ pair: Pair, _ new: Region, _ edits: [Range<Int>]) -> [ChangedRange] {
    guard let range = new.fileRange else { return [] }
    guard let old = pair.old, let oldRange = old.fileRange else {
      return [self.range(pair, .filling, nil, range)]
    }
    guard oldRange.count == range.count else { return [self.range(pair, rebuilt(pair), oldRange, range)] }
    let runs = runs(old.content, new.content, at: range.lowerBound, edits)
    if oldRange.lowerBound != range.lowerBound {
      let isSame = runs.allSatisfy { run in seals.contains { $0.overlaps(run) } }
      return [self.range(pair, isSame ? .moved : rebuilt(pair), oldRange, range)]
    }
    return runs.map { run in
      let isSeal = seals.contains { $0.overlaps(run) }
      return self.range(pair, isSeal ? .seal : reason(pair), run, run)
    }
  }

  /// Where the bytes differ, in file offsets, without edits; either both sides have the same file offsets, or they do
  /// not matter.
  private func runs(_ old: Bytes, _ new: Bytes, at start: Int, _ edits: [Range<Int>]) -> [Range<Int>] {
    if old == new { return [] }
    var runs: [Range<Int>] = []
    var edit = edits.partition { $0.upperBound <= start }
    let (one, other) = (old.span, new.span)
    for index in 0..<one.count where one[index] != other[index] {
      let place = start + index
      while edit < edits.count, edits[edit].upperBound <= place { edit += 1 }
      if edit < edits.count, edits[edit].contains(place) { continue }
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else if runs.count == Self.runs {
        runs = [runs[0].lowerBound..<place + 1]
      } else {
        runs.append(place..<place + 1)
      }
    }
    return runs
  }

  private func reason(_ pair: Pair) -> ChangedRange.Reason {
    if pair.new?.section != nil { return rebuilt(pair) == .rebuilt ? .redirected : rebuilt(pair) }
    switch pair.kind {
    case .gap: return .filling
    case .table(.codeSignature), .loadCommand(LoadCommandKind.uuid): return .seal
    case .table(.symbolTable), .table(.indirectSymbols): return .redirected
    case .table(.stringTable): return .rebuilt
    default: return .headers
    }
  }

  private func rebuilt(_ pair: Pair) -> ChangedRange.Reason {
    switch pair.kind {
    case .gap: .filling
    case .table(.codeSignature): .seal
    case .sectionHeaders: .headers
    default: .rebuilt
    }
  }
}

private struct RegionKey: Hashable {
  var name: String
  var section: Int?

  init(_ region: Region) { (name, section) = (region.name, region.section) }
}

extension ImageScrub.Outcome {
  /// Adds where the output differs from the image.
  mutating func describeRanges<I: Image>(
    _ format: I.Type, of original: Bytes, seals: [Range<Int>]
  ) throws(ScrubError) {
    guard let output else { return }
    ranges = try ChangedRanges(I(original), I(output), seals: seals).compare(&changes)
  }

  /// The same for data whose parts are not understood: one range for all of it.
  mutating func describeWhole(_ original: Bytes) {
    guard let output, ranges.isEmpty, !changes.contains(where: { $0.new != nil }) else { return }
    ranges = [
      ChangedRange(place: Place(), reason: .rewritten, old: 0..<original.count, new: 0..<output.count)
    ]
  }
}
