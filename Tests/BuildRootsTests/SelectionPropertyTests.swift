import Testing

@testable import BuildRoots

/// What must hold whatever rules are chosen: the scan misses nothing, and nothing that is put in a root's place is
/// one again.
@Suite struct SelectionPropertyTests {
  static let candidates: [Rule] =
    Rule.random + Rule.hosts + Rule.toolchains
    + [
      try! Rule.pattern("scratch=/scratch/job[0-9]{4,8}"), try! Rule.pattern("nightly=nightly-(a|b+c)\\d*"),
      try! Rule.pattern("wide=ci_.*"), try! Rule.map("/opt/vendor/sdk=/sdk"), try! Rule.map("/srv/x=."),
    ]

  private static let ownExamples = [
    "/scratch/job12345", "/x/nightly-bbc7", "/data/ci_run", "/opt/vendor/sdk", "/srv/x", "../../srv/x",
    "/home/user", "/home/..", "/home/runner/work/a/a", "/root", "/io", "/project",
  ]

  static let examples: [String] =
    candidates.flatMap(\.patterns).filter { pattern in
      !pattern.components.contains { $0.atoms.contains { if case .regex = $0 { true } else { false } } }
    }.map { "/" + ($0.components + $0.optional).map(PropertyTests.example).joined(separator: "/") }
    + ownExamples

  static func text(_ generator: inout Seeded) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<Int.random(in: 1...10, using: &generator) {
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: text += PropertyTests.text(&generator).prefix(60)
      case 1:
        text += Array(
          ["/", "-I", " ", "\0", "=", "../", "../../", "./", "x", ".rs", "//"].randomElement(
            using: &generator)!.utf8)
      case 2: text += Array(PropertyTests.pieces.randomElement(using: &generator)!.utf8)
      default: text += Array(examples.randomElement(using: &generator)!.utf8)
      }
    }
    return text
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func anySelection(seed: UInt64) throws {
    var generator = Seeded(seed)
    var (hits, tried) = (0, 0)
    while tried < 30 {
      let rules = Self.candidates.filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
      let prefix = try StablePrefix(["/build", "/b", "/usr/src"].randomElement(using: &generator)!)
      // Not every prefix suits every choice; then it is refused.
      guard let map = try? RootMap(rules: rules, prefix: prefix) else { continue }
      tried += 1
      for _ in 0..<25 {
        let text = Self.text(&generator)
        let roots = map.roots(in: text.span)
        #expect(roots == rootsWithoutScan(in: text, rules), "\(String(decoding: text, as: UTF8.self))")
        hits += roots.count
        for root in roots {
          let (replacement, padding) = (map.replacement(for: root), map.padding(for: root))
          #expect(replacement.count <= root.range.count && padding.count == root.range.count)
        }
        let (clean, padded) = (map.clean(text.span), map.padded(text.span))
        #expect((clean == nil) == roots.isEmpty && (padded == nil) == roots.isEmpty)
        guard let clean, let padded else { continue }
        let (cleanHolds, paddedHolds) = (map.containsRoot(clean.span), map.containsRoot(padded.span))
        #expect(
          !cleanHolds, "\(String(decoding: text, as: UTF8.self)) -> \(String(decoding: clean, as: UTF8.self))"
        )
        #expect(
          !paddedHolds,
          "\(String(decoding: text, as: UTF8.self)) -> \(String(decoding: padded, as: UTF8.self))")
        #expect(padded.count == text.count && clean.count <= text.count)
      }
    }
    #expect(hits > 200)
  }

  @Test func nothingSelectedIsNothingFound() throws {
    let map = try RootMap(rules: [])
    let text = Array("/tmp/tmpab12cd34/x".utf8)
    let isFound = map.containsRoot(text.span)
    #expect(!isFound)
  }
}
