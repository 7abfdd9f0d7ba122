import Testing

@testable import BuildRoots

/// Paths that are not random, patterns and maps of the user's own, and what all of them become.
@Suite struct HostRuleTests {
  private static let map = try! RootMap(rules: Rule.random + Rule.hosts + Rule.toolchains)

  private func clean(_ text: String, _ map: RootMap = map) -> String {
    let bytes = Array(text.utf8)
    return map.clean(bytes.span).map { String(decoding: $0, as: UTF8.self) } ?? "-"
  }

  private func codes(_ text: String, _ map: RootMap = map) -> [String] {
    let bytes = Array(text.utf8)
    return map.roots(in: bytes.span).map(\.rule.code)
  }

  @Test(arguments: [
    ("/home/alice/src/x.c", "BP201", "/build/src/x.c"),
    ("/Users/alice/x.c", "BP201", "/build/x.c"),
    ("-I/home/alice/inc", "BP201", "-I/build/inc"),
    ("path+file:///home/alice/p#1", "BP201", "path+file:///build/p#1"),
    ("../../../home/alice/x.c", "BP201", "/build/x.c"),
    ("/root/p/x.c", "BP201", "./p/x.c"),
    ("/home/runner/work/cbor/cbor/x.c", "BP202", "/build/cbor/x.c"),
    ("/Users/runner/work/_temp/cbor/x.c", "BP202", "/build/cbor/x.c"),
    ("/__w/cbor/cbor/x.c", "BP202", "/build/cbor/x.c"),
    ("/__w/1/s/x.c", "BP202", "/build/s/x.c"),
    ("/project/x.c", "BP203", "/build/x.c"),
    ("/io/x.c", "BP203", "./x.c"),
    (
      "/root/.cargo/registry/src/index.crates.io-6f17d22bba15001f/pyo3-0.20.0/src/lib.rs", "BP204",
      "/build/cargo/pyo3-0.20.0/src/lib.rs"
    ),
    (
      "/usr/local/cargo/git/checkouts/pyo3-a1b2c3d4e5f60718/0123abc/src/lib.rs", "BP204",
      "/build/pyo3/src/lib.rs"
    ),
    ("/home/a/go/pkg/mod/golang.org/x/x.go", "BP205", "/build/go/golang.org/x/x.go"),
    ("/opt/x/_h_env_placehold_placehold_placehold/include/x.h", "BP206", "/build/conda/include/x.h"),
    (
      "/home/armin/.conan/data/boost/1.80.0/_/_/package/x.h", "BP207",
      "/build/conan/boost/1.80.0/_/_/package/x.h"
    ),
    (
      "/croot/numpy_1700000000000/_h_env_placehold_placehold_placehold/include/x.h", "BP122",
      "/build/numpy/include/x.h"
    ),
    (
      "/opt/_internal/cpython-3.11.4/include/python3.11/x.h", "BP301",
      "/build/cpython-3.11.4/include/python3.11/x.h"
    ),
    ("/opt/rh/devtoolset-10/root/usr/x", "BP302", "/build/devtoolset-10/root/usr/x"),
    ("/opt/homebrew/Cellar/x", "BP303", "/build/brew/Cellar/x"),
    ("/home/linuxbrew/.linuxbrew/x", "BP303", "/build/brew/x"),
    ("/Applications/Xcode_15.2.app/Contents/x", "BP304", "/build/xcode/Contents/x"),
    ("/Library/Frameworks/Python.framework/Versions/3", "BP305", "/build/python/Versions/3"),
    ("/root/.rustup/toolchains/stable-x86_64-unknown-linux-gnu/lib/x", "BP306", "/build/rust/lib/x"),
    ("/opt/hostedtoolcache/Python/3.11.4/x64/x.h", "BP307", "/build/Python/x64/x.h"),
    ("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gcc-13/include/x", "BP308", "/build/gcc-13/include/x"),
    // A random directory decides, wherever the rest lies.
    ("/home/alice/tmp/tmpab12cd34/x.c", "BP110", "/build/tmp/x.c"),
    ("/home/runner/work/cbor/cbor/.mesonpy-ab12cd34/x.c", "BP109", "/build/cbor/x.c"),
  ])
  func becomes(_ row: (text: String, code: String, clean: String)) {
    #expect(codes(row.text) == [row.code])
    #expect(clean(row.text) == row.clean)
  }

  @Test(arguments: [
    "/usr/share/home/alice", "src/home/index.js", "https://example.org/home/alice", "/home/", "/home/..",
    "/home",
    "/root", "/root/", "lib/root/x", "/io", "/projects/x", "/x/project/y", "audio/io/x.c", "/opt/pythonic/x",
    "./home/alice/x", "a/b/go/pkg/module/x", "/registry/src/short-1234/x", "/usr/local/Cellars/x",
    "Users/alice",
  ])
  func isNone(_ text: String) { #expect(codes(text) == []) }

  /// Binary data in front of a string is no part of its path; the letters of a word are.
  @Test func pathsBeginBehindBinaryData() throws {
    let own = try RootMap(rules: [try Rule.map("/home/me/project=/b")])
    func isFound(behind bytes: [UInt8], _ map: RootMap) -> Bool {
      let text = bytes + Array("/home/me/project/x.txt".utf8)
      let roots = map.roots(in: text.span)
      return roots.count == 1 && roots[0].range.lowerBound == bytes.count
    }
    for byte in UInt8.min...UInt8.max where byte >= 0x80 {
      #expect(isFound(behind: [0, 0, byte], own), "0x\(String(byte, radix: 16))")
      #expect(isFound(behind: [UInt8(ascii: "x"), byte], Self.map))
    }
    // The last bytes of doubles: 3.0, 10.0, 2.0, 1e6, 1.5e-3.
    for tail in [[8, 0x40], [0x24, 0x40], [0, 0x40], [0x84, 0x2E, 0x41], [0x93, 0x58, 0x3F]] as [[UInt8]] {
      #expect(isFound(behind: [0, 0] + tail, own), "\(tail)")
    }
    // A slash in the data does not begin the path.
    #expect(isFound(behind: [0x2F, 0x84, 0xF0], own))
    for word in ["x", "src", "\u{e9}", "\u{20ac}", "a.b", "~", ".", "x/\u{e9}", "\tx"] {
      #expect(!isFound(behind: Array(word.utf8), own), "\(word)")
    }
    // Nor does a root of another rule reach into the data.
    let text: [UInt8] = [0x2F, 0x84, 0xF0] + Array("/tmp/tmpab12cd34/x".utf8)
    #expect(RootMap.default.roots(in: text.span).map(\.range) == [3..<19])
  }

  @Test func ownPatterns() throws {
    let map = try RootMap(rules: [
      try Rule.pattern("job=/scratch/job[0-9]+"), try Rule.pattern("ci=ci_(run|test)-\\w{3}"),
    ])
    #expect(clean("/scratch/job123/x.c", map) == "/build/job/x.c")
    #expect(clean("/x/scratch/job123/x.c", map) == "-")
    #expect(clean("/scratch/job123a/x.c", map) == "-")
    #expect(clean("/data/ci_run-abc/x.c", map) == "/build/ci/x.c")
    #expect(clean("/data/ci_runs-abc/x.c", map) == "-")
    #expect(codes("/data/ci_run-abc/x.c", map) == ["BP901"])
  }

  @Test(arguments: [
    ("x", "needs the form NAME=REGEX"), ("x=", "needs the form"), ("a b=/xy", "may have"),
    ("x=.*", "two plain characters"),
    ("x=a.*", "two plain characters"), ("x=/ab(c", "( without )"), ("x=/ab(c/d)", "/ inside a group"),
    ("x=/ab^", "anchor"), ("x=/ab\\1", "unsupported escape"), ("x=/ab(?=c)", "unsupported kind"),
    ("x=/ab((c{255}){255})", "repeats too much"), ("x=/ab(c*)*?", "repeats a repetition"),
    ("x=/ab{300}", "at most 255"), ("x=/ab((((a{0}){255}){255}){255}){255}", "repeats too much"),
    (
      "x=/ab" + String(repeating: "(", count: 20) + "c" + String(repeating: "){255}", count: 20),
      "repeats too much"
    ),
    ("x=/ab**", "repeats a repetition"), ("x=/ab/(c*)", "may be empty"), ("x=/ab[z-a]", "not ascending"),
    ("x=/ab" + String(repeating: "(", count: 40), "too deep"), ("x=/ab[", "[ without ]"),
  ])
  func refusedPatterns(_ row: (text: String, reason: String)) {
    do throws(PatternError) {
      _ = try Rule.pattern(row.text)
      #expect(row.reason == "-", "\(row.text) was accepted")
    } catch { #expect(error.description.contains(row.reason), "\(error)") }
  }

  @Test func ownPatternsFit() throws {
    #expect(throws: PrefixError.self) { try RootMap(rules: [try Rule.pattern("averylongname=/scratch")]) }
    #expect(throws: PrefixError.self) { try RootMap(rules: [try Rule.pattern("b=/build/[a-z]+")]) }
  }

  /// What a backtracking engine needs longer for than anybody waits.
  @Test func hostileInputIsLinear() throws {
    let map = try RootMap(rules: [try Rule.pattern("x=abcdef(a*)*(a|aa)*b")])
    var bytes: [UInt8] = []
    while bytes.count < 1 << 16 { bytes += Array(("/abcdef" + String(repeating: "a", count: 200)).utf8) }
    let isFound = map.containsRoot(bytes.span)
    #expect(!isFound)
  }

  @Test func maps() throws {
    let map = try RootMap(rules: [try Rule.map("/home/me/proj=."), try Rule.map("/opt/sdk/=/sdk")])
    #expect(clean("/home/me/proj/x.c", map) == "./x.c")
    #expect(clean("/home/me/project/x.c", map) == "-")
    #expect(clean("-L/opt/sdk/lib", map) == "-L/sdk/lib")
    let bytes = Array("/opt/sdk/lib".utf8)
    let padded = map.padded(bytes.span).map { String(decoding: $0, as: UTF8.self) }
    #expect(padded == "/sdk/////lib")
  }

  @Test(arguments: [
    ("/a", "OLD=NEW"), ("a=b", "absolute path in front"), ("/ab=x", "absolute path or . behind"),
    ("/ab=/abc", "has 1 bytes more"),
    ("/ab/../c=.", "empty, . or .."), ("/ab c=.", "may have"), ("/=.", "absolute"),
  ])
  func refusedMaps(_ row: (text: String, reason: String)) {
    do throws(PatternError) {
      _ = try Rule.map(row.text)
      Issue.record("\(row.text) was accepted")
    } catch { #expect(error.description.contains(row.reason), "\(error)") }
  }

  @Test(arguments: [["/src/a=/src"], ["/src/a=/src/a"], ["/aa/b=/cc", "/cc/d=/e"]])
  func mapsThatWouldMapAgain(_ maps: [String]) {
    #expect(throws: PrefixError.self) { try RootMap(rules: maps.map { try Rule.map($0) }) }
  }

  @Test func allowedPathsStay() throws {
    let map = try RootMap(
      rules: Rule.random + Rule.hosts,
      allowed: [
        try AllowedPath("/home/conda/.*"), try AllowedPath("/usr/src"), try AllowedPath("keep-[a-z]+"),
      ])
    #expect(codes("/home/conda/feedstock/x /home/alice/x", map) == ["BP201"])
    #expect(codes("/usr/src/tmpab12cd34/x /tmp/keep-this/tmpab12cd34/x /tmp/tmpab12cd34", map) == ["BP110"])
    #expect(clean("/usr/src/tmpab12cd34/x", map) == "-")
  }

  @Test func prefixesAreCheckedAgainstTheChosenRules() throws {
    _ = try RootMap(rules: Rule.random, prefix: StablePrefix("/project"))
    #expect(throws: PrefixError.self) { try RootMap(rules: Rule.hosts, prefix: StablePrefix("/project")) }
    #expect(throws: PrefixError.self) { try RootMap(rules: Rule.hosts, prefix: StablePrefix("/home")) }
    #expect(throws: PrefixError.self) { try RootMap(rules: Rule.hosts, prefix: StablePrefix("/home/x")) }
    _ = try RootMap(rules: Rule.hosts, prefix: StablePrefix("/usr/x"))
  }
}
