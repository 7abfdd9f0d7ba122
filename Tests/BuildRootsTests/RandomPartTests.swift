import Testing

@testable import BuildRoots

/// What chance has chosen in a root, written as the component with the random bytes in brackets.
@Suite struct RandomPartTests {
  private func parts(_ root: String, _ map: RootMap = .default) -> [String] {
    map.randomParts(ofRoot: Array(root.utf8)).map { part in
      var text = part.component
      text.insert(UInt8(ascii: "]"), at: part.random.upperBound)
      text.insert(UInt8(ascii: "["), at: part.random.lowerBound)
      return String(decoding: text, as: UTF8.self)
    }
  }

  @Test(
    arguments: [
      ("/tmp/pip-wheel-ab12cd34/cbor_\(hash)", ["pip-wheel-[ab12cd34]", "cbor_[\(hash)]"]),
      ("/tmp/pip-build-U8pSsr", ["pip-build-[U8pSsr]"]),
      ("../../tmp/pip-build-env-ab12cd34", ["pip-build-env-[ab12cd34]"]),
      ("/root/.cache/uv/builds-v0/.tmpAbCd12", [".tmp[AbCd12]"]),
      ("/root/.cache/uv/sdists-v9/pypi/cbor/1.0/AbCdEf0123456789", ["[AbCdEf0123456789]"]),
      ("/x/.mesonpy-ab12cd34", [".mesonpy-[ab12cd34]"]),
      ("/tmp/.tmp-cbor-pep517-ab12cd34", [".tmp-cbor-pep517-[ab12cd34]"]),
      (
        "/private/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T",
        ["[zz]", "[zyxvpxvq6csfxvn_n0000000000000]"]
      ),
      (
        "/private/tmp/gccA13-20231024-4567-1q2w3e",
        ["gccA13-[20231024]-4567-1q2w3e", "gccA13-20231024-[4567]-1q2w3e", "gccA13-20231024-4567-[1q2w3e]"]
      ),
      ("/tmp/nix-build-cbor.drv-17", ["nix-build-cbor.drv-[17]"]),
      ("/tmp/sandbox/linux-sandbox/123/execroot", ["[123]"]),
      ("/builds/group/pip-build-env-ab12cd34", ["pip-build-env-[ab12cd34]"]),
      ("/tmp/hatch-ab12cd34", ["hatch-[ab12cd34]"]),
      ("/tmp/tmp.GRTcangx9D", ["tmp.[GRTcangx9D]"]),
      ("/src/tmpab12cd34/rustcAb3dEf", ["tmp[ab12cd34]", "rustc[Ab3dEf]"]),
      ("/tmp/x-30fe27.o", ["x-[30fe27].o"]),
      ("/build/python3.11-aB3d9Z", ["python3.11-[aB3d9Z]"]),
      (
        "/tmp/openssl@3-20240131-4815-1x2y3z",
        [
          "openssl@3-[20240131]-4815-1x2y3z", "openssl@3-20240131-[4815]-1x2y3z",
          "openssl@3-20240131-4815-[1x2y3z]",
        ]
      ),
      ("/home/alice", []),
    ] as [(String, [String])])
  func builtIn(_ row: (root: String, parts: [String])) {
    #expect(parts(row.root) == row.parts)
    // Rules for paths of the host change nothing: those are not random.
    let map = RootMap.default.unbounded(Rule.random + Rule.hosts + Rule.toolchains)
    #expect(parts(row.root, map) == row.parts)
  }

  @Test func partsOfRootsInText() {
    let text = Array("x -I/tmp/pip-wheel-ab12cd34/cbor_\(hash)/include \0/tmp/build-env-00aa11bb/x".utf8)
    let found = RootMap.default.roots(in: text.span).flatMap {
      RootMap.default.randomParts(of: $0, in: text.span)
    }
    #expect(
      found.map { String(decoding: $0.component[$0.random], as: UTF8.self) } == [
        "ab12cd34", hash, "00aa11bb",
      ])
  }

  /// Their patterns do not say what is random: only what is neither a word nor a number counts.
  @Test func patternsOfTheUser() throws {
    let map = RootMap.default.unbounded([try Rule.pattern("job=jenkins-[a-z0-9-]+/[a-z]+-[0-9]+")])
    #expect(parts("/tmp/jenkins-nightly-7fa3c9d1e2/build-20240101", map) == ["jenkins-nightly-[7fa3c9d1e2]"])
  }

  @Test func wordsAndNumbers() {
    func part(_ text: String) -> RandomPart {
      RandomPart(component: Array(text.utf8), random: 0..<text.utf8.count)
    }
    #expect(part("filename").looksLikeWord && part("Some_thing").looksLikeWord)
    #expect(!part("ab12cd34").looksLikeWord && !part("abCdefgh").looksLikeWord)
    #expect(part("12345678").isNumber && !part("1234567a").isNumber)
  }
}
