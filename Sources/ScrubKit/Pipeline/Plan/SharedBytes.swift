internal import BuildRoots
import Formats

/// Which roots share their bytes with constants that are not paths. Linkers store a string that ends a longer one as
/// its tail, and compilers build strings from pieces stored once for several of them: there, one edit changes two
/// strings (docs/soundness.md).
struct SharedBytes {
  /// One for each hit; nil if its bytes are not shared, or are neither loaded nor in a string table.
  private(set) var reasons: [String?]

  /// A string table's users, computed once: offsets, ascending, or why they are not known.
  private enum Users {
    case offsets([UInt64])
    case unknown(String)
  }

  init<I: Image>(_ image: I, regions: [Region], hits: [Hit], roots: RootMap) {
    reasons = hits.map { _ in nil }
    let addressOf = image.loadedAddresses()
    var users: [Int: Users] = [:]
    var targets: [References.Target] = []
    var owners: [Int] = []
    // The last hit's region, its end, and where its string began.
    var last = (region: -1, end: 0, start: 0)
    for (index, hit) in hits.enumerated() {
      let region = regions[hit.region]
      // What a payload owns stays anyway.
      guard let file = region.fileRange, region.obstacle(at: hit.root.range) == nil else { continue }
      let root = hit.root.range
      // The end of the last character, whatever its width.
      let next = root.upperBound - 1 + hit.root.stride
      let ends = next >= region.content.count || region.content[next] == 0
      if image.isStringTable(region) {
        if users[hit.region] == nil { users[hit.region] = Self.users(image, region) }
        reasons[index] = users[hit.region].flatMap {
          Self.reason(image, region, root, ends: ends, $0)
        }
        continue
      }
      guard let address = addressOf(file.lowerBound + root.lowerBound, region.section) else { continue }
      guard address < UInt64.max - UInt64(root.count) else {
        reasons[index] = "its address is out of range"
        continue
      }
      let floor =
        last.region == hit.region ? max(last.end, root.lowerBound - Self.reach) : root.lowerBound - Self.reach
      var start = root.lowerBound
      let stride = hit.root.stride
      while start - stride >= max(floor, 0), region.content[start - stride] != 0 { start -= stride }
      // In big-endian order, a character's zeros come first.
      start = max(start - (stride - 1), 0)
      if last.region == hit.region, start == last.end, start > 0, region.content[start - 1] != 0 {
        start = last.start
      }
      last = (hit.region, root.upperBound, start)
      targets.append(
        References.Target(
          range: address..<address &+ UInt64(root.count), start: address &- UInt64(root.lowerBound - start),
          endsString: ends))
      owners.append(index)
    }
    guard !targets.isEmpty else { return }
    let order = targets.indices.sorted { targets[$0].range.lowerBound < targets[$1].range.lowerBound }
    let sorted = order.map { targets[$0] }
    let found = image.references(to: sorted)
    for (number, place) in order.enumerated() {
      let (target, answer) = (sorted[number], found.answers[number])
      var reason = Self.reason(target, answer, found)
      let hit = hits[owners[place]]
      if reason == nil, !answer.loads.isEmpty,
        Self.isPart(hit.root.range, regions[hit.region].content, at: target.range.lowerBound, roots)
      {
        reason = SplitRoots.reason
      }
      reasons[owners[place]] = reason
    }
  }

  /// How far back a string is followed to its beginning, in bytes.
  private static let reach = 4096

  /// The rules of docs/soundness.md.
  private static func reason(
    _ target: References.Target, _ answer: References.Answer, _ found: FoundReferences
  ) -> String? {
    if found.isBlind, let obstacle = found.obstacle {
      return "another constant may share its bytes, which cannot be ruled out: \(obstacle)"
    }
    if let inside = answer.inside {
      let byte = inside.address - target.range.lowerBound
      return "another constant shares its bytes: \(inside.origin.text) refers to its byte \(byte)"
    }
    for group in found.functions.grouped(answer.loads) where !covers(target.range, group) {
      return "it is built from pieces that other strings share: the code at "
        + "0x\(String(group[0].place, radix: 16)) reads a part of it"
    }
    guard target.endsString else { return nil }
    if let obstacle = found.obstacle {
      return "another constant may share its last bytes, which cannot be ruled out: \(obstacle)"
    }
    // It is in a pool that is addressed in another way.
    return answer.isReached ? nil : "nothing is seen to refer to its string, so who shares it is not known"
  }

  /// Whether the piece in which a root ends continues with the beginning of another random part, whose end is
  /// elsewhere.
  private static func isPart(
    _ root: Range<Int>, _ content: Bytes, at address: UInt64, _ roots: RootMap
  ) -> Bool {
    // Pieces are aligned and have 16 or 32 bytes.
    let end = address &+ UInt64(root.count)
    return [15 as UInt64, 31].contains { mask in
      let length = root.count + Int((0 &- end) & mask)
      guard length <= content.count - root.lowerBound else { return false }
      let text = content[root.lowerBound..<root.lowerBound + length].array()
      return text.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && SplitRoots(roots: roots).unfinished(text) != nil
    }
  }

  /// Whether these loads together read the whole range.
  static func covers(_ range: Range<UInt64>, _ loads: [References.Load]) -> Bool {
    var position = range.lowerBound
    for load in loads.sorted(by: { $0.bytes.lowerBound < $1.bytes.lowerBound }) {
      guard load.bytes.lowerBound <= position else { return false }
      position = max(position, load.bytes.upperBound)
    }
    return position >= range.upperBound
  }

  // MARK: String tables

  private static func users<I: Image>(_ image: I, _ region: Region) -> Users {
    do throws(ScrubError) { return .offsets(try image.stringUsers(of: region)) } catch {
      return .unknown(error.message)
    }
  }

  private static func reason<I: Image>(
    _ image: I, _ region: Region, _ root: Range<Int>, ends: Bool, _ users: Users
  ) -> String? {
    switch users {
    case .unknown(let message):
      return ends ? "another name may share its last bytes, which cannot be ruled out: \(message)" : nil
    case .offsets(let offsets):
      let start = UInt64(image.offset(of: root.lowerBound, in: region))
      let index = offsets.partition { $0 <= start }
      guard index < offsets.count, offsets[index] < start + UInt64(root.count) else { return nil }
      return "another name shares its bytes from byte \(offsets[index] - start) on"
    }
  }
}
