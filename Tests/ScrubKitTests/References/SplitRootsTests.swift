import CVectors
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Strings that C++ puts together from pieces: all of them are rewritten, or none.
@Suite struct SplitRootsTests {
  static let root = SharedBytesTests.root

  struct Build: Sendable, CustomTestStringConvertible {
    var compiler: String
    var level: String
    var linker: String
    var testDescription: String { "\(compiler) \(level) \(linker)" }
  }

  static let builds = ["g++", "clang++"].flatMap { compiler in
    ["-O1", "-O2", "-O3", "-Os"].flatMap { level in
      ["bfd", "gold", "lld", "mold"].map { Build(compiler: compiler, level: level, linker: $0) }
    }
  }.filter { Scratch.has("mold") || $0.linker != "mold" }

  @Test(arguments: builds) func noPathIsMixedAndNoneIsOverlooked(build: Build) throws {
    let source = { (name: String) in
      """
      #include <string>
      __attribute__((noinline)) static std::string here() { return std::string("\(Self.root)/\(name).cpp"); }
      extern "C" __attribute__((visibility("default"))) void where_\(name)(char *out) {
        std::string s = here(); s.copy(out, s.size()); out[s.size()] = 0;
      }
      """
    }
    let scratch = Scratch()
    for name in ["a", "b"] {
      _ = scratch.file("\(name).cpp", Array(source(name).utf8))
      try scratch.run(build.compiler, build.level, "-fPIC", "-c", "\(name).cpp", "-o", "\(name).o")
    }
    try scratch.run(
      build.compiler, "-shared", "-fuse-ld=\(build.linker)", "a.o", "b.o", "-o", "before.so")
    let input = scratch.read("before.so")
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
    let output = outcome.output?.array() ?? input
    _ = scratch.file("after.so", output)
    func ask(_ name: String) throws -> [String] {
      try scratch.python(
        """
        import ctypes, sys
        library = ctypes.CDLL("./" + sys.argv[1])
        for name in "ab":
            text = ctypes.create_string_buffer(400)
            getattr(library, "where_" + name)(text)
            print(text.value.decode())
        """, name
      ).split(separator: "\n").map(String.init)
    }
    let (before, after) = (try ask("before.so"), try ask("after.so"))
    #expect(before == ["\(Self.root)/a.cpp", "\(Self.root)/b.cpp"])
    #expect(!outcome.findings.isEmpty)
    // Each path as a whole.
    for (old, new) in zip(before, after) {
      let stable = "/build/demo" + old.dropFirst(Self.root.count)
      #expect(new == old || new.replacing(#/demo/+/#, with: "demo/") == stable, "\(new)")
    }
    guard outcome.findings.allSatisfy(\.isFixable) else { return }
    #expect(after.allSatisfy { $0.hasPrefix("/build/demo") })
    for fragment in ["k3v9x1mq", "5d41402a", "bc4b2a76", "b9719d91"] {
      #expect(Bytes(output).span.firstIndex(of: Array(fragment.utf8)) == nil, "\(fragment)")
    }
  }

  /// Programs that make such directories have the names in their constants, but nothing random behind them.
  @Test func constantsOfProgramsThatMakeSuchDirectoriesAreNone() throws {
    let scratch = Scratch()
    _ = scratch.file(
      "a.cpp",
      Array(
        """
        #include <string>
        std::string a() { return std::string("/tmp/pip-wheel-") + "x"; }
        std::string b() { return std::string("x/tmp/pip-wheel-/demo_ is the name of it, and pip-install-") + "y"; }
        std::string c() { return std::string("https://example.org/a-b-c-d/tmp-e-f/build-all-of-it.html"); }
        """.utf8))
    for level in ["-O1", "-O2"] {
      try scratch.run("g++", level, "-fPIC", "-shared", "a.cpp", "-o", "a.so")
      let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read("a.so")), fix: false)
      #expect(outcome.findings == [])
    }
  }

  /// Vectors of 32 bytes find what those of 16 find, and no more.
  @Test(.enabled(if: wheelscrub_has_wide_vectors(), "this processor has no AVX2"), arguments: 0..<40)
  func `wide vectors find the same`(seed: UInt64) {
    var generator = Seeded(state: seed)
    // What numbers in code and text are made of, among other bytes, in lengths around those of blocks.
    let alphabet: [UInt8] =
      [0x48, 0x49, 0xb8, 0xbf, 0x20, 0x7e] + (seed % 4 == 0 ? [0, 0x1f, 0x7f, 0x80, 0xff] : [])
    let bytes = (0..<Int(seed) * 23 + 60).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
    func numbers(_ isWide: Bool) -> [Int] {
      var found: [Int] = []
      SplitRoots.forEachNumber(in: bytes.span, isWide: isWide) { position, _ in found.append(position) }
      return found
    }
    #expect(numbers(true) == numbers(false))
    for start in 0..<min(64, bytes.count) {
      let narrow = SplitRoots.nextText(in: bytes.span, from: start, isWide: false)
      #expect(SplitRoots.nextText(in: bytes.span, from: start, isWide: true) == narrow)
    }
  }

  /// Every place of a displacement is seen, up to the last that four bytes fit behind.
  @Test(arguments: 0..<70) func `operands at every place`(count: Int) {
    var generator = Seeded(state: UInt64(count))
    let code = (0..<count).map { _ in
      [0x05, 0x0d, 0x3d, 0x45, 0x90].randomElement(using: &generator) ?? UInt8(0)
    }
    var found: [Int] = []
    X86Code.forEachOperand(in: code.span) { found.append($0) }
    let places = code.count > 5 ? Array(2...code.count - 4) : []
    #expect(found == places.filter { code[$0 - 1] & 0xc7 == 0x05 })
  }
}
