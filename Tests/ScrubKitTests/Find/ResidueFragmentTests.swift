import BuildRoots
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct ResidueFragmentTests {
  private static let hash = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"

  private func fragments(_ roots: String...) -> ResidueFragments {
    ResidueFragments(Set(roots.flatMap { RootMap.default.randomParts(ofRoot: Array($0.utf8)) }))
  }

  private func matches(
    _ fragments: ResidueFragments, _ bytes: [UInt8], isLoaded: Bool = false
  ) -> [ResidueFragments.Match] {
    fragments.matches(in: Bytes(bytes).span, isLoaded: isLoaded)
  }

  private func found(_ fragments: ResidueFragments, _ text: String, isLoaded: Bool = false) -> [String] {
    let bytes = Array(text.utf8)
    return matches(fragments, bytes, isLoaded: isLoaded).map {
      String(decoding: bytes[$0.range], as: UTF8.self)
    }
  }

  /// Every piece, at every distance from the beginning and from the end.
  @Test(arguments: [8, 6])
  func piecesAtEveryPlace(_ length: Int) {
    let all = fragments("/tmp/pip-wheel-ab12cd34/x_\(Self.hash)")
    let token = Array(Self.hash.utf8)
    for start in 0...token.count - length {
      let piece = token[start..<start + length]
      if piece.allSatisfy({ (0x30...0x39).contains($0) }) { continue }
      for before in 0..<9 {
        for behind in 0..<5 {
          let bytes =
            [UInt8](repeating: 0xee, count: before) + piece + [UInt8](repeating: 0xee, count: behind)
          let found = matches(all, bytes, isLoaded: length == 6)
          #expect(found.map(\.range) == [before..<before + length], "\(start) \(before) \(behind)")
          // One byte less says nothing.
          let shorter = matches(all, Array(bytes[..<(before + length - 1)]), isLoaded: length == 6)
          #expect(shorter.isEmpty, "\(start) \(before)")
        }
      }
    }
  }

  @Test func wideTextOfBothOrders() {
    let all = fragments("/tmp/pip-wheel-ab12cd34")
    for before in 0..<7 {
      let letters = Array("/ab12cd34/".utf8)
      let little = [UInt8](repeating: 0xee, count: before) + letters.flatMap { [$0, 0] } + [0xee]
      let big = [UInt8](repeating: 0xee, count: before) + letters.flatMap { [0, $0] } + [0xee]
      for (bytes, first) in [(little, before + 2), (big, before + 3)] {
        let found = matches(all, bytes)
        #expect(found.map(\.range) == [first..<first + 15] && found.allSatisfy(\.isWide), "\(before)")
      }
    }
    #expect(matches(all, Array("/ab12cd34/".utf8).flatMap { [$0, 0, 0, 0] }).isEmpty)
  }

  @Test func piecesGrowAndStayApart() {
    let all = fragments("/tmp/pip-wheel-ab12cd34/x_\(Self.hash)")
    #expect(found(all, "--wheel-ab12cd34--") == ["-wheel-ab12cd34"])
    #expect(
      found(all, "\(Self.hash.prefix(20)) \(Self.hash.suffix(11))") == [
        String(Self.hash.prefix(20)), String(Self.hash.suffix(11)),
      ])
    #expect(found(all, "ab12cd34ab12cd34") == ["ab12cd34", "ab12cd34"])
  }

  /// A short part counts with what stands before it in its name, or not at all.
  @Test func shortParts() {
    let all = fragments("/root/.cache/uv/builds-v0/.tmpAbCd12")
    #expect(found(all, "cp x/.tmpAbCd12/y") == [".tmpAbCd12"])
    #expect(found(all, "mpAbCd12") == ["mpAbCd12"] && found(all, ".tmpAbCd") == [".tmpAbCd"])
    #expect(found(all, "AbCd12 xxAbCd12xx .tmpAbC .tmpXXXXXX").isEmpty)
    #expect(fragments("/private/var/folders/zz/0000000000000000000000000000aa/T").isEmpty)
  }

  /// What could be a word stands in prose by right.
  @Test func words() {
    let all = fragments("/tmp/tmpfilename")
    #expect(found(all, "the filename of a temporary file, tmpfile(3)", isLoaded: true).isEmpty)
    #expect(found(all, "see /tmp/tmpfilename.") == ["tmpfilename"])
  }

  /// Numbers are everywhere; a name that ends in one is not, as long as it is the whole name.
  @Test func numbers() {
    let all = fragments(
      "/tmp/nix-build-cbor.drv-17", "/private/tmp/gccA13-20231024-4567-1q2w3e",
      "/x/sandbox/linux-sandbox/12345678/execroot", "/tmp/pip-wheel-12345678")
    #expect(
      found(all, "20231024 4567 12345678 linux-sandbox/12345678/ x-build-cbor.drv-17 drv-17 -12345678")
        .isEmpty)
    #expect(found(all, "nix-build-cbor.drv-171 nix-build-cbor.drv-17_").isEmpty)
    #expect(
      found(all, "(nix-build-cbor.drv-17) pip-wheel-12345678") == [
        "nix-build-cbor.drv-17", "pip-wheel-12345678",
      ])
    #expect(found(all, "7-1q2w3e") == ["7-1q2w3e"])
    let hex = fragments("/tmp/pip-wheel-ab12cd34/x_1234567890123456abcdefab12345678")
    #expect(found(hex, "12345678 90123456 1234567890").isEmpty)
    #expect(found(hex, "90123456a") == ["90123456a"])
  }

  @Test func whatIsKnownIsNoRemains() {
    let all = fragments("/tmp/pip-wheel-ab12cd34")
    let text = Bytes(Array("/tmp/pip-wheel-ab12cd34/x ab12cd34".utf8))
    #expect(all.matches(in: text, outside: [0..<23], isLoaded: false).map(\.range) == [26..<34])
    #expect(all.matches(in: text, outside: [0..<23, 30..<31], isLoaded: false).isEmpty)
    // What reaches out of a range counts with what is outside of it.
    let long = fragments("/tmp/x/pip-wheel-ab12cd34/x_\(Self.hash)")
    let hash = Bytes(Array(Self.hash.utf8))
    #expect(long.matches(in: hash, outside: [0..<20], isLoaded: false).map(\.range) == [20..<32])
  }

  /// Neither the order of discovery nor that of a set must show, however many there are.
  @Test func orderDoesNotMatter() {
    let parts = (0..<Limits.randomParts + 100).map { number in
      RandomPart(component: Array("x-\(100_000 + number)abcz".utf8), random: 2..<12)
    }
    let fragments = ResidueFragments(Set(parts))
    #expect(fragments.parts == Array(parts.prefix(Limits.randomParts)))
    #expect(fragments.isCut && fragments.note?.divergence == .anywhere)
    #expect(ResidueFragments(Set(parts.dropLast(100))).note == nil)
    #expect(found(fragments, "100000abcz 104095abcz 104096abcz") == ["100000abcz", "104095abcz"])
  }

  /// Text made of beginnings of pieces costs a look each, and finds nothing.
  @Test func nothingIsFoundInNearMisses() {
    let all = fragments("/tmp/pip-wheel-ab12cd34/x_\(Self.hash)")
    let text = String(repeating: "ab12cd3 0a1b2c3 ", count: 4000)
    #expect(found(all, text).isEmpty)
  }
}
