import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct DigestTests {
  private func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }

  /// FIPS 180-4 and FIPS 202 test values for `abc`.
  @Test func knownValues() {
    let abc = Bytes(Array("abc".utf8))
    #expect(hex(Digest.of(abc, .sha1)) == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(
      hex(Digest.of(abc, .sha256)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(hex(Digest.of(abc, .sha384)).hasPrefix("cb00753f45a35e8bb5a03d699ac65007"))
    #expect(hex(Digest.of(abc, .sha512)).hasPrefix("ddaf35a193617abacc417349ae204131"))
    #expect(
      hex(Digest.of(Bytes([]), .shake256(length: 20))) == "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea")
    // As hashlib has them: more than one block out, and in.
    let long = hex(Digest.of(abc, .shake256(length: 1000)))
    #expect(long.utf8.count == 2000 && long.hasSuffix("66a4b37f64d405bb"))
    let many = Bytes([UInt8](repeating: UInt8(ascii: "a"), count: 1000))
    #expect(hex(Digest.of(many, .shake256(length: 20))) == "e262331ad290c96ab1c0fa045470244b415ba669")
    #expect(hex(Digest.of(many, .sha512)).hasPrefix("67ba5535a46e3f86dbfbed8cbbaf0125"))
  }

  @Test func piecesEqualTheWhole() {
    var digest = Digest(.sha256)
    digest.update(Bytes([0x61]))
    digest.update(Bytes([]))
    digest.update(Bytes([0x62, 0x63]))
    #expect(digest.finish() == Digest.of(Bytes([0x61, 0x62, 0x63]), .sha256))
  }

  /// RFC 4648 section 10, without padding.
  @Test(arguments: [
    ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
    ("foobar", "Zm9vYmFy"),
  ])
  func base64(_ text: String, _ expected: String) {
    #expect(Base64URL.encode(Array(text.utf8)) == expected)
    #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
  }
}
