import Foundation
import Testing

/// Compiles that used to be left alone, or to miss: they hit in another directory, and the object is the one that the
/// compiler alone would write there.
@Suite(.timeLimit(.minutes(60)))
struct HitTests {
  /// What is compiled twice, as a shell has it behind `$compile`, in `$PWD/build` below a random directory.
  static let compiles = [
    "gcc -g -c ../src/x.c", "clang -g -c ../src/x.c", "clang -g -c $PWD/../src/x.c -I$PWD/../include",
    "gcc -g -Wp,-MD,$PWD/x.d -c $PWD/../src/x.c", "gcc -g -Wp,-MMD,x.d -c ../src/x.c",
    "clang -g -Wp,-MD,x.d -c ../src/x.c", "gcc -g -O2 -fstack-usage -c ../src/x.c",
    "gcc -g -c ../src/a.S", "clang -g -c ../src/a.S", "gcc -g -x assembler-with-cpp -c $PWD/../src/a.S",
    "gcc -g -c unity.c", "clang -gdwarf-4 -c unity.c", "gcc -g -c $PWD/unity.c -I$PWD/../include",
  ]

  /// sccache's server starts the assembler without our PWD, and it does not keep `.su`.
  private static func isCached(_ compile: String, by kind: CompilerCache.Kind) -> Bool {
    kind == .ccache || !(compile.contains("a.S") || compile.contains("-fstack-usage"))
  }

  @Test(
    arguments: compiles.filter { $0.hasPrefix("gcc") || isInstalled("clang") }, FalseHitTests.kinds)
  func `another directory hits`(_ compile: String, _ kind: CompilerCache.Kind) async throws {
    let program = kind == .sccache ? try await pypiSccache.value : "ccache"
    let cache = try await CompilerCache.make(kind, program: program)
    var objects: Set<String> = []
    for _ in 0..<2 {
      let directory = try RandomDirectory.make()
      let (outcome, log) = try await script(
        """
        mkdir src include build; echo '#define N 7' > include/n.h
        printf 'const char *f(void) { return __FILE__; }\\n' > src/x.c
        printf '#include "../include/n.h"\\n.globl g\\ng: nop\\n.long N\\n' > src/a.S
        echo "#include \\"$PWD/src/x.c\\"" > build/unity.c
        find . -name '*.?' -exec touch -d 2020-01-01 {} +
        cd build; "$cc" "$program" \(compile) -o out.o
        ! grep -aqE 'pip-wheel|[0-9a-f]{32}' out.o
        case "\(compile)" in *-Wp*) grep -q x.c x.d ;; *-fstack-usage*) grep -q x.c out.su ;; esac
        sha256sum < out.o
        """, in: directory, environment: cache.environment.merging(["program": program]) { $1 })
      #expect(outcome.succeeded, "\(outcome.transcript)")
      #expect(log.count == 1 && log[0].hasPrefix("rewritten"), "\(log)")
      objects.insert(outcome.output)
    }
    let counts = try await cache.counts()
    await cache.stop()
    #expect(objects.count == 1, "\(objects)")
    #expect(counts.hits == (Self.isCached(compile, by: kind) ? 1 : 0), "\(counts)")
  }

  /// The compiler alone writes the same, so that a hit is no other program than a miss.
  @Test(arguments: compiles.filter { $0.hasPrefix("gcc") })
  func `without a cache it is the same object`(_ compile: String) async throws {
    var objects: Set<String> = []
    for front in [[], isInstalled("ccache") ? ["ccache"] : []] {
      let directory = try RandomDirectory.make()
      let storage = try Workspace.shared.scratch("cache")
      let (outcome, _) = try await script(
        """
        mkdir src include build; echo '#define N 7' > include/n.h
        printf 'const char *f(void) { return __FILE__; }\\n' > src/x.c
        printf '#include "../include/n.h"\\n.globl g\\ng: nop\\n.long N\\n' > src/a.S
        echo "#include \\"$PWD/src/x.c\\"" > build/unity.c
        cd build; "$cc" \(front.joined()) \(compile) -o out.o; sha256sum < out.o
        """, in: directory, environment: ["CCACHE_DIR": storage])
      #expect(outcome.succeeded, "\(outcome.transcript)")
      objects.insert(outcome.output)
    }
    #expect(objects.count == 1)
  }

  /// A build system that puts a cache before what is in CC, as the cc crate does with RUSTC_WRAPPER: the outer one takes
  /// the launcher for a compiler, asks what kind it is, and starts it; the inner one hits.
  @Test(arguments: FalseHitTests.kinds)
  func `a cache before the launcher goes on`(_ kind: CompilerCache.Kind) async throws {
    let program = kind == .sccache ? try await pypiSccache.value : "ccache"
    let cache = try await CompilerCache.make(kind, program: program)
    var objects: Set<String> = []
    for _ in 0..<2 {
      let directory = try RandomDirectory.make()
      let (outcome, log) = try await script(
        """
        echo 'int x;' > x.c; touch -d 2020-01-01 x.c
        \(kind == .sccache ? "\"$program\"" : "") "$cc" "$program" gcc -g -c "$PWD/x.c" -o "$PWD/x.o"
        ! grep -aq pip-wheel x.o; sha256sum < x.o
        echo 'CHECK __GNUC__' > kind.c; "$cc" -E kind.c | grep -q '^CHECK [0-9]'
        """, in: directory, environment: cache.environment.merging(["program": program]) { $1 })
      #expect(outcome.succeeded, "\(outcome.transcript)")
      #expect(log.filter { $0.hasPrefix("rewritten") }.count == 1, "\(log)")
      objects.insert(outcome.output)
    }
    let counts = try await cache.counts()
    await cache.stop()
    #expect(objects.count == 1)
    #expect(counts.hits == 1, "\(counts)")
  }
}
