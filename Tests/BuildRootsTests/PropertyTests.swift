import Testing

@testable import BuildRoots

/// What must hold for any bytes: nothing traps, the scan misses nothing, no replacement is a root again.
@Suite struct PropertyTests {
  /// Pieces that make roots, near misses and their surroundings likely.
  static let pieces: [String] =
    Rule.random.flatMap(\.patterns).flatMap { pattern in
      (pattern.components + pattern.optional).flatMap { $0.atoms.map(\.shape) }
    } + [
      "ab12cd34", "AbC12d", "variable", "metadata", hash, "7h", "p30z_ty15012pf_3dyxbs9340000gn", "20231019",
      "42",
      "Ab-_12cdEF34gh56", "/", "/", "/", "/", "//", "-", "_", ".", "..", "../", "./", "lib.rs", "x.c", "tmp",
      "T", "\0",
      " ", "\"", "=", ":", "@", "~", "%", "\u{e9}", "p-", "r/", "/t", "/tmp/", "/var/", "/home/", "cbor",
      "-I", "private",
      "/tmp/tmpab12cd34", "/tmp/pip-install-ab12cd34/cbor_\(hash)", "sdists-v9", "pypi", "builds-v0",
      "sandbox", "name",
    ]

  /// A root of each pattern.
  static let examples: [String] = Rule.random.flatMap(\.patterns).flatMap { pattern -> [String] in
    let required = pattern.components.map(example).joined(separator: "/")
    let optional = pattern.optional.map { "/" + example($0) }.joined()
    return ["/" + required, "/" + required + optional, required + optional]
  }

  static func example(_ component: Component) -> String {
    component.atoms.map { atom in
      switch atom {
      case .literal(let text): String(decoding: text, as: UTF8.self)
      case .run(let set, let counts, _):
        String(repeating: set.contains(UInt8(ascii: "a")) ? "a1" : "42", count: (counts.lowerBound + 1) / 2)
          .prefix(counts.lowerBound).description
      case .text: "some"
      case .name: "name"
      case .regex(let regex): regex.source
      }
    }.joined()
  }

  static func text(_ generator: inout Seeded) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<Int.random(in: 0...24, using: &generator) {
      switch Int.random(in: 0..<12, using: &generator) {
      case 0: text.append(UInt8.random(in: 0...255, using: &generator))
      case 1: text += [UInt8](repeating: 0, count: Int.random(in: 0...150, using: &generator))
      case 2, 3: text += Array((["/", "/tmp/", " "] + examples).randomElement(using: &generator)!.utf8)
      default: text += Array(pieces.randomElement(using: &generator)!.utf8)
      }
    }
    return text
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func scanFindsWhatTryingEveryOffsetFinds(seed: UInt64) {
    var generator = Seeded(seed)
    var hits = 0
    for _ in 0..<800 {
      let text = Self.text(&generator)
      let roots = RootMap.default.roots(in: text.span)
      #expect(roots == RootMap.forPaths.roots(in: text.span), "\(String(decoding: text, as: UTF8.self))")
      hits += roots.count
    }
    #expect(hits > 400)
  }

  @Test(arguments: 200..<202 as Range<UInt64>)
  func openingsStandWhereverPatternsMatch(seed: UInt64) {
    var generator = Seeded(seed)
    let patterns = Rule.all.flatMap(\.patterns)
    let openings = patterns.map(Opening.init)
    var matches = 0
    for _ in 0..<150 {
      let text = Self.text(&generator)
      for offset in text.indices {
        var next = Opening.NextComponent()
        for (pattern, opening) in zip(patterns, openings) {
          guard pattern.match(in: text.span, at: offset, isInside: true) != nil else { continue }
          matches += 1
          let isAdmitted = opening.admits(text.span, at: offset, &next)
          #expect(isAdmitted, "\(pattern.shape) in \(String(decoding: text, as: UTF8.self))")
        }
      }
    }
    #expect(matches > 100)
  }

  @Test(arguments: 100..<104 as Range<UInt64>)
  func replacedStringsHoldNoRoot(seed: UInt64) throws {
    var generator = Seeded(seed)
    let maps = [
      RootMap.default, try RootMap(prefix: StablePrefix("/b")), try RootMap(prefix: StablePrefix("/usr/src")),
    ]
    for _ in 0..<800 {
      let text = Self.text(&generator)
      let map = maps.randomElement(using: &generator)!
      let roots = RootMap.default.roots(in: text.span)
      var end = 0
      for root in roots {
        #expect(root.range.lowerBound >= end && root.range.upperBound <= text.count)
        end = root.range.upperBound
        let (replacement, padding) = (map.replacement(for: root), map.padding(for: root))
        #expect(replacement.count <= root.range.count && padding.count == root.range.count)
        #expect(padding.starts(with: replacement) && !holdsRoot(replacement))
      }
      let (clean, padded) = (map.clean(text.span), map.padded(text.span))
      #expect((clean == nil) == roots.isEmpty && (padded == nil) == roots.isEmpty)
      if let clean, let padded {
        #expect(!holdsRoot(clean), "\(String(decoding: text, as: UTF8.self))")
        #expect(!holdsRoot(padded), "\(String(decoding: text, as: UTF8.self))")
        #expect(padded.count == text.count && clean.count <= text.count)
      }
    }
  }

  private func mayHoldRoot(_ bytes: [UInt8]) -> Bool { RootMap.default.mayHoldRoot(bytes.span) }

  /// The quick question may say yes too often, never no: also of a string that others are glued to.
  @Test(arguments: 200..<203 as Range<UInt64>)
  func whatMayHoldARootMissesNone(seed: UInt64) {
    var generator = Seeded(seed)
    for _ in 0..<500 {
      let text = Self.text(&generator)
      if holdsRoot(text) { #expect(mayHoldRoot(text)) }
    }
    for example in Self.examples where holdsRoot(Array(example.utf8)) {
      for (before, behind) in [("", ""), ("z/", "z\u{5}about"), ("abc", "def"), ("/", "9"), ("~", "~")] {
        let glued = Array("\(before)\(example)\(behind)".utf8)
        #expect(mayHoldRoot(glued), "\(example)")
      }
    }
    for text in ["", "/", "os.path", "/usr/lib/python3/dist-packages/x.py", "a-b/c-d"] {
      #expect(!mayHoldRoot(Array(text.utf8)), "\(text)")
    }
  }

  /// Sizes that a quadratic search would not finish within the life of the test run.
  @Test(arguments: [
    "p-", "/", "pip-", "/t", "p-r/", "/tmp", "/tmpab12cd34", "/tmp/tmpab12cd34", "a", "a/", "sandbox/",
    "nix-build-",
    "/.tmp-a-pep517-", "sdists-v9/", "/tmp/pip-install-ab12cd34/x_\(hash)", "lib.rs/tmp/", "/var/folders/7h/",
    "../",
    "/lib.rs/tmp/tmpab12cd34", "pip-req-build-ab12cd34 ", "/tmpvariable", "\u{e9}", "/sandbox/a/1/",
    "gcc-20231019-",
    "/tmp/gcca-20231019-1", "//////////tmpvariable",
  ])
  func muchOfOneThing(_ unit: String) {
    let unit = Array(unit.utf8)
    var bytes: [UInt8] = []
    while bytes.count < 1 << 13 { bytes += unit }
    #expect(RootMap.default.roots(in: bytes.span) == RootMap.forPaths.roots(in: bytes.span))
    while bytes.count < 1 << 17 { bytes += bytes }
    if holdsRoot(bytes) {
      let padded = RootMap.default.padded(bytes.span)
      #expect(padded?.count == bytes.count)
      #expect(!holdsRoot(padded ?? []))
    }
  }

  @Test func everyOffsetOfEveryBlockIsSeen() {
    let root = Array("/tmp/tmpab12cd34".utf8)
    for offset in 0..<300 {
      var bytes = [UInt8](repeating: 0, count: offset) + root
      #expect(RootMap.default.firstRoot(in: bytes.span)?.range == offset..<offset + root.count)
      bytes += [UInt8](repeating: 0, count: 300 - offset)
      #expect(RootMap.default.firstRoot(in: bytes.span)?.range == offset..<offset + root.count)
    }
  }

  @Test func pairsAreDerivedFromTheTable() {
    let anchors = Anchor.covering(Rule.random.flatMap(\.patterns))
    let pairs = Set(anchors.map { "\($0.kind) \(Character(UnicodeScalar($0.letter)))" })
    // The vectors compare lower case letters by one mask, so each further one costs nothing.
    #expect(pairs.isSuperset(of: ["dash p", "dash d", "slash r", "slash p", "lead t", "lead ."]))
    #expect(anchors.allSatisfy { $0.kind == .lead || $0.letter & 0xE0 == 0x60 })
  }

  @Test func fixedNamesAreSafe() {
    for pattern in Rule.random.flatMap(\.patterns) where pattern.name != "tmp" {
      #expect(Matcher(Rule.random).isSafe(Array(pattern.name.utf8)), "\(pattern.name)")
    }
  }
}
