/// One spelling of a build root: path components that follow each other, the last of them random.
struct Pattern: Sendable {
  /// What the stable form is called where no `<name>` is captured; empty for the prefix alone.
  var name: String
  var components: [Component]
  /// Components that belong to the root where they follow.
  var optional: [Component] = []
  var caution = Caution.none
  /// Too weak without a `/` in front: the text also begins ordinary words.
  var needsSlash = false
  var rank = Rank.specific
  var target = Target.named
  /// Only where the path begins: `/home/<user>` is a home directory, `/x/home/y` is none.
  var isAnchored = false
  /// Only where the path goes on: a word as short as `/io` is too often none.
  var goesOn = false
  /// Matches only behind another root; it has no text to search for on its own.
  var onlyInside = false
  /// Matches only behind a root that is called `tmp`, as directories for temporary files are once they are stable:
  /// then what stands there is found again.
  var onlyInTemporary = false
  /// Its first component may be the stable prefix itself. So no name below the prefix may look like its second one
  /// (`Matcher.isSafe`), and one slash has to stand between the two: filling puts in more.
  var isBelowPrefix = false

  /// Which of several patterns that one path holds gives it its code: the highest, among equals the last.
  enum Rank: Int, Comparable, Sendable {
    /// Not random: it tells who built, and where.
    case host
    /// A random directory that any program makes.
    case generic
    case specific

    static func < (one: Rank, other: Rank) -> Bool { one.rawValue < other.rawValue }
  }

  /// What a root becomes.
  enum Target: Hashable, Sendable {
    /// `prefix/<name>`.
    case named
    /// The prefix alone: the root is too short for a name.
    case prefix
    /// `.`: the root is too short even for the prefix.
    case here
    /// What the user wants.
    case path([UInt8])
  }

  /// How to tell a random part from a word of the same length.
  enum Caution: Sendable {
    case none
    /// Not one of the words that really follow the literal, as in `pip-wheel-metadata`.
    case knownWords
    /// Not anything that could be a word, unless the directory is one for temporary files.
    case anyWord
    /// Not without the mark of chance, wherever it stands: capitals, small letters and digits mixed.
    case chance
  }

  struct Match {
    var start: Int
    /// Behind the first component.
    var firstEnd: Int
    var end: Int
    var name: Range<Int>?
    /// The last run of bytes in the required components.
    var random: Range<Int>?
    /// Where the last component begins.
    var lastStart: Int
  }

  /// Matches at `start`, where a path component begins. `isInside` says that a random component stands
  /// directly before.
  func match(in bytes: Span<UInt8>, at start: Int, isInside: Bool) -> Match? {
    if needsSlash, start == 0 || bytes[start - 1] != slash { return nil }
    guard
      let first = components[0].match(in: bytes, at: start, mayGlue: caution == .knownWords && !needsSlash)
    else {
      return nil
    }
    var match = Match(
      start: start, firstEnd: first.end, end: first.end, name: first.name, random: first.random,
      lastStart: start)
    for component in components.dropFirst() {
      if isBelowPrefix, match.end + 1 < bytes.count, bytes[match.end + 1] == slash { return nil }
      guard extend(&match, by: component, in: bytes) else { return nil }
    }
    if let random = match.random {
      // Text that is glued on is no part of a word: what stands before it has to be chance.
      let strict = first.isGlued ? Caution.anyWord : caution
      if looksLikeWord(random, in: bytes, strict) {
        guard !first.isGlued, caution != .chance,
          isInside || caution == .anyWord && bytes.isBelowTemporaryDirectory(start)
        else { return nil }
      }
    }
    for component in optional {
      guard extend(&match, by: component, in: bytes) else { break }
    }
    if goesOn {
      let next = bytes.afterSlashes(match.end)
      guard next > match.end, next < bytes.count, ByteSet.name.contains(bytes[next]) else { return nil }
    }
    return match
  }

  private func extend(_ match: inout Match, by component: Component, in bytes: Span<UInt8>) -> Bool {
    let next = bytes.afterSlashes(match.end)
    guard next > match.end, let more = component.match(in: bytes, at: next) else { return false }
    match.end = more.end
    match.name = more.name ?? match.name
    match.random = more.random ?? match.random
    match.lastStart = next
    return true
  }

  private func looksLikeWord(_ random: Range<Int>, in bytes: Span<UInt8>, _ caution: Caution) -> Bool {
    switch caution {
    case .none: return false
    case .knownWords:
      return words.contains { $0.count == random.count && bytes.hasText($0, at: random.lowerBound) }
    case .anyWord: return bytes.looksLikeWord(random)
    case .chance:
      // People write words, humps and numbers behind words: `fooBar`, `Python38`, `20240131`. Chance changes more often.
      var changes = 0
      for offset in random.dropFirst() where kind(bytes[offset]) != kind(bytes[offset - 1]) { changes += 1 }
      return changes < 3
    }
  }

  /// Whether a directory of this name below the first component is a root.
  func couldBe(_ name: [UInt8]) -> Bool {
    let path = [slash] + components[0].head + [slash] + name + [slash, UInt8(ascii: "x")]
    return match(in: path.span, at: 1, isInside: false) != nil
  }

  /// What directories for temporary files are called once they are stable.
  static let temporaryName = "tmp"

  func isTemporary(_ match: Match) -> Bool { match.name == nil && name == Self.temporaryName }

  /// Whether it matches behind another root only, and has nothing to search for.
  var isInner: Bool { onlyInside || onlyInTemporary }

  /// Bytes of the shortest root of this spelling, one leading `/` counted.
  var minimumLength: Int { components.reduce(0) { $0 + 1 + $1.minimumLength } }

  /// The longest stable prefix, bytes, for which what a root becomes is never longer than the root.
  var roomForPrefix: Int {
    // The root in front, which it is a part of, is the shorter one.
    if onlyInTemporary { return .max }
    switch target {
    case .named: break
    case .prefix: return minimumLength
    // Checked where the pattern was made: no prefix has a part in it.
    case .here, .path: return .max
    }
    // A captured name is as long in the stable form as in the root: its length cancels out.
    let captured = minimumLength + optional.reduce(0) { $0 + 1 + $1.minimumLength } - 1 - 1
    let fixed = name.isEmpty ? minimumLength : minimumLength - 1 - name.utf8.count
    return (components + optional).contains { $0.hasName } ? min(captured, fixed) : fixed
  }

  var shape: String {
    let path = components.map { "/" + $0.shape }.joined()
    return optional.isEmpty ? path : path + "[" + optional.map { "/" + $0.shape }.joined() + "]"
  }
}

/// Small letters, capitals, digits, and the rest.
private func kind(_ byte: UInt8) -> Int {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"): 0
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): 1
  case UInt8(ascii: "0")...UInt8(ascii: "9"): 2
  default: 3
  }
}

/// Words that stand in names of fixed directories and files where a random part could: pip 10 to 20 wrote
/// `pip-wheel-metadata`, and build scripts are called `pip-install-packages`; `.tmpfolder` is a person's.
private let words = [
  "metadata", "packages", "commands", "template", "folder", "backup", "upload", "images", "output", "result",
  "delete", "mounts", "target", "videos", "access", "buffer", "thumbs", "report", "schema", "tables",
  "unpack", "builds", "export", "import",
].map { Array($0.utf8) }

extension Span<UInt8> {
  /// Whether these bytes could be a word: capitals behind the first letter, digits and several underscores are the
  /// mark of chance.
  func looksLikeWord(_ range: Range<Int>) -> Bool {
    var underscores = 0
    for offset in range {
      switch self[offset] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"): continue
      case UInt8(ascii: "A")...UInt8(ascii: "Z") where offset == range.lowerBound: continue
      case UInt8(ascii: "_") where underscores == 0: underscores += 1
      default: return false
      }
    }
    return true
  }
}
