import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Constants that share a path's bytes: what a program says must not change but for the path.
@Suite struct SharedBytesTests {
  static let root = "/tmp/pip-wheel-k3v9x1mq/demo_5d41402abc4b2a76b9719d911017c592"

  struct Linking: Sendable, CustomTestStringConvertible {
    var words: String
    /// Whether the linker lets strings share their ends.
    var merges: Bool
    var testDescription: String { words }
  }

  static let linkings = [
    Linking(words: "gcc -Os", merges: true), Linking(words: "gcc -O2", merges: false),
    Linking(words: "gcc -Os -fuse-ld=gold -Wl,-O2", merges: true),
    Linking(words: "gcc -Os -fuse-ld=lld -Wl,-O2", merges: true),
    Linking(words: "gcc -O2 -fuse-ld=mold", merges: false),
    Linking(words: "clang -O0 -fuse-ld=bfd", merges: true),
    Linking(words: "clang -O2 -fuse-ld=bfd", merges: true),
    Linking(words: "clang -O2 -fuse-ld=lld -Wl,-O2", merges: true),
    Linking(words: "clang -O2 -fuse-ld=gold", merges: false),
  ].filter { Scratch.has("mold") || !$0.words.contains("mold") }

  /// Builds `source` as a library, fixes it, and calls `count` functions `f0`, `f1`, … of both.
  struct Fixed {
    var findings: [Finding]
    var before: [String]
    var after: [String]
    var reasons: [String] {
      findings.compactMap { if case .left(let reason) = $0.fate { reason } else { nil } }
    }

    init(_ words: String, _ source: String, file: String = "a.c", calls: Int) throws {
      let scratch = Scratch()
      _ = scratch.file(file, Array(source.utf8))
      let command = words.split(separator: " ").map(String.init)
      try Compiler.run(
        command[0], command.dropFirst() + ["-fPIC", "-shared", file, "-o", "before.so"], in: scratch.url)
      let input = scratch.read("before.so")
      let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
      _ = scratch.file("after.so", outcome.output?.array() ?? input)
      findings = outcome.findings
      func ask(_ name: String) throws -> [String] {
        try scratch.python(
          """
          import ctypes, sys
          library = ctypes.CDLL("./" + sys.argv[1])
          for number in range(int(sys.argv[2])):
              call = getattr(library, f"f{number}")
              call.restype = ctypes.c_char_p
              print(call().decode())
          """, name, String(calls)
        ).split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
      }
      before = try ask("before.so")
      after = try ask("after.so")
    }
  }

  static func cased(_ replaced: String) -> String {
    replaced.replacing(#/^/build/demo/+$/#, with: "ROOT")
  }

  @Test(arguments: linkings, 1...6)
  func constantsThatEndAPathStayWhatTheyAre(linking: Linking, length: Int) throws {
    let tail = String(Self.root.suffix(length))
    let fixed = try Fixed(
      linking.words,
      """
      const char *f0(void) { return "\(Self.root)"; }
      const char *f1(void) { return "\(tail)"; }
      const char *f2(void) { static const char *const t[] = {"x", "\(tail)", "y"}; return t[*f0() == '/']; }
      """, calls: 3)
    #expect(fixed.before == [Self.root, tail, tail])
    #expect(fixed.after[1...] == [tail, tail])
    if linking.merges {
      #expect(fixed.reasons.count == 1 && fixed.reasons[0].hasPrefix("another constant shares its bytes: "))
      #expect(
        fixed.reasons[0].hasSuffix("refers to its byte \(Self.root.count - length)"), "\(fixed.reasons)")
      #expect(fixed.after == fixed.before)
    } else {
      #expect(fixed.reasons == [] && Self.cased(fixed.after[0]) == "ROOT")
    }
  }

  /// Where nobody shares them, paths are rewritten, whatever stands around them.
  @Test(arguments: linkings) func pathsOfTheirOwnAreRewritten(linking: Linking) throws {
    let fixed = try Fixed(
      linking.words,
      """
      const char *f0(void) { return "\(Self.root)"; }
      const char *f1(void) { return "2 is a number"; }
      const char *f2(void) { static const char *const t[] = {"x", "\(Self.root)", "y"}; return t[*f0() == '/']; }
      const char *f3(void) { return "\(Self.root)/src/module.c" + \(Self.root.count + 1); }
      """, calls: 4)
    #expect(fixed.reasons == [])
    #expect(fixed.after.map(Self.cased) == ["ROOT", "2 is a number", "ROOT", "src/module.c"])
  }

  /// Tables of 32-bit offsets, which no relocation knows.
  @Test(arguments: ["clang -O2 -fuse-ld=bfd", "clang -Os -fuse-ld=lld -Wl,-O2", "gcc -Os"])
  func switchesOverConstantsAreSeen(words: String) throws {
    let fixed = try Fixed(
      words,
      """
      static int number = 6;
      int set(int value) { return number = value; }
      const char *f0(void) { return "\(Self.root)"; }
      const char *f1(void) {
        switch (number) {
          case 0: return "zero"; case 1: return "one"; case 2: return "two"; case 3: return "three";
          case 4: return "four"; case 5: return "five"; case 6: return "592"; case 7: return "seven";
        }
        return "many";
      }
      """, calls: 2)
    #expect(fixed.before == [Self.root, "592"] && fixed.after == fixed.before)
    #expect(fixed.reasons.count == 1, "\(fixed.reasons)")
  }

  /// Tables of which each entry is the end of a longer string, a path or not.
  @Test(arguments: ["clang -O2 -fuse-ld=bfd", "clang -Os -fuse-ld=lld -Wl,-O2"], [2, 5])
  func tablesOfEndsAreSeen(words: String, count: Int) throws {
    let names = (1..<count).map { "\($0).c" }
    let fixed = try Fixed(
      words,
      """
      volatile int zero;
      const char *f0(void) { return "\(Self.root)"; }
      \(names.map { "const char *g\($0.prefix(1))(void) { return \"lib/x/\($0)\"; }" }.joined(separator: "\n"))
      const char *f1(void) {
        static const char *const t[] = {"592", \(names.map { "\"\($0)\"" }.joined(separator: ", "))};
        return t[zero];
      }
      """, calls: 2)
    #expect(fixed.before == [Self.root, "592"] && fixed.after == fixed.before)
    #expect(fixed.reasons.count == 1, "\(fixed.reasons)")
  }

  @Test(arguments: ["clang++ -O2 -fuse-ld=bfd", "g++ -Os", "clang++ -O2 -fuse-ld=lld -Wl,-O2"])
  func arraysOfViewsAreSeen(words: String) throws {
    let fixed = try Fixed(
      words + " -std=c++17",
      """
      #include <string_view>
      extern "C" const char *f0() { return "\(Self.root)"; }
      static constexpr std::string_view views[] = {"alpha", "7c592", "beta"};
      extern "C" const char *f1() { return views[*f0() == '/'].data(); }
      """, file: "a.cpp", calls: 2)
    #expect(fixed.before == [Self.root, "7c592"] && fixed.after == fixed.before)
    #expect(fixed.reasons.count == 1, "\(fixed.reasons)")
  }

  /// Relocations that are packed.
  @Test func packedRelocationsAreSeen() throws {
    let fixed = try Fixed(
      "clang -O2 -fuse-ld=lld -Wl,-O2 -Wl,-z,pack-relative-relocs",
      """
      const char *f0(void) { return "\(Self.root)"; }
      const char *t[] = {"x", "92", "y"};
      const char *f1(void) { return t[*f0() == '/']; }
      """, calls: 2)
    #expect(fixed.before == [Self.root, "92"] && fixed.after == fixed.before)
    #expect(fixed.reasons.first?.contains(".relr.dyn") ?? false, "\(fixed.reasons)")
  }

  static let program = """
    #include <stdio.h>
    static const char *const t[] = {"x", "92", "y"};
    static const char *volatile path = "\(root)";
    int main(int count, char **words) {
      (void)words;
      puts(path);
      puts(count == 1 ? "592" : "1");
      puts(t[count]);
      return 0;
    }
    """

  /// Programs that are not moved when loaded: addresses stand in data and code as they are.
  @Test(arguments: ["gcc -Os -no-pie", "clang -O2 -no-pie -fuse-ld=bfd"])
  func programsAtAFixedAddressAreRead(words: String) throws {
    let (reasons, before, after) = try Self.run(words, runner: [])
    #expect(before == [Self.root, "592", "92"] && after == before)
    #expect(reasons.count == 1 && reasons[0].contains("refers to its byte"), "\(reasons)")
  }

  @Test(
    .enabled(if: Scratch.has("qemu-aarch64") || Scratch.has("qemu-aarch64-static")),
    arguments: ["-static", "-fPIE -pie"], ["-Os", "-O2"])
  func programsForAArch64AreRead(linking: String, optimisation: String) throws {
    let runner = Scratch.has("qemu-aarch64") ? "qemu-aarch64" : "qemu-aarch64-static"
    let (reasons, before, after) = try Self.run(
      "aarch64-linux-gnu-gcc \(optimisation) \(linking)", runner: [runner, "-L", "/usr/aarch64-linux-gnu"])
    #expect(before == [Self.root, "592", "92"])
    #expect(after[1...] == ["592", "92"])
    // gcc lets strings share their ends where it optimises for size.
    if reasons.isEmpty { #expect(Self.cased(after[0]) == "ROOT") } else { #expect(after == before) }
    #expect(reasons.isEmpty == (optimisation == "-O2"), "\(reasons)")
  }

  static func run(_ words: String, runner: [String]) throws -> ([String], [String], [String]) {
    let scratch = Scratch()
    _ = scratch.file("a.c", Array(program.utf8))
    let command = words.split(separator: " ").map(String.init)
    try Compiler.run(command[0], command.dropFirst() + ["a.c", "-o", "before"], in: scratch.url)
    let input = scratch.read("before")
    let outcome = try ImageScrub(options: Options()).run(Bytes(input), fix: true)
    _ = scratch.file("after", outcome.output?.array() ?? input)
    try scratch.run("chmod", "+x", "before", "after")
    func ask(_ name: String) throws -> [String] {
      let line = runner + ["./" + name]
      return try Compiler.run("env", line, in: scratch.url).split(separator: "\n").map(String.init)
    }
    let reasons = outcome.findings.compactMap { finding -> String? in
      if case .left(let reason) = finding.fate { reason } else { nil }
    }
    return (reasons, try ask("before"), try ask("after"))
  }

  /// Who reads the code of another machine is not known: only what goes on behind the root is rewritten.
  @Test(arguments: ["riscv64-linux-gnu-gcc", "i686-linux-gnu-gcc"])
  func onOtherMachinesAPathThatEndsWithItsRootStays(compiler: String) throws {
    let scratch = Scratch()
    _ = scratch.file(
      "a.c",
      Array(
        """
        const char *f0(void) { return "\(Self.root)"; }
        const char *f1(void) { return "\(Self.root)/module.c"; }
        """.utf8))
    try scratch.run(compiler, "-O2", "-fPIC", "-shared", "-nostdlib", "a.c", "-o", "a.so")
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read("a.so")), fix: true)
    let fates = outcome.findings.map(\.fate)
    #expect(fates.filter { $0 == .inPlace }.count == 1 && fates.count == 2, "\(fates)")
    #expect(
      outcome.findings.allSatisfy { $0.isFixable == $0.text.hasSuffix("/module.c") }, "\(outcome.findings)")
  }

  /// In an object file relocations and symbols refer.
  @Test(
    arguments: ["gcc", "aarch64-linux-gnu-gcc", "riscv64-linux-gnu-gcc", "i686-linux-gnu-gcc"], [true, false])
  func objectFilesAreRead(compiler: String, isShared: Bool) throws {
    let scratch = Scratch()
    _ = scratch.file(
      "a.s",
      Array(
        """
          .section .rodata
          .globl path
        path:
          .asciz "\(Self.root)"
          .data
          .globl table
        table:
          .long path\(isShared ? " + \(Self.root.count - 2)" : "") - 0
          .section .note.GNU-stack
        """.utf8))
    try scratch.run(compiler, "-c", "a.s", "-o", "a.o")
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read("a.o")), fix: true)
    #expect(outcome.findings.map(\.isFixable) == [!isShared], "\(outcome.findings)")
  }

  /// Names in string tables share their ends as well.
  @Test func namesThatShareTheirEndsStay() throws {
    let scratch = Scratch()
    let name = Self.root.dropFirst()
    _ = scratch.file(
      "a.s",
      Array(
        """
          .data
          .globl "\(name)", "592"
        "\(name)": .long 1
        "592": .long 2
          .section .note.GNU-stack
        """.utf8))
    try scratch.run("gcc", "-shared", "-nostdlib", "a.s", "-o", "a.so")
    let outcome = try ImageScrub(options: Options()).run(Bytes(scratch.read("a.so")), fix: true)
    let inNames = outcome.findings.filter { $0.place.section == ".dynstr" }
    #expect(inNames.count == 1)
    #expect(
      inNames.allSatisfy {
        $0.fate == .left(reason: "another name shares its bytes from byte \(name.count - 3) on")
      },
      "\(inNames)")
  }
}
