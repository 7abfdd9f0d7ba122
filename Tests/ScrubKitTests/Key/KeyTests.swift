import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// One key for builds in all directories, another for everything that is not the same.
@Suite struct KeyTests {
  private let scratch = Scratch()

  /// Everything that gcc and binutils make of one source.
  private static let script = """
    gcc -g -O1 -fPIC $DEFINES -c "$PWD/part.c" -o part.o
    gcc -g -O1 -fPIC -c "$PWD/whole.c" -o whole.o
    gcc -g -O1 -fPIC $DEFINES -E "$PWD/part.c" -o part.i
    gcc -shared -nostdlib -Wl,--build-id=sha1 part.o whole.o -o x.so
    ar rcD libx.a part.o whole.o
    cp part.o part.i x.so libx.a "$OUT"
    strip x.so -o "$OUT/stripped.so"
    """
  private static let files = ["part.o", "part.i", "x.so", "libx.a", "stripped.so"]
  private static let part = """
    #include "part.h"
    #ifdef TYPES
    typedef struct { int one; long another; } only_debuggers_see_me;
    static inline int nothing(int value) { only_debuggers_see_me *of = 0; return of ? 0 : value; }
    #endif
    #ifndef FACTOR
    #define FACTOR 3
    #endif
    const char *where(void) { return __FILE__; }
    /* Zeroed data, so that the rest of the last page is cleared and not mapped with debug info. */
    static int calls;
    int count(void) { return ++calls; }
    #ifdef TYPES
    int part(int value) { struct point p = {nothing(value), FACTOR}; return area(p); }
    #else
    int part(int value) { struct point p = {value, FACTOR}; return area(p); }
    #endif
    """

  private func build(_ name: String, _ defines: String = "") throws {
    var sources = Sources.quiet
    sources["part.c"] = Self.part
    try Builds.run("DEFINES='\(defines)'\n" + Self.script, in: scratch, to: name, sources: sources)
  }

  @Test(arguments: KeyLevel.allCases) func buildsOfTwoDirectoriesHaveOneKey(_ level: KeyLevel) throws {
    for name in ["a", "b"] { try build(name) }
    for file in Self.files {
      #expect(scratch.read("a/" + file) != scratch.read("b/" + file) || file == "stripped.so")
      #expect(try scratch.key("a/" + file, level) == scratch.key("b/" + file, level), "\(file)")
    }
    #expect(try scratch.key("a", level) == scratch.key("b", level))
    try scratch.expectKeysSurviveFix("a")
  }

  @Test(arguments: KeyLevel.allCases) func otherCodeHasAnotherKey(_ level: KeyLevel) throws {
    try build("a")
    try build("b", "-DFACTOR=4")
    for file in Self.files {
      #expect(try scratch.key("a/" + file, level) != scratch.key("b/" + file, level), "\(file)")
    }
    #expect(try scratch.key("a", level) != scratch.key("b", level))
  }

  /// Every byte that is loaded, one by one.
  @Test func eachByteCounts() throws {
    // Without a root: of one the random parts do not count.
    let original = try Compiler.sharedLibrary("gcc", ["-nostdlib", "-s"], sources: Sources.quiet)
    let image = try ElfImage(Bytes(original))
    let keys = ContentKeys(level: .runtime)
    let key = keys.key(of: Bytes(original))
    var bytes = original
    var ignored = 0
    for place in original.indices {
      bytes[place] ^= 1 << UInt8(place % 8)
      let changed = keys.key(of: Bytes(bytes))
      bytes[place] = original[place]
      let isLoaded =
        image.segments.contains { $0.isLoad && $0.fileRange.contains(place) }
        || image.section(named: ".comment")?.fileRange?.contains(place) == true
      let isMasked =
        image.buildIDs.contains { $0.contains(place) }
        || ElfHeaderFields.aboutSections(is64: true).contains { $0.contains(place) }
      if isLoaded && !isMasked { #expect(changed != key, "offset \(place)") } else { ignored += 1 }
    }
    #expect(ignored > 0)
  }

  @Test(arguments: ["gcc", "clang"]) func debugInfoCountsOnlyInFull(_ compiler: String) throws {
    let script = """
      for flags in -g0 -g "-g -DTYPES" "-g3 -gdwarf-4"; do
        name=$(echo $flags | tr -d ' ')
        \(compiler) -O1 -fPIC -ffunction-sections -w $flags -c "$PWD/part.c" -o "$OUT/part$name.o"
        \(compiler) -shared -nostdlib -Wl,--build-id=sha1 "$OUT/part$name.o" -o "$OUT/x.so"
        mv "$OUT/x.so" "$OUT/x$name.so"
        cp "$OUT/part$name.o" x.o; rm -f x.a; ar rcD x.a x.o; cp x.a "$OUT/lib$name.a"
      done
      """
    var sources = Sources.quiet
    sources["part.c"] = Self.part
    try Builds.run(script, in: scratch, to: "a", sources: sources)
    for kind in ["part*.o", "x*.so", "lib*.a"] {
      let files = ["-g0", "-g", "-g-DTYPES", "-g3-gdwarf-4"].map {
        "a/" + kind.replacingOccurrences(of: "*", with: $0)
      }
      let loaded = try files.map { try scratch.key($0, .runtime) }
      #expect(Set(loaded).count == 1, "\(kind)")
      let full = try files.map { try scratch.key($0) }
      #expect(Set(full).count == files.count, "\(kind)")
    }
  }

  @Test func aStrippedFileHasTheLoadedKeyOfTheWhole() throws {
    try build("a")
    #expect(try scratch.key("a/x.so", .runtime) == scratch.key("a/stripped.so", .runtime))
    #expect(try scratch.key("a/x.so") != scratch.key("a/stripped.so"))
  }

  /// Symbols are known by what they are, wherever in the table they stand.
  @Test func objectsThatReferToOtherSymbolsHaveOtherKeys() throws {
    let script = """
      for target in one two; do
        printf 'int one(void), two(void);\\nint call(void) { return %s(); }\\n' $target > x.c
        gcc -O1 -fPIC -c x.c -o "$OUT/$target.o"
        printf '.section .data.x,"aw"\\n.quad .L%s\\n.L1: .byte 1\\n.L2: .byte 1\\n' \\
          $(test $target = one && echo 1 || echo 2) > x.s
        as x.s -o "$OUT/local-$target.o"
        printf '.globl f\\n.%s f\\nf: nop\\n' $(test $target = one && echo hidden || echo protected) > x.s
        as x.s -o "$OUT/visible-$target.o"
      done
      """
    try Builds.run(script, in: scratch, to: "a")
    for prefix in ["", "local-", "visible-"] {
      #expect(
        try scratch.key("a/\(prefix)one.o", .runtime) != scratch.key("a/\(prefix)two.o", .runtime),
        "\(prefix)")
    }
  }

  @Test(arguments: KeyLevel.allCases) func whatCannotBeMadeOneIsRaw(_ level: KeyLevel) throws {
    try Builds.run(
      "gcc -g -O1 -flto -c \"$PWD/part.c\" -o \"$OUT/lto.o\"; ar rcD \"$OUT/lto.a\" \"$OUT/lto.o\"",
      in: scratch, to: "a")
    for path in ["a/lto.o", "a/lto.a"] {
      let report = scratch.keys([path], level)[0]
      #expect(report.key == .raw(Digest.of(Bytes(scratch.read(path)), .sha256)))
      #expect(report.reasons.contains { $0.message.contains("link-time optimization") }, "\(report.reasons)")
      #expect(report.key?.description.hasPrefix("raw:sha256:") == true)
    }
    let tree = scratch.keys(["a"], level)[0]
    #expect(tree.isRaw && !tree.reasons.isEmpty)
  }

  /// Half of a pair: the other half decides about bytes of this one. At run time nobody reads them.
  @Test func whatBelongsTogetherIsKeyedTogether() throws {
    // With a root that is loaded, so that the half without debug info changes as well.
    var sources = Sources.quiet
    sources["part.c"] = Self.part
    for name in ["a", "b"] { try Builds.run(Builds.pair, in: scratch, to: name, sources: sources) }
    let alone = scratch.keys(["a/x.so"])[0]
    #expect(alone.isRaw, "\(alone)")
    #expect(alone.reasons.contains { $0.message.contains("separate debug file") })
    #expect(try scratch.key("a/x.so", .runtime) == scratch.key("b/x.so", .runtime))
    let keys = ["a", "b"].map { name in
      scratch.keys(["\(name)/x.so", "\(name)/.debug/x.so.debug"]).map { $0.key?.description }
    }
    #expect(keys[0] == keys[1] && keys[0].allSatisfy { $0?.hasPrefix("v3:sha256:") == true })
    // Names made of the build-id are those after the fix.
    for level in KeyLevel.allCases { #expect(try scratch.key("a", level) == scratch.key("b", level)) }
    try scratch.expectKeysSurviveFix("a")
  }

  @Test(arguments: ["gcc", "clang"]) func splitDebugInfo(_ compiler: String) throws {
    // With zeroed data: debug info is not mapped behind it.
    var sources = Sources.quiet
    sources["whole.c"]! += "\nstatic int calls; int count(void) { return ++calls; }\n"
    for name in ["a", "b"] {
      try Builds.run(Builds.split(compiler, "-gdwarf-5"), in: scratch, to: name, sources: sources)
    }
    for level in KeyLevel.allCases { #expect(try scratch.key("a", level) == scratch.key("b", level)) }
    #expect(scratch.keys(["a/part.dwo"])[0].isRaw)
    // Nothing of it is loaded: it counts as a whole, and says so.
    let debug = scratch.keys(["a/part.dwo"], .runtime)[0]
    #expect(debug.level == .full && debug.isRaw)
    let files = ["part.o", "part.dwo", "whole.o", "whole.dwo"]
    let keys = ["a", "b"].map { name in scratch.keys(files.map { "\(name)/\($0)" }).map(\.key) }
    #expect(keys[0] == keys[1] && !keys[0].contains(nil))
    // A tree without what only debuggers read is the same at run time.
    let before = try scratch.key("a", .runtime)
    for name in ["part.dwo", "whole.dwo", "x.so.dwp"] {
      try FileManager.default.removeItem(atPath: "\(scratch.path)/a/\(name)")
    }
    #expect(try scratch.key("a", .runtime) == before)
  }

  @Test func standardInputIsTheFile() throws {
    try build("a")
    for file in Self.files {
      for level in KeyLevel.allCases {
        let input = unsafe open("\(scratch.path)/a/\(file)", O_RDONLY)
        defer { close(input) }
        let report = Keys(Options(), level: level, standardInput: input).run(["-"])[0]
        #expect(report.path == "-")
        #expect(try report.key?.description == scratch.key("a/" + file, level), "\(file)")
      }
    }
  }

  @Test func preprocessedText() throws {
    let root = "/tmp/pip-install-ab12cd34/demo_0123456789abcdef0123456789abcdef"
    let other = "/var/tmp/longer/pip-install-zzzzzzzz/demo_ffffffffffffffffffffffffffffffff"
    func text(_ root: String, _ line: Int = 1) -> [UInt8] {
      Array(
        """
        # 0 "\(root)/x.c"
        # 1 "\(root)//"
        # \(line) "\(root)/x.c"
        const char *f = "\(root)/x.c";

        """.utf8)
    }
    _ = scratch.file("a.i", text(root))
    _ = scratch.file("b.ii", text(other))
    _ = scratch.file("c.i", text(root, 2))
    _ = scratch.file("d.txt", text(root))
    _ = scratch.file("plain", Array("int x;\n".utf8))
    let key = try scratch.key("a.i")
    #expect(try scratch.key("b.ii") == key)
    #expect(try scratch.key("d.txt") == key)
    #expect(try scratch.key("c.i") != key)
    // Lines matter at run time as well.
    #expect(try scratch.key("a.i", .runtime) == key)
    #expect(scratch.keys(["a.i"], .runtime)[0].level == .full)
    // Neither name nor first bytes say what it is.
    #expect(scratch.keys(["plain"])[0].errors.count == 1)
    #expect(scratch.keys(["plain"], kind: .preprocessed)[0].key != nil)
    var options = Options()
    options.policy = try Policy(.default, prefix: StablePrefix("/b"))
    #expect(try scratch.key("a.i", options: options) != key)
  }

  @Test func whatHasNoKeyIsAnError() {
    _ = scratch.file("data.txt", Array("no image\n".utf8))
    _ = scratch.file("cut.so", [0x7f, 0x45, 0x4c, 0x46, 2, 1])
    let reports = scratch.keys(["data.txt", "cut.so", "missing"])
    #expect(reports.allSatisfy { $0.key == nil && $0.errors.count == 1 })
    for (report, name) in zip(reports, ["data.txt", "cut.so", "missing"]) {
      #expect(report.errors[0].place.path == "\(scratch.path)/\(name)")
    }
  }
}
