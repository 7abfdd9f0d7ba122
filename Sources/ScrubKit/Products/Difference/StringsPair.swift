internal import BuildRoots
import Formats

/// A cause found in a pair of contents, and its first place.
struct Found {
  var cause: Cause
  /// Bytes from the start of the first content.
  var offset: Int?
  var count = 1
  var first: String?
  var second: String?

  func difference(at place: Place) -> Difference {
    var place = place
    place.offset = offset.map { UInt64($0) } ?? place.offset
    return Difference(cause, at: place, count: count, first: first, second: second)
  }
}

/// Two contents as sets of strings: those that only one has, and the order of common ones.
struct StringsPair {
  private(set) var causes: [Found] = []
  /// Whether bytes that are not text differ too.
  private(set) var hasOtherBytes = false
  /// How far common strings moved, and what may follow each of them at the usual alignments.
  private(set) var shifts: Set<Int> = []

  private struct Text {
    var offset: Int
    var bytes: [UInt8]
  }

  private let roots: RootMap
  private let isLoaded: Bool
  private let isMixed: Bool

  /// - Parameters:
  ///   - isLoaded: strings may not move, so their length is a separate cause, and their order stays.
  ///   - mixed: not all of it is text; only runs of at least four printable bytes are strings.
  init(
    _ one: Bytes, _ other: Bytes, roots: RootMap, isLoaded: Bool = false, mixed: Bool = false,
    separator: UInt8 = 0
  ) {
    self.roots = roots
    self.isLoaded = isLoaded
    isMixed = mixed
    if one == other { return }
    let (texts, rest) = Self.split(one, separator, mixed)
    let (otherTexts, otherRest) = Self.split(other, separator, mixed)
    hasOtherBytes = rest != otherRest
    compare(texts, otherTexts)
    // Only the number of separators differs: padding between strings of different lengths.
    if causes.isEmpty, !mixed {
      let offset = one.firstDifference(from: other) ?? min(one.count, other.count)
      causes = [.unknown(one, other, at: offset)]
    }
  }

  private static func split(_ bytes: Bytes, _ separator: UInt8, _ mixed: Bool) -> ([Text], rest: [UInt8]) {
    var texts: [Text] = []
    var rest: [UInt8] = []
    let span = bytes.span
    var start = 0
    while start < span.count {
      let end = span.firstIndex(of: separator, from: start) ?? span.count
      var head = start
      if mixed {
        head = Self.textStart(bytes, start..<end)
        for index in start..<head { rest.append(span[index]) }
      }
      if head < end { texts.append(Text(offset: head, bytes: bytes[head..<end].array())) }
      start = end + 1
    }
    return (texts, rest)
  }

  /// Where the text that ends `range` begins: at least four bytes of printable ASCII or UTF-8.
  private static func textStart(_ bytes: Bytes, _ range: Range<Int>) -> Int {
    let span = bytes.span
    var start = range.upperBound
    var ascii = range.upperBound
    while start > range.lowerBound, span[start - 1] >= 0x20, span[start - 1] != 0x7f {
      start -= 1
      if span[start] < 0x80, ascii == start + 1 { ascii = start }
    }
    // High bytes are text only if all of them are: tables of distances are full of 0xff.
    if ascii != start, String(validating: bytes[start..<range.upperBound].array(), as: UTF8.self) == nil {
      start = ascii
    }
    return range.upperBound - start < 4 ? range.upperBound : start
  }

  /// The reasons to treat two strings as the same one, in the order in which they are tried.
  private var forms: [(cause: Cause, of: ([UInt8]) -> [UInt8])] {
    [
      (.buildRoot, { NormalForm.ofPath($0, roots) }),
      (.symbolHash, { NormalForm.ofSymbol(NormalForm.ofPath($0, roots)) }),
      (.dateTime, { NormalForm.ofTime(NormalForm.ofPath($0, roots)) }),
      (.compiler, { NormalForm.ofCompiler($0) }),
    ]
  }

  private mutating func compare(_ texts: [Text], _ others: [Text]) {
    // Equal numbers for equal strings, and for strings that are equal except for a cause.
    var identity: [[UInt8]: Int] = [:]
    var sequence = [Int?](repeating: nil, count: texts.count)
    var otherSequence = [Int?](repeating: nil, count: others.count)
    var open = Self.match(texts.map(\.bytes), others.map(\.bytes), &sequence, &otherSequence, &identity)

    var found: [Found] = []
    for form in forms where !open.one.isEmpty && !open.other.isEmpty {
      identity = [:]
      let normal = open.one.map { form.of(texts[$0].bytes) }
      let otherNormal = open.other.map { form.of(others[$0].bytes) }
      var matched = [Int?](repeating: nil, count: normal.count)
      var otherMatched = [Int?](repeating: nil, count: otherNormal.count)
      let left = Self.match(normal, otherNormal, &matched, &otherMatched, &identity)
      // Pairs with one form, in the order in which they occur on each side.
      var partners: [Int: [Int]] = [:]
      for (index, id) in otherMatched.enumerated().reversed() {
        if let id { partners[id, default: []].append(open.other[index]) }
      }
      let base = texts.count + others.count + (sequence + otherSequence).compactMap { $0 }.reduce(0, max)
      for (index, id) in matched.enumerated() {
        guard let id, let partner = partners[id]?.popLast() else { continue }
        let (text, other) = (texts[open.one[index]], others[partner])
        sequence[open.one[index]] = base + id
        otherSequence[partner] = base + id
        note(isNoSymbol(form.cause, text) ? .namePieces : form.cause, text, other, &found)
      }
      open = (left.one.map { open.one[$0] }, left.other.map { open.other[$0] })
    }
    noteOrder(texts, others, sequence, otherSequence, &found)
    if isLoaded { noteShifts(texts, others, sequence, otherSequence) }
    noteRest(open.one.map { texts[$0] }, open.other.map { others[$0] }, &found)
    causes = found
  }

  /// Whether what looks like a hash in a symbol name is in data and not in such a name: code may build a path from
  /// pieces.
  private func isNoSymbol(_ cause: Cause, _ text: Text) -> Bool {
    guard cause == .symbolHash, isLoaded, isMixed else { return false }
    return !["_", "$s"].contains { text.bytes.starts(with: Array($0.utf8)) }
      || text.bytes.contains {
        $0 <= UInt8(ascii: "/") && ![UInt8(ascii: "."), UInt8(ascii: "$")].contains($0)
      }
  }

  /// Gives equal strings equal numbers, as often as both sides have them; returns the remaining indices.
  private static func match(
    _ one: [[UInt8]], _ other: [[UInt8]], _ sequence: inout [Int?], _ otherSequence: inout [Int?],
    _ identity: inout [[UInt8]: Int]
  ) -> (one: [Int], other: [Int]) {
    var waiting: [Int: [Int]] = [:]
    for (index, text) in other.enumerated().reversed() {
      let id = identity[text] ?? identity.count
      identity[text] = id
      waiting[id, default: []].append(index)
    }
    var left: [Int] = []
    for (index, text) in one.enumerated() {
      guard let id = identity[text], let partner = waiting[id]?.popLast() else {
        left.append(index)
        continue
      }
      sequence[index] = id
      otherSequence[partner] = id
    }
    return (left, otherSequence.indices.filter { otherSequence[$0] == nil })
  }

  private func note(_ cause: Cause, _ text: Text, _ other: Text, _ found: inout [Found]) {
    let hasRoot = NormalForm.holdsRoot(text.bytes, roots) || NormalForm.holdsRoot(other.bytes, roots)
    if hasRoot { found.add(.buildRoot, text.offset, Self.shown(text), Self.shown(other)) }
    // Where strings move freely, only the root matters and not its length.
    if cause == .buildRoot, text.bytes.count != other.bytes.count, isLoaded || !hasRoot {
      found.add(.pathLength, text.offset, Self.shown(text), Self.shown(other))
    }
    if cause != .buildRoot { found.add(cause, text.offset, Self.shown(text), Self.shown(other)) }
  }

  private func noteOrder(
    _ texts: [Text], _ others: [Text], _ sequence: [Int?], _ otherSequence: [Int?], _ found: inout [Found]
  ) {
    let one = sequence.indices.filter { sequence[$0] != nil }
    let other = otherSequence.indices.filter { otherSequence[$0] != nil }
    for (left, right) in zip(one, other) where sequence[left] != otherSequence[right] {
      found.add(
        isLoaded ? .loadedOrder : .tableOrder, texts[left].offset, Self.shown(texts[left]),
        Self.shown(others[right]))
    }
  }

  private mutating func noteShifts(
    _ texts: [Text], _ others: [Text], _ sequence: [Int?], _ otherSequence: [Int?]
  ) {
    let one = sequence.indices.filter { sequence[$0] != nil }.map { texts[$0] }
    let other = otherSequence.indices.filter { otherSequence[$0] != nil }.map { others[$0] }
    for (text, partner) in zip(one, other) {
      shifts.insert(partner.offset - text.offset)
      for alignment in [1, 4, 8, 16, 32] {
        func next(_ text: Text) -> Int {
          (text.offset + text.bytes.count + alignment) / alignment * alignment
        }
        shifts.insert(next(partner) - next(text))
      }
    }
  }

  private func noteRest(_ one: [Text], _ other: [Text], _ found: inout [Found]) {
    for index in 0..<max(one.count, other.count) {
      let text = index < one.count ? one[index] : nil
      let otherText = index < other.count ? other[index] : nil
      found.add(
        .unknown, text?.offset, text.map { Self.shown($0, limit: 80) },
        otherText.map { Self.shown($0, limit: 80) })
    }
  }

  private static func shown(_ text: Text) -> String { shown(text, limit: 240) }

  private static func shown(_ text: Text, limit: Int) -> String {
    let cut = text.bytes.count > limit
    return String(decoding: text.bytes.prefix(cut ? limit - 1 : limit), as: UTF8.self) + (cut ? "…" : "")
  }
}

extension [Found] {
  /// Counts one more place of a cause; the first one is kept.
  mutating func add(_ cause: Cause, _ offset: Int?, _ first: String?, _ second: String?) {
    if let index = firstIndex(where: { $0.cause == cause }) {
      self[index].count += 1
    } else {
      append(Found(cause: cause, offset: offset, first: first, second: second))
    }
  }
}

extension Found {
  /// Sixteen bytes of each side, from the first difference.
  static func unknown(_ one: Bytes, _ other: Bytes, at offset: Int, cause: Cause = .unknown) -> Found {
    func window(_ bytes: Bytes) -> String? {
      offset < bytes.count ? bytes[offset..<min(offset + 16, bytes.count)].hex : nil
    }
    return Found(cause: cause, offset: offset, first: window(one), second: window(other))
  }
}
