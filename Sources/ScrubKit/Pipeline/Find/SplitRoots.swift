internal import BuildRoots
internal import CVectors
import Formats

/// Random roots that a search for strings does not see, because code assembles them from pieces: 16 or 32 bytes stored
/// once for all strings that hold them, in any order, or numbers in the instructions.
///
/// Nothing can be rewritten there. The findings say so, and the roots stay.
struct SplitRoots {
  let roots: RootMap

  static let reason = "code puts the path together from pieces, which other strings may share"

  /// - Parameter hits: the hits of the ordinary search.
  func find<I: Image>(in image: I, _ regions: [Region], _ hits: [Hit]) -> [Finding] {
    guard !roots.rules.isEmpty else { return [] }
    let addressOf = image.loadedAddresses()
    var known: Set<UInt64> = []
    for hit in hits {
      guard let file = regions[hit.region].fileRange,
        let start = addressOf(file.lowerBound + hit.root.range.lowerBound, regions[hit.region].section),
        start < UInt64.max - UInt64(hit.root.range.count) - 32
      else { continue }
      // The end of every piece inside a root that was found whole.
      let end = start &+ UInt64(hit.root.range.count)
      var piece = start | 15
      while piece < end {
        known.insert(piece &+ 1)
        piece = piece &+ 16
      }
    }
    var pieces: [Piece] = []
    for stretch in image.loadedStretches(code: false) { collect(stretch, known, &pieces) }
    var findings = loaded(pieces, image).map(\.finding)
    if image.instructions == .x64 {
      for stretch in image.loadedStretches(code: true) { numbers(in: stretch, &findings) }
    }
    return findings
  }

  // MARK: Pieces

  private struct Piece {
    var end: UInt64
    var finding: Finding
  }

  /// The pieces that an instruction reads as a whole; any other is part of a longer text, which was already searched.
  private func loaded<I: Image>(_ pieces: [Piece], _ image: I) -> [Piece] {
    var pieces = pieces
    if image.instructions == .x64, !pieces.isEmpty {
      // Most pieces are part of a longer text, and not all references to them need to be looked for.
      let ends = Set(pieces.map(\.end))
      var loaded: Set<UInt64> = []
      for stretch in image.loadedStretches(code: true) {
        loaded.formUnion(X86Code.endsOfLoads(in: stretch.bytes.span, at: stretch.address, among: ends))
      }
      pieces.removeAll { !loaded.contains($0.end) }
    }
    guard !pieces.isEmpty else { return [] }
    let sorted = pieces.sorted { $0.end < $1.end }
    let targets = sorted.map {
      References.Target(range: $0.end &- 16..<$0.end, start: $0.end &- 16, endsString: false)
    }
    let answers = image.references(to: targets).answers
    return zip(sorted, answers).compactMap { piece, answer in
      answer.loads.contains { $0.bytes.upperBound == piece.end && $0.bytes.count >= 16 } ? piece : nil
    }
  }

  /// Aligned text of 16 or 32 bytes that ends inside a random part.
  private func collect(_ stretch: LoadedStretch, _ known: Set<UInt64>, _ pieces: inout [Piece]) {
    let content = stretch.bytes.span
    var position = Int((0 &- stretch.address) & 15)
    // Where the text of whole pieces up to here began, and whether the previous piece has a mark.
    var (textStart, hadMark) = (position, false)
    // The last text that was examined: `__FILE__` values of one directory begin alike in hundreds of strings.
    var answered: (place: Range<Int>, root: BuildRoot?)?
    while true {
      let next = Self.nextText(in: content, from: position)
      guard next + 16 <= content.count else { return }
      if next != position { (textStart, hadMark) = (next, false) }
      position = next
      let hasMark = Self.hasMark(content, position)
      defer {
        position += 16
        hadMark = hasMark
      }
      let end = stretch.address &+ UInt64(position + 16)
      // The first 16 bytes of a 32-byte piece may hold all but the end of a path.
      let isWide = position > textStart && (end & 31) == 0
      guard hasMark || isWide && hadMark, !known.contains(end) else { continue }
      for start in isWide ? [position - 16, position] : [position] {
        let place = start..<position + 16
        if answered.map({ !content.isSame($0.place, place) }) ?? true {
          guard mayBeUnfinished(content.extracting(place)) else { continue }
          answered = (place, unfinished(stretch.bytes[place].array()))
        }
        guard let root = answered?.root else { continue }
        let text = stretch.bytes[place].array()
        pieces.append(Piece(end: end, finding: finding(root, text, stretch, start, "a piece of a string")))
        break
      }
    }
  }

  /// The first offset from `start` on, in steps of 16 bytes, at which 16 bytes are text; if fewer are left, their
  /// start.
  static func nextText(
    in content: Span<UInt8>, from start: Int, isWide: Bool = wheelscrub_has_wide_vectors()
  ) -> Int {
    var position = start
    if isWide {
      position = unsafe content.withUnsafeBytes {
        unsafe Int(wheelscrub_next_text($0.baseAddress, $0.count, start))
      }
    }
    // Wrapping: bytes below a blank, DEL and everything above come out at 0x5f or more.
    while position + 16 <= content.count, isSet((load(content, position) &- blank) .>= delete) {
      position += 16
    }
    return position
  }

  /// Whether 16 bytes hold a mark that precedes every path's random part.
  private static func hasMark(_ content: Span<UInt8>, _ position: Int) -> Bool {
    let bytes = load(content, position)
    return isSet((bytes .== slash) .| (bytes .== hyphen))
  }

  private static var blank: SIMD16<UInt8> { SIMD16(repeating: 0x20) }
  private static var delete: SIMD16<UInt8> { SIMD16(repeating: 0x5f) }
  private static var slash: SIMD16<UInt8> { SIMD16(repeating: UInt8(ascii: "/")) }
  private static var hyphen: SIMD16<UInt8> { SIMD16(repeating: UInt8(ascii: "-")) }

  // MARK: Numbers

  /// `MOV r64, imm64` of text (Intel SDM, opcode REX.W + B8), and the maximum distance between two that belong
  /// together.
  private static let distance = 48

  private func numbers(in stretch: LoadedStretch, _ findings: inout [Finding]) {
    var text: [UInt8] = []
    var first = 0
    var last = 0
    func close() {
      defer { text = [] }
      guard text.count > 8 else { return }
      let whole = roots.roots(in: text.span).first { Self.isRandom($0) }
      guard let root = whole ?? unfinished(text) else { return }
      findings.append(finding(root, text, stretch, first, "numbers in code"))
    }
    Self.forEachNumber(in: stretch.bytes.span) { position, number in
      if !text.isEmpty, position - last > Self.distance { close() }
      if text.isEmpty { first = position }
      text += number
      last = position
    }
    close()
  }

  static func forEachNumber(
    in code: Span<UInt8>, isWide: Bool = wheelscrub_has_wide_vectors(), _ body: (Int, [UInt8]) -> Void
  ) {
    var position = 0
    while position + 10 <= code.count {
      position =
        isWide
        ? unsafe code.withUnsafeBytes {
          unsafe Int(wheelscrub_first_number_block($0.baseAddress, $0.count, position))
        }
        : firstBlock(in: code, from: position)
      let end = min(position + blockSize, code.count - 9)
      while position < end {
        defer { position += 1 }
        guard code[position] & 0xfe == 0x48, code[position + 1] & 0xf8 == 0xb8 else { continue }
        let number = (2..<10).map { code[position + $0] }
        if number.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { body(position, number) }
      }
    }
  }

  private static let blockSize = 64

  /// The first offset from `start` on, in steps of a block, that may hold such an instruction; if no whole block and
  /// the bytes after it are left, the start of the remaining bytes.
  private static func firstBlock(in code: Span<UInt8>, from start: Int) -> Int {
    var position = start
    while position + blockSize + 32 <= code.count {
      let joined =
        (hits(code, position) .| hits(code, position &+ 16))
        .| (hits(code, position &+ 32) .| hits(code, position &+ 48))
      if isSet(joined) { return position }
      position &+= blockSize
    }
    return position
  }

  /// Which of sixteen positions hold REX.W, one of the eight opcodes, then bytes that may be text.
  @inline(__always)
  private static func hits(_ code: Span<UInt8>, _ position: Int) -> SIMDMask<SIMD16<Int8>> {
    let prefixes = load(code, position) & prefixMask
    let opcodes = load(code, position &+ 1) & opcodeMask
    let texts = (load(code, position &+ 2) | load(code, position &+ 9)) & highBit
    return ((prefixes .== prefix) .& (opcodes .== opcode)) .& (texts .== none)
  }

  // Whole vectors: operators with a scalar compile to sixteen compares. Computed properties, because the compiler then
  // puts them into the code.
  private static var prefixMask: SIMD16<UInt8> { SIMD16(repeating: 0xfe) }
  private static var opcodeMask: SIMD16<UInt8> { SIMD16(repeating: 0xf8) }
  private static var highBit: SIMD16<UInt8> { SIMD16(repeating: 0x80) }
  private static var prefix: SIMD16<UInt8> { SIMD16(repeating: 0x48) }
  private static var opcode: SIMD16<UInt8> { SIMD16(repeating: 0xb8) }
  private static var none: SIMD16<UInt8> { SIMD16(repeating: 0) }

  /// Whether any of the sixteen bytes matches.
  @inline(__always)
  private static func isSet(_ mask: SIMDMask<SIMD16<Int8>>) -> Bool {
    // A mask is sixteen bytes of zeros or ones; testing it lane by lane takes most of the time.
    let words = unsafe unsafeBitCast(mask, to: SIMD2<UInt64>.self)
    return words[0] | words[1] != 0
  }

  @inline(__always)
  private static func load(_ bytes: Span<UInt8>, _ offset: Int) -> SIMD16<UInt8> {
    // Every caller has checked that this load is in bounds.
    unsafe bytes.bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
  }

  // MARK: Both

  private static func isRandom(_ root: BuildRoot) -> Bool { root.rule.family == .randomDirectories }

  /// Stands in for the missing part: letters and digits that every random part may have, and that form no word.
  private static let ending = Array("0a1b2c3d4e5f60718293a4b5c6d7e8f9".utf8)

  private func mayBeUnfinished(_ text: Span<UInt8>) -> Bool {
    !roots.lengthsOfUnfinishedRoot(in: text, before: Self.ending).isEmpty
  }

  /// The root that begins in `text` with only the beginning of its random part.
  func unfinished(_ text: [UInt8]) -> BuildRoot? {
    let lengths = roots.lengthsOfUnfinishedRoot(in: text.span, before: Self.ending)
    if lengths.isEmpty { return nil }
    // The check below needs one more byte.
    for missing in 1..<Self.ending.count where lengths.contains(missing) {
      guard let root = root(text, with: missing) else { continue }
      // A program that creates such directories has the part before the random one as a constant. So the text's last
      // byte must be random, that is, replaceable by any other.
      return self.root(text.dropLast(), with: missing + 1) == nil ? nil : root
    }
    return nil
  }

  private func root(_ text: some Collection<UInt8>, with missing: Int) -> BuildRoot? {
    let whole = text + Self.ending.prefix(missing) + [UInt8(ascii: "/")]
    return roots.roots(in: whole.span).first {
      Self.isRandom($0) && $0.range.lowerBound < text.count && $0.range.upperBound == whole.count - 1
    }
  }

  private func finding(
    _ root: BuildRoot, _ text: [UInt8], _ stretch: LoadedStretch, _ position: Int, _ what: String
  ) -> Finding {
    let range = root.range.lowerBound..<min(root.range.upperBound, text.count)
    let before = String(decoding: text[..<range.lowerBound], as: UTF8.self)
    let use = String(decoding: text[range], as: UTF8.self)
    return Finding(
      place: Place(section: stretch.name, offset: UInt64(position)), rule: root.rule, root: use,
      text: String(decoding: text, as: UTF8.self), rootOffset: before.utf8.count, context: what,
      replacement: String(decoding: roots.replacement(for: root), as: UTF8.self),
      fate: .left(reason: Self.reason))
  }
}

extension Span<UInt8> {
  /// Whether the same bytes occur at two places.
  fileprivate func isSame(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
    guard one.count == other.count else { return false }
    return one.indices.allSatisfy { self[$0] == self[other.lowerBound + ($0 - one.lowerBound)] }
  }
}
