/// One spelling of a build root: path components that follow each other, the last of them random.
struct Pattern: Sendable {
  /// The name of the stable form if no `<name>` is captured; empty for only the prefix.
  var name: String
  var components: [Component]
  /// Components that belong to the root if they follow.
  var optional: [Component] = []
  var caution = Caution.none
  /// Too weak without a preceding `/`: the text also begins ordinary words.
  var needsSlash = false
  var rank = Rank.specific
  var target = Target.named
  /// Only where the path begins: `/home/<user>` is a home directory, `/x/home/y` is not.
  var isAnchored = false
  /// Only where the path continues: a word as short as `/io` is too often not a path.
  var goesOn = false
  /// Matches only after another root; it has no text to search for on its own.
  var onlyInside = false
  /// Matches only after a root named `tmp`, as directories for temporary files are in their stable form: what is below
  /// them is then still found.
  var onlyInTemporary = false
  /// Its first component may be the stable prefix itself. So no name below the prefix may look like its second
  /// component (`Matcher.isSafe`), and exactly one slash must separate them: padding inserts more.
  var isBelowPrefix = false

  /// Which of several patterns in one path provides its code: the highest rank, among equals the last.
  enum Rank: Int, Comparable, Sendable {
    /// Not random: it reveals who built, and where.
    case host
    /// A random directory that any program could create.
    case generic
    case specific

    static func < (one: Rank, other: Rank) -> Bool { one.rawValue < other.rawValue }
  }

  /// The replacement for a root.
  enum Target: Hashable, Sendable {
    /// `prefix/<name>`.
    case named
    /// The prefix alone: the root is too short for a name.
    case prefix
    /// `.`: the root is too short even for the prefix.
    case here
    /// The path specified by the user.
    case path([UInt8])
  }

  /// How to distinguish a random part from a word of the same length.
  enum Caution: Sendable {
    case none
    /// Not one of the words that are known to follow the literal, as in `pip-wheel-metadata`.
    case knownWords
    /// Nothing that could be a word, unless the directory is for temporary files.
    case anyWord
    /// Nothing without the mark of randomness, in any directory: capitals, small letters and digits mixed.
    case chance
  }

  struct Match {
    var start: Int
    /// The end of the first component.
    var firstEnd: Int
    var end: Int
    var name: Range<Int>?
    /// The last run of bytes in the required components.
    var random: Range<Int>?
    /// Where the last component begins.
    var lastStart: Int
  }

  /// Matches at `start`, where a path component begins. `isInside` states whether a random component directly precedes
  /// it.
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
      // Text with something attached is not part of a word: the part before it must be random.
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
      // People write words, camel case, and numbers after words: `fooBar`, `Python38`, `20240131`. Random text changes
      // kind more often.
      var changes = 0
      for offset in random.dropFirst() where kind(bytes[offset]) != kind(bytes[offset - 1]) { changes += 1 }
      return changes < 3
    }
  }

  /// Whether a directory with this name below the first component is a root.
  func couldBe(_ name: [UInt8]) -> Bool {
    let path = [slash] + components[0].head + [slash] + name + [slash, UInt8(ascii: "x")]
    return match(in: path.span, at: 1, isInside: false) != nil
  }

  /// The name of directories for temporary files in their stable form.
  static let temporaryName = "tmp"

  func isTemporary(_ match: Match) -> Bool { match.name == nil && name == Self.temporaryName }

  /// Whether it matches only after another root, and has nothing to search for.
  var isInner: Bool { onlyInside || onlyInTemporary }

  /// Length in bytes of the shortest root with this spelling, including one leading `/`.
  var minimumLength: Int { components.reduce(0) { $0 + 1 + $1.minimumLength } }

  /// The longest stable prefix, in bytes, with which the replacement is never longer than the root.
  var roomForPrefix: Int {
    // The enclosing root, of which it is a part, is shorter.
    if onlyInTemporary { return .max }
    switch target {
    case .named: break
    case .prefix: return minimumLength
    // Checked when the pattern was made: the prefix plays no part in it.
    case .here, .path: return .max
    }
    // A captured name is as long in the stable form as in the root, so its length cancels out.
    let captured = minimumLength + optional.reduce(0) { $0 + 1 + $1.minimumLength } - 1 - 1
    let fixed = name.isEmpty ? minimumLength : minimumLength - 1 - name.utf8.count
    return (components + optional).contains { $0.hasName } ? min(captured, fixed) : fixed
  }

  var shape: String {
    let path = components.map { "/" + $0.shape }.joined()
    return optional.isEmpty ? path : path + "[" + optional.map { "/" + $0.shape }.joined() + "]"
  }
}

/// Small letters, capitals, digits, and everything else.
private func kind(_ byte: UInt8) -> Int {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"): 0
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): 1
  case UInt8(ascii: "0")...UInt8(ascii: "9"): 2
  default: 3
  }
}

/// Words in names of fixed directories and files where a random part could be: pip 10 to 20 wrote `pip-wheel-metadata`,
/// and build scripts are named `pip-install-packages`; `.tmpfolder` was named by a person.
private let words = [
  "metadata", "packages", "commands", "template", "folder", "backup", "upload", "images", "output", "result",
  "delete", "mounts", "target", "videos", "access", "buffer", "thumbs", "report", "schema", "tables",
  "unpack", "builds", "export", "import",
].map { Array($0.utf8) }

extension Span<UInt8> {
  /// Whether these bytes could be a word: capitals after the first letter, digits and several underscores are signs of
  /// randomness.
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
