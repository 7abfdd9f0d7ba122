@testable import BuildRoots

/// Roots in a text, as `code name root`; a relative one ends with ` relative`.
func found(in text: String) -> [String] { found(in: Array(text.utf8)) }

func found(in bytes: [UInt8]) -> [String] {
  RootMap.default.roots(in: bytes.span).map { root in
    let path = String(decoding: bytes[root.range], as: UTF8.self)
    return "\(root.rule.code) \(root.name) \(path)" + (root.isRelative ? " relative" : "")
  }
}

// A span cannot escape into the expectation macros.
func holdsRoot(_ bytes: [UInt8]) -> Bool { RootMap.default.containsRoot(bytes.span) }

/// Every offset is tried.
func rootsWithoutScan(in bytes: [UInt8], _ rules: [Rule]) -> [BuildRoot] {
  let matcher = Matcher(rules, scans: false)
  var cursor = RootCursor()
  var roots: [BuildRoot] = []
  while let root = matcher.next(in: bytes.span, &cursor) { roots.append(root) }
  return roots
}

/// SplitMix64: the same numbers on every machine.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed &>> 31)
  }
}

let hash = "0123456789abcdef0123456789abcdef"
