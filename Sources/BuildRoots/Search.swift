/// The progress of a search.
struct RootCursor {
  /// Where the next candidate may begin.
  var offset = 0
  /// Where the next root may begin: after the last one, and after the string that contains it.
  var floor = 0
  /// Paths that begin after a byte of another name, if they are requested.
  var glued: [BuildRoot]?
  /// Whether the search stops where there may be a Windows path.
  var stopsAtWindowsPaths = false
  /// Where it stopped for one.
  var windowsMark: Int?
}

/// Rules in the order in which the search tries them.
struct Matcher: Sendable {
  struct Entry: Sendable {
    /// Index of the rule.
    var rule: Int
    var pattern: Pattern
  }
  private let rules: [Rule]
  /// Nil if every offset is tried instead.
  private let scan: PairScan?
  /// Sorted by first byte.
  let entries: [Entry]
  private let openings: [Opening]
  /// The possible last components of roots with random names, by first byte.
  private var endings: [[Ending]] = []
  /// Those without a fixed beginning: after a fixed component, after another random name, anywhere.
  private var endingsBehind: [Ending] = []
  private var endingsInside: [Ending] = []
  private var endingsAnywhere: [Ending] = []
  /// The same where something fixed occurs anywhere before.
  private var endingsBehindHeads: [Ending] = []
  /// The bytes that may follow the first byte of any pattern.
  private var headSeconds = [ByteSet](repeating: ByteSet(""), count: 256)
  /// Heads of a single byte.
  private var shortHeads = ByteSet("")
  /// The last bytes of the fixed components before `endingsBehind`.
  private var endsBefore = ByteSet("")
  /// The bytes that may follow the first byte of any ending.
  private var endingSeconds = [ByteSet](repeating: ByteSet(""), count: 256)
  /// The first bytes of endings in which nothing fixed follows.
  private var shortLeads = ByteSet("")
  private var entriesByFirstByte = [Range<Int>](repeating: 0..<0, count: 256)
  /// Patterns that count only in a directory for temporary files.
  private let inTemporary: Range<Int>
  /// Patterns that a name directly below the stable prefix could become.
  private let belowPrefix: [Pattern]

  /// - Parameter scans: whether to prepare a fast search through many bytes, which takes longer than trying each offset
  ///   of a path.
  init(_ rules: [Rule], scans: Bool = true) {
    self.rules = rules
    scan = scans ? PairScan(rules.flatMap { $0.patterns }) : nil
    // The launcher does this once for each compile, so only places are sorted, and each pattern is copied once.
    var places: [Place] = []
    for rule in rules.indices {
      for (index, pattern) in rules[rule].patterns.enumerated() {
        guard pattern.onlyInTemporary || !pattern.components[0].head.isEmpty else { continue }
        // After all others.
        let byte = pattern.onlyInTemporary ? 256 : Int(pattern.components[0].head[0])
        let length = pattern.rank == .specific ? .max : pattern.components.count
        places.append(
          Place(byte: byte, rank: pattern.rank, length: length, rule: rule, pattern: index))
      }
    }
    places.sort(by: <)
    entries = places.map { Entry(rule: $0.rule, pattern: rules[$0.rule].patterns[$0.pattern]) }
    openings = entries.map { Opening($0.pattern) }
    if scans {
      endings = [[Ending]](repeating: [], count: 256)
      for entry in entries where rules[entry.rule].family == .randomDirectories {
        for ending in Ending.all(of: entry.pattern) {
          guard let first = ending.lead.first else {
            if ending.needsRoot {
              endingsInside.append(ending)
            } else if let last = ending.before.last {
              endingsBehind.append(ending)
              endsBefore.insert(last)
            } else if ending.head.isEmpty {
              endingsAnywhere.append(ending)
            } else {
              endingsBehindHeads.append(ending)
            }
            continue
          }
          endings[Int(first)].append(ending)
          if ending.lead.count > 1 {
            endingSeconds[Int(first)].insert(ending.lead[1])
          } else {
            shortLeads.insert(first)
          }
        }
      }
    }
    if scans {
      for head in openings.map({ $0.head }) {
        guard let first = head.first else { continue }
        if head.count > 1 { headSeconds[Int(first)].insert(head[1]) } else { shortHeads.insert(first) }
      }
    }
    belowPrefix = entries.map { $0.pattern }.filter { $0.isBelowPrefix }
    inTemporary = (places.firstIndex { $0.byte == 256 } ?? places.count)..<places.count
    for (index, place) in places[..<inTemporary.lowerBound].enumerated() {
      let group = entriesByFirstByte[place.byte]
      entriesByFirstByte[place.byte] = (group.isEmpty ? index : group.lowerBound)..<index + 1
    }
  }

  /// For a search; matchers for the rules that nearly every run uses, several times, are created once.
  static func searching(_ rules: [Rule]) -> Matcher {
    common.first { $0.rules.isSame(as: rules) } ?? Matcher(rules)
  }

  private static var common: [Matcher] { [random, randomAndHosts] }
  private static let random = Matcher(Rule.random.filter { !$0.patterns.isEmpty })
  private static let randomAndHosts = Matcher((Rule.random + Rule.hosts).filter { !$0.patterns.isEmpty })

  /// The order of patterns with the same first byte: those of one tool in table order; then the others, the longest
  /// first, because a checkout may be in a home directory, and a tool's output in a temporary one.
  private struct Place {
    var byte: Int
    var rank: Pattern.Rank
    /// Number of components, for a path that does not belong to one tool.
    var length: Int
    /// Index of the rule.
    var rule: Int
    /// Index of the rule's pattern.
    var pattern: Int

    static func < (one: Place, other: Place) -> Bool {
      (one.byte, other.rank.rawValue, other.length, one.rule, one.pattern) < (
        other.byte, one.rank.rawValue, one.length, other.rule, other.pattern
      )
    }
  }

  typealias Match = (entry: Int, match: Pattern.Match)

  /// The first pattern in order that matches at `offset`.
  /// - Parameters:
  ///   - isInside: whether a random component directly precedes.
  ///   - isInTemporary: whether that is a directory for temporary files.
  ///   - isTop: called only if the answer matters: whether the path begins here.
  func match(
    in bytes: Span<UInt8>, at offset: Int, isInside: Bool, isInTemporary: Bool = false, isTop: () -> Bool
  ) -> Match? {
    guard offset < bytes.count else { return nil }
    var next = Opening.NextComponent()
    for index in entriesByFirstByte[Int(bytes[offset])] {
      guard openings[index].admits(bytes, at: offset, &next), isInside || !entries[index].pattern.onlyInside
      else {
        continue
      }
      if let match = entries[index].pattern.match(in: bytes, at: offset, isInside: isInside),
        !entries[index].pattern.isAnchored || isTop(),
        !isSpecific(match, of: entries[index].pattern, in: bytes)
      {
        return (index, match)
      }
    }
    guard isInTemporary else { return nil }
    for index in inTemporary where openings[index].admits(bytes, at: offset, &next) {
      if let match = entries[index].pattern.match(in: bytes, at: offset, isInside: true) {
        return (index, match)
      }
    }
    return nil
  }

  /// Whether a match that any program could have created in a temporary directory is the output of a particular tool:
  /// then that tool's rule says more about it.
  private func isSpecific(_ match: Pattern.Match, of pattern: Pattern, in bytes: Span<UInt8>) -> Bool {
    guard pattern.rank == .generic, match.lastStart > match.start else { return false }
    return entriesByFirstByte[Int(bytes[match.lastStart])].contains { index in
      let other = entries[index].pattern
      return other.rank == .specific && bytes.hasText(openings[index].head, at: match.lastStart)
        && other.match(in: bytes, at: match.lastStart, isInside: true) != nil
    }
  }

  /// The next root at or after the cursor, which moves past it; nil also where there may be a Windows path, if the
  /// cursor stops there.
  func next(in bytes: Span<UInt8>, _ cursor: inout RootCursor) -> BuildRoot? {
    if entries.isEmpty { return nil }
    guard let scan else { return nextWithoutScan(in: bytes, &cursor) }
    // A component may have several marks.
    var asked = -1
    while let candidate = scan.next(in: bytes, from: cursor.offset) {
      if bytes[candidate] == backslash {
        cursor.offset = candidate + 1
        guard cursor.stopsAtWindowsPaths else { continue }
        cursor.windowsMark = candidate
        return nil
      }
      for anchor in scan.anchors {
        guard let start = scan.componentStart(of: anchor, in: bytes, markAt: candidate), start != asked,
          start >= cursor.floor
        else { continue }
        asked = start
        if let root = root(in: bytes, at: start, &cursor) { return root }
      }
      cursor.offset = candidate + 1
    }
    cursor.offset = bytes.count
    return nil
  }

  /// The same, trying each offset.
  private func nextWithoutScan(in bytes: Span<UInt8>, _ cursor: inout RootCursor) -> BuildRoot? {
    while cursor.offset < bytes.count {
      let start = cursor.offset
      if start >= cursor.floor, let root = root(in: bytes, at: start, &cursor) { return root }
      cursor.offset += 1
      if cursor.stopsAtWindowsPaths, WindowsPath.isMark(in: bytes, at: start) {
        cursor.windowsMark = start
        return nil
      }
    }
    return nil
  }

  /// Whether a root could be in `bytes`, whatever surrounds it: every root contains its pattern's first letters.
  func mayFind(in bytes: Span<UInt8>) -> Bool {
    if entries.isEmpty { return false }
    guard let scan else { return true }
    var offset = 0
    while let candidate = scan.next(in: bytes, from: offset) {
      if bytes[candidate] == backslash { return true }
      for anchor in scan.anchors {
        guard let start = scan.componentStart(of: anchor, in: bytes, markAt: candidate) else { continue }
        if begins(in: bytes, at: start) { return true }
      }
      offset = candidate + 1
    }
    return false
  }

  /// How many bytes of `ending` after `text` may complete a root with a random name that begins in `text`.
  /// - Parameter ending: at most 63 letters and digits.
  func lengths(of text: Span<UInt8>, before ending: [UInt8]) -> LengthSet {
    if scan == nil { return .all }
    var start = text.count
    while start > 0, text[start - 1] != slash, isPathByte(text[start - 1]) { start -= 1 }
    let isHeaded =
      start < text.count
      && (shortLeads.contains(text[start])
        || start + 1 < text.count && endingSeconds[Int(text[start])].contains(text[start + 1]))
    let isBehindSlash = start > 0 && text[start - 1] == slash
    guard isHeaded || isBehindSlash else { return [] }
    var lengths: LengthSet = []
    // Created only if a component may begin like this.
    var whole: [UInt8] = []
    if isHeaded {
      for candidate in endings[Int(text[start])] {
        candidate.add(to: &lengths, text, from: start, before: ending, &whole)
      }
    }
    guard isBehindSlash else { return lengths }
    for candidate in endingsAnywhere {
      candidate.add(to: &lengths, text, from: start, before: ending, &whole)
    }
    let isBehind = start > 1 && (endsBefore.contains(text[start - 2]) || text[start - 2] == slash)
    for candidate in isBehind ? endingsBehind : [] {
      candidate.add(to: &lengths, text, from: start, before: ending, &whole)
    }
    // Checked for most texts, and true for few.
    guard holdsHead(text, before: start) else { return lengths }
    for candidate in endingsBehindHeads {
      candidate.add(to: &lengths, text, from: start, before: ending, &whole)
    }
    if hasRandomName(text.extracting(0..<start)) {
      for candidate in endingsInside {
        candidate.add(to: &lengths, text, from: start, before: ending, &whole)
      }
    }
    return lengths
  }

  /// Whether the beginning of some pattern occurs before `end`.
  private func holdsHead(_ text: Span<UInt8>, before end: Int) -> Bool {
    for offset in 0..<end {
      let first = text[offset]
      guard offset + 1 < text.count,
        headSeconds[Int(first)].contains(text[offset + 1]) || shortHeads.contains(first)
      else { continue }
      if begins(in: text, at: offset) { return true }
    }
    return false
  }

  /// Whether the beginning of some pattern is at `offset`.
  private func begins(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    entriesByFirstByte[Int(bytes[offset])].contains { bytes.hasText(openings[$0].head, at: offset) }
  }

  private func hasRandomName(_ text: Span<UInt8>) -> Bool {
    var cursor = RootCursor()
    while let root = next(in: text, &cursor) {
      if root.rule.family == .randomDirectories { return true }
    }
    return false
  }

  /// The root whose first random component begins at `start`; if there is one, moves the cursor past it.
  func root(in bytes: Span<UInt8>, at start: Int, _ cursor: inout RootCursor) -> BuildRoot? {
    guard start == 0 || bytes[start - 1] == slash || !isPathByte(bytes[start - 1]),
      let first = match(
        in: bytes, at: start, isInside: false,
        isTop: { RootStart(in: bytes, component: start, floor: cursor.floor).isTop })
    else {
      if cursor.glued != nil, let root = gluedRoot(in: bytes, at: start),
        root.range.lowerBound >= cursor.floor
      {
        cursor.glued?.append(root)
      }
      return nil
    }
    let left = RootStart(in: bytes, component: start, floor: cursor.floor)
    var chain = Chain(
      entry: entries[first.entry], end: first.match.end, name: safeName(first.match.name, in: bytes))
    cursor.floor = follow(&chain, in: bytes, first: first.match, rootStart: left.offset)
    cursor.offset = chain.end
    return BuildRoot(
      range: left.offset..<chain.end, rule: rules[chain.entry.rule],
      name: chain.name ?? chain.entry.pattern.name, target: chain.entry.pattern.target,
      isRelative: left.isRelative)
  }

  /// The root of a pattern that counts only where a path begins, after a byte that may belong to the same path or to
  /// the end of another string: `Write value/home/alice`.
  private func gluedRoot(in bytes: Span<UInt8>, at start: Int) -> BuildRoot? {
    guard start > 1, bytes[start - 1] == slash, bytes[start - 2] != slash, isPathByte(bytes[start - 2]),
      let found = match(in: bytes, at: start, isInside: false, isTop: { true }),
      entries[found.entry].pattern.isAnchored
    else { return nil }
    let entry = entries[found.entry]
    return BuildRoot(
      range: start - 1..<found.match.end, rule: rules[entry.rule],
      name: safeName(found.match.name, in: bytes) ?? entry.pattern.name, target: entry.pattern.target,
      isRelative: false)
  }

  /// Walks the rest of the path for more random components; returns where the next root may begin.
  private func follow(
    _ chain: inout Chain, in bytes: Span<UInt8>, first: Pattern.Match, rootStart: Int
  ) -> Int {
    var offset = chain.end
    while offset < bytes.count, bytes[offset] == slash {
      let start = bytes.afterSlashes(offset)
      let isInside = offset == chain.end
      if let next = match(
        in: bytes, at: start, isInside: isInside, isInTemporary: isInside && chain.isTemporary,
        isTop: { false })
      {
        // The same root again is the next string, not a directory inside itself.
        let again = start - (first.start - rootStart)
        if again >= chain.end, bytes.isSame(rootStart..<first.firstEnd, at: again) { return again }
        chain.append(
          entries[next.entry], end: next.match.end, name: safeName(next.match.name, in: bytes))
        offset = chain.end
        continue
      }
      var end = start
      while end < bytes.count, bytes[end] != slash, isPathByte(bytes[end]) { end += 1 }
      if end == start || bytes.isGlue(at: end) { break }
      offset = end
    }
    return chain.end
  }

  private func safeName(_ range: Range<Int>?, in bytes: Span<UInt8>) -> String? {
    guard let range else { return nil }
    let text = range.map { bytes[$0] }
    return isSafe(text) ? String(decoding: text, as: UTF8.self) : nil
  }

  /// Whether a file with this name below a stable prefix can never be taken for the beginning of a root.
  func isSafe(_ name: [UInt8]) -> Bool {
    let span = name.span
    guard name != Array(".".utf8), name != Array("..".utf8) else { return false }
    guard let first = name.first, !belowPrefix.contains(where: { $0.couldBe(name) }) else {
      return false
    }
    return !entriesByFirstByte[Int(first)].contains { index in
      !entries[index].pattern.isAnchored && entries[index].pattern.components[0].match(in: span, at: 0) != nil
    }
  }
}

/// A component with which a pattern may end. A class, because copying it would cost more than using it.
private final class Ending: Sendable {
  private let component: Component
  /// The fixed text at its beginning.
  let lead: [UInt8]
  /// The component before it, if that is fixed.
  let before: [UInt8]
  /// The beginning of the pattern.
  let head: [UInt8]
  /// Whether it counts only after another random name.
  let needsRoot: Bool
  /// The possible last bytes, and their minimum number.
  private let run: (set: ByteSet, count: Int)?
  /// Fixed text, and how many bytes follow it at the end.
  private let fixedEnd: (text: [UInt8], count: Int)?

  private init(_ component: Component, before: [UInt8] = [], head: [UInt8] = [], needsRoot: Bool = false) {
    self.component = component
    lead = component.head
    self.before = before
    self.head = head
    self.needsRoot = needsRoot
    guard case .run(let set, let counts, _)? = component.atoms.last else {
      (run, fixedEnd) = (nil, nil)
      return
    }
    run = (set, counts.lowerBound)
    if counts.count == 1, case .literal(let text)? = component.atoms.dropLast().last {
      fixedEnd = (text, counts.lowerBound)
    } else {
      fixedEnd = nil
    }
  }

  static func all(of pattern: Pattern) -> [Ending] {
    let components = pattern.components
    var before: [UInt8] = []
    if components.count > 1, components[components.count - 2].atoms.count == 1 {
      before = components[components.count - 2].head
    }
    let last = Ending(
      components[components.count - 1], before: before, head: components.count > 1 ? components[0].head : [],
      needsRoot: pattern.onlyInTemporary)
    let all = [last] + pattern.optional.map { Ending($0, head: components[0].head) }
    return all.filter {
      // Fixed text at its end is either there completely or not at all.
      if case .literal? = $0.component.atoms.last { return false }
      return $0.component.atoms.count > 1 || $0.lead.isEmpty
    }
  }

  /// Adds how many bytes of `tail` after `text` may complete the component that begins at `start`.
  /// - Parameter whole: both together, created when first needed.
  func add(
    to lengths: inout LengthSet, _ text: Span<UInt8>, from start: Int, before tail: [UInt8],
    _ whole: inout [UInt8]
  ) {
    let possible = self.lengths(behind: text, from: start)
    guard !lengths.isSuperset(of: possible) else { return }
    if whole.isEmpty { whole = text.indices.map { text[$0] } + tail }
    var open = possible.subtracting(lengths).rawValue
    while open != 0, open.trailingZeroBitCount <= tail.count {
      let missing = open.trailingZeroBitCount
      open &= open - 1
      let end = text.count + missing
      // Checked first, because a name before it can be split in many ways.
      if let run, !tail[max(0, missing - run.count)..<missing].allSatisfy(run.set.contains) { continue }
      if let fixedEnd, !whole.span.hasText(fixedEnd.text, at: end - fixedEnd.count - fixedEnd.text.count) {
        continue
      }
      if component.match(in: whole.span.extracting(0..<end), at: start)?.end == end {
        lengths.formUnion(LengthSet(missing...missing))
      }
    }
  }

  private func lengths(behind text: Span<UInt8>, from start: Int) -> LengthSet {
    guard text.hasText(lead, at: start) else { return [] }
    if !before.isEmpty {
      var end = start
      while end > 0, text[end - 1] == slash { end -= 1 }
      let first = end - before.count
      guard end < start, text.hasText(before, at: first),
        first == 0 || text[first - 1] == slash || !isPathByte(text[first - 1])
      else { return [] }
    } else if !head.isEmpty {
      guard (0..<start).contains(where: { text.hasText(head, at: $0) }) else { return [] }
    }
    return component.lengths(behind: text, from: start)
  }
}

/// Numbers of bytes from 1 to 63.
public struct LengthSet: OptionSet, Sendable {
  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  static let all = LengthSet(1...63)

  init(_ lengths: ClosedRange<Int>) {
    let known = lengths.clamped(to: 1...63)
    rawValue = known.overlaps(lengths) ? (~0 >> UInt64(64 - known.count)) << UInt64(known.lowerBound) : 0
  }

  public func contains(_ length: Int) -> Bool {
    (1...63).contains(length) && (rawValue >> UInt64(length)) & 1 == 1
  }
}

/// The random components that follow one another in a path.
private struct Chain {
  var entry: Matcher.Entry
  var end: Int
  var name: String?

  /// Whether its stable form has the name of directories for temporary files.
  var isTemporary: Bool { name == nil && entry.pattern.name == Pattern.temporaryName }

  mutating func append(_ next: Matcher.Entry, end: Int, name: String?) {
    if next.pattern.rank >= entry.pattern.rank { entry = next }
    self.end = end
    self.name = name ?? self.name
  }
}

extension [Rule] {
  /// Whether these are the same rules of our table, in the same order. The user's own rules share their family's code.
  fileprivate func isSame(as other: [Rule]) -> Bool {
    count == other.count
      && zip(self, other).allSatisfy {
        $0.code == $1.code && $0.slug == $1.slug && $0.patterns.count == $1.patterns.count
      }
  }
}

extension Span<UInt8> {
  // Compared from the end, where the random component is: different roots differ there.
  fileprivate func isSame(_ range: Range<Int>, at offset: Int) -> Bool {
    guard offset >= 0, range.count <= count - offset else { return false }
    for index in range.reversed() where self[index] != self[offset + index - range.lowerBound] {
      return false
    }
    return true
  }
}
