/// A regular expression compiled to Thompson's automaton: all possible matches are followed simultaneously, so a match
/// costs at most the product of the lengths of text and program. Backtracking engines (ICU's, Swift's `Regex`, the C
/// library's) can be made to take exponential time by a file's content.
struct LinearRegex: Sendable {
  private enum Step: Sendable {
    case set(RegexSet)
    case split(Int, Int)
    case jump(Int)
    case match
  }

  /// The text it was made from.
  let source: String
  let minimumLength: Int
  /// Charged for the cost of a match; nil if nothing counts it.
  var meter: RegexMeter?
  private var steps: [Step] = []
  /// Nodes compiled so far: repetitions of nothing add no steps, however often they are repeated.
  private var compiled = 0

  private static let longestProgram = 4096

  /// - Throws: if the repetitions multiply to a program that is too long.
  init(_ node: RegexNode, source: String) throws(PatternError) {
    self.source = source
    minimumLength = node.minimumLength
    try compile(node)
    steps.append(.match)
  }

  private mutating func compile(_ node: RegexNode) throws(PatternError) {
    compiled += 1
    guard steps.count < Self.longestProgram, compiled < 4 * Self.longestProgram else {
      throw PatternError("regular expression \"\(source)\" repeats too much; needs at most 4096 steps")
    }
    switch node {
    case .set(let set): steps.append(.set(set))
    case .sequence(let parts): for part in parts { try compile(part) }
    case .choice(let parts):
      var ends: [Int] = []
      for part in parts.dropLast() {
        let split = reserve()
        try compile(part)
        ends.append(reserve())
        steps[split] = .split(split + 1, steps.count)
      }
      if let last = parts.last { try compile(last) }
      for end in ends { steps[end] = .jump(steps.count) }
    case .repeated(let part, let lower, let upper):
      for _ in 0..<lower { try compile(part) }
      guard let upper else {
        let split = reserve()
        try compile(part)
        steps.append(.jump(split))
        steps[split] = .split(split + 1, steps.count)
        return
      }
      var splits: [Int] = []
      for _ in lower..<max(lower, upper) {
        splits.append(reserve())
        try compile(part)
      }
      for split in splits { steps[split] = .split(split + 1, steps.count) }
    }
  }

  private mutating func reserve() -> Int {
    steps.append(.match)
    return steps.count - 1
  }

  /// The end of the longest match that begins at `start`, has at most `limit` bytes and ends where `isEnd` holds; nil
  /// if there is none, or if the meter stopped the match.
  func longestMatch(
    in bytes: Span<UInt8>, at start: Int, limit: Int, isEnd: (Int) -> Bool
  ) -> Int? {
    // The cost of clearing the states.
    if let meter, !meter(16 + steps.count / 8) { return nil }
    var current = States(count: steps.count)
    var next = States(count: steps.count)
    var longest: Int?
    add(0, to: &current)
    var offset = start
    while true {
      // Each state was reached once, and tests one byte.
      if let meter, !meter(2 * current.reached) { return nil }
      if current.matches, isEnd(offset) { longest = offset }
      guard !current.list.isEmpty, offset < bytes.count, offset - start < limit else { break }
      for state in current.list {
        if case .set(let set) = steps[state], set.contains(bytes[offset]) { add(state + 1, to: &next) }
      }
      swap(&current, &next)
      next.clear()
      offset += 1
    }
    return longest
  }

  /// Whether a match begins where `isStart` holds and ends where `isEnd` holds. One pass, however many matches may
  /// begin.
  func matches(
    _ text: Span<UInt8>, _ meter: RegexMeter?, isStart: (Int) -> Bool, isEnd: (Int) -> Bool
  ) -> Bool {
    if let meter, !meter(16 + steps.count / 8) { return false }
    var current = States(count: steps.count)
    var next = States(count: steps.count)
    for offset in 0...text.count {
      if isStart(offset) { add(0, to: &current) }
      if current.matches, isEnd(offset) { return true }
      guard offset < text.count else { break }
      if let meter, !meter(2 * current.reached) { return false }
      for state in current.list {
        if case .set(let set) = steps[state], set.contains(text[offset]) { add(state + 1, to: &next) }
      }
      swap(&current, &next)
      next.clear()
    }
    return false
  }

  /// The state, and all states that are reached from it without consuming a byte.
  private func add(_ state: Int, to states: inout States) {
    var open = [state]
    while let state = open.popLast() {
      guard states.insert(state) else { continue }
      switch steps[state] {
      case .set: states.list.append(state)
      case .match: states.matches = true
      case .jump(let target): open.append(target)
      case .split(let one, let other): open += [other, one]
      }
    }
  }

  private struct States {
    /// The states that wait for a byte.
    var list: [Int] = []
    var matches = false
    private var seen: [Bool]
    private var inserted: [Int] = []
    /// The waiting states, and those that were passed to reach them.
    var reached: Int { inserted.count }

    init(count: Int) { seen = [Bool](repeating: false, count: count) }

    mutating func insert(_ state: Int) -> Bool {
      if seen[state] { return false }
      seen[state] = true
      inserted.append(state)
      return true
    }

    mutating func clear() {
      for state in inserted { seen[state] = false }
      inserted.removeAll(keepingCapacity: true)
      list.removeAll(keepingCapacity: true)
      matches = false
    }
  }
}
