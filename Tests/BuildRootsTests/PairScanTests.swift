import CVectors
import Testing

@testable import BuildRoots

/// The scan finds the same with vectors of 16 and of 32 bytes.
@Suite struct PairScanTests {
  @Test(.enabled(if: wheelscrub_has_wide_vectors(), "this processor has no AVX2"), arguments: 0..<40)
  func `wide vectors find the same`(seed: UInt64) {
    var generator = Seeded(seed)
    let patterns = Rule.random.flatMap(\.patterns)
    let (narrow, wide) = (PairScan(patterns, isWide: false), PairScan(patterns, isWide: true))
    // Bytes that marks and their letters are made of, among others, in lengths around those of blocks.
    let alphabet = Array("-/\\:.pPtmbeTEMP\0\u{1}".utf8) + Array(repeating: UInt8(0x40), count: Int(seed) * 4)
    var bytes = (0..<Int(seed) * 37 + 100).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
    bytes += PropertyTests.text(&generator)
    var offset = 0
    while true {
      let found = narrow.next(in: bytes.span, from: offset)
      let other = wide.next(in: bytes.span, from: offset)
      #expect(other == found)
      guard let found else { break }
      offset = found + 1
    }
  }

  @Test func `blocks without a pair are passed over`() {
    let scan = PairScan(Rule.random.flatMap(\.patterns), isWide: false)
    var bytes = [UInt8](repeating: 0, count: 1000)
    let none = scan.next(in: bytes.span, from: 0)
    bytes.replaceSubrange(500..<520, with: Array("/tmp/pip-build-ab12cd".utf8.prefix(20)))
    let one = scan.next(in: bytes.span, from: 0)
    #expect(none == nil && (500..<520).contains(one ?? 0))
  }
}
