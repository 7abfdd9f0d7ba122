/// A piece of a path component.
enum Atom: Sendable, ExpressibleByStringLiteral {
  case literal([UInt8])
  /// As many of these bytes as there are, with a minimum and a maximum.
  case run(ByteSet, ClosedRange<Int>, shape: String)
  /// One or more bytes of a file name, as few as suffice.
  case text
  /// The same, and the name of the stable form.
  case name
  /// The rest of the component, for a user's own pattern.
  case regex(LinearRegex)

  init(stringLiteral value: String) { self = .literal(Array(value.utf8)) }

  static func text(_ literal: String) -> Atom { .literal(Array(literal.utf8)) }

  /// What Python 3's `tempfile` appends: 8 of [a-z0-9_].
  static let r8 = random(8, of: .tempfile)
  /// What Python 2's `tempfile` appended: 6 of [A-Za-z0-9_].
  static let m6 = random(6, of: .oldTempfile)
  /// One or more decimal digits; more than 20 are not a counter or a process id.
  static let digits = run(.digits, 1...20, shape: "<n>")

  static func random(_ count: Int, of set: ByteSet) -> Atom {
    .run(set, count...count, shape: String(repeating: "X", count: count))
  }

  static func hex(_ count: Int) -> Atom { .run(.hexDigits, count...count, shape: "<\(count) hex>") }

  /// The possible first bytes; nil if unknown, or if the atom may be empty.
  var firstByte: ByteSet? {
    switch self {
    case .literal(let text):
      guard let first = text.first, first < 0x80 else { return nil }
      var set = ByteSet("")
      set.insert(first)
      return set
    case .run(let set, let counts, _): return counts.lowerBound > 0 ? set : nil
    case .text, .name: return .freeText
    case .regex: return nil
    }
  }

  var minimumLength: Int {
    switch self {
    case .literal(let bytes): bytes.count
    case .run(_, let counts, _): counts.lowerBound
    case .text, .name: 1
    case .regex(let regex): regex.minimumLength
    }
  }

  var maximumLength: Int {
    switch self {
    case .literal(let bytes): bytes.count
    case .run(_, let counts, _): counts.upperBound
    case .text, .name, .regex: longestName
    }
  }

  var shape: String {
    switch self {
    case .literal(let bytes): String(decoding: bytes, as: UTF8.self)
    case .run(_, _, let shape): shape
    case .text: "*"
    case .name: "<name>"
    case .regex(let regex): regex.source
    }
  }
}

/// One path component.
struct Component: Sendable, ExpressibleByArrayLiteral {
  var atoms: [Atom]
  /// Whether any text may directly follow the component. Rust strings are adjacent, so a directory's name may be
  /// followed by other text, even by hexadecimal digits; only a component that nothing else resembles can allow this.
  var endsInGlue = false

  init(arrayLiteral elements: Atom...) { atoms = elements }

  func endingInGlue() -> Component {
    var copy = self
    copy.endsInGlue = true
    return copy
  }

  struct Match {
    var end: Int
    var name: Range<Int>?
    /// The last run of bytes, which holds the random part.
    var random: Range<Int>?
    /// Whether a byte of a file name follows: other text, or a different name.
    var isGlued = false
  }

  /// Matches the component that begins at `start`, up to a byte that ends a file name.
  /// - Parameter mayGlue: whether the name may continue after the last atom; if it does, the match records that.
  func match(in bytes: Span<UInt8>, at start: Int, mayGlue: Bool = false) -> Match? {
    var match = Match(end: start)
    if step(0, in: bytes, at: start, mayGlue: false, &match) {
      // Free text is a name; these are not names.
      let isDots = match.end - start <= 2 && bytes[start] == dot && bytes[match.end - 1] == dot
      return isDots ? nil : match
    }
    match = Match(end: start)
    guard mayGlue, step(0, in: bytes, at: start, mayGlue: true, &match) else { return nil }
    match.isGlued = true
    return match
  }

  // Only free text is tried at several lengths and no component has two of it, so a match costs at most NAME_MAX times
  // the number of atoms.
  private func step(
    _ index: Int, in bytes: Span<UInt8>, at offset: Int, mayGlue: Bool, _ match: inout Match
  ) -> Bool {
    guard index < atoms.count else {
      match.end = offset
      return mayGlue || ends(in: bytes, at: offset)
    }
    switch atoms[index] {
    case .literal(let text):
      return bytes.hasText(text, at: offset)
        && step(index + 1, in: bytes, at: offset + text.count, mayGlue: mayGlue, &match)
    case .run(let set, let counts, _):
      var end = offset
      while end < bytes.count, end - offset < counts.upperBound, set.contains(bytes[end]) { end += 1 }
      guard end - offset >= counts.lowerBound else { return false }
      if isTemplate(offset..<end, in: bytes) { return false }
      match.random = offset..<end
      return step(index + 1, in: bytes, at: end, mayGlue: mayGlue, &match)
    case .text, .name:
      let limit = min(bytes.count, offset + longestName)
      // Checked first, because most places do not match.
      let next = index + 1 < atoms.count ? atoms[index + 1].firstByte : nil
      var end = offset
      while end < limit, ByteSet.freeText.contains(bytes[end]) {
        end += 1
        if let next, end == bytes.count || !next.contains(bytes[end]) { continue }
        guard step(index + 1, in: bytes, at: end, mayGlue: mayGlue, &match) else { continue }
        if case .name = atoms[index] { match.name = offset..<end }
        return true
      }
      return false
    case .regex(let regex):
      guard
        let end = regex.longestMatch(
          in: bytes, at: offset, limit: longestName, isEnd: { ends(in: bytes, at: $0) })
      else { return false }
      match.end = end
      return true
    }
  }

  /// The template for mkdtemp(3) and mktemp(1), at least six `X`: a constant in a program that creates such
  /// directories.
  private func isTemplate(_ range: Range<Int>, in bytes: Span<UInt8>) -> Bool {
    range.count >= 6 && range.allSatisfy { bytes[$0] == UInt8(ascii: "X") }
  }

  /// After how many letters and digits beyond `text` the component that begins at `start` may end: only its fixed
  /// beginning and the run after it are compared.
  func lengths(behind text: Span<UInt8>, from start: Int) -> LengthSet {
    guard text.hasText(head, at: start) else { return [] }
    let next = head.isEmpty ? 0 : 1
    if case .run(let set, let counts, _) = atoms[next] {
      let run = start + head.count
      var end = run
      while end < text.count, end - run < counts.upperBound, set.contains(text[end]) { end += 1 }
      guard end == text.count || end - run >= counts.lowerBound && atoms.count > next + 1 else { return [] }
    }
    let known = text.count - start
    return LengthSet(minimumLength - known...max(minimumLength, maximumLength) - known)
  }

  func ends(in bytes: Span<UInt8>, at offset: Int) -> Bool {
    endsInGlue || offset == bytes.count || !ByteSet.name.contains(bytes[offset])
  }

  /// The literal with which the component begins.
  var head: [UInt8] {
    if case .literal(let text)? = atoms.first { text } else { [] }
  }

  var minimumLength: Int { atoms.reduce(0) { $0 + $1.minimumLength } }
  private var maximumLength: Int { atoms.reduce(0) { $0 + $1.maximumLength } }
  var shape: String {
    // The user's own text, including literals.
    if case .regex(let regex)? = atoms.last { return regex.source }
    return atoms.map { $0.shape }.joined()
  }
  var hasName: Bool { atoms.contains { if case .name = $0 { true } else { false } } }
}

private let dot = UInt8(ascii: ".")
/// NAME_MAX on Linux and macOS, in bytes.
let longestName = 255
