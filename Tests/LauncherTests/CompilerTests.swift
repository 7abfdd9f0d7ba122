import Testing

@testable import Launcher

@Suite struct CompilerTests {
  @Test(
    arguments: [
      ("gcc", CompilerFamily.gcc, nil), ("g++-12", .gcc, 12), ("x86_64-linux-gnu-gcc", .gcc, nil),
      ("aarch64-linux-gnu-g++-13.2", .gcc, 13), ("clang", .clang, nil), ("clang++-14", .clang, 14),
      ("arm-none-eabi-gcc-8.3.1", .gcc, 8),
    ] as [(String, CompilerFamily, Int?)])
  func names(_ name: String, _ family: CompilerFamily, _ version: Int?) throws {
    let found = try #require(CompilerName(bytes(name)))
    #expect(found.family == family)
    #expect(found.version == version)
  }

  @Test(arguments: [
    "icc", "gcc-ar", "gcc-nm-12", "clang-format", "clang-cl", "afl-gcc", "c99-gcc", "gcc.sh", "", "-gcc",
    "--gcc",
    "clang-cpp", "gccgo", "gcc-", "cl", "nvcc", "ccache", "12",
  ])
  func otherNames(_ name: String) { #expect(CompilerName(bytes(name)) == nil) }

  @Test(arguments: ["cc", "c++", "x86_64-conda-linux-gnu-cc"])
  func eitherFamily(_ name: String) throws { #expect(try #require(CompilerName(bytes(name))).family == nil) }

  @Test(
    arguments: [
      ("gcc -c x.c", "", "gcc", "gcc -c x.c"), ("-- gcc -c", "", "gcc", "gcc -c"),
      ("sccache gcc -c", "sccache", "gcc", "sccache gcc -c"),
      (
        "/usr/bin/ccache /usr/bin/gcc -c", "/usr/bin/ccache", "/usr/bin/gcc",
        "/usr/bin/ccache /usr/bin/gcc -c"
      ),
      ("ccache /x/wheelscrub-cc ccache gcc -c", "ccache", "gcc", "ccache gcc -c"),
      ("wheelscrub cc gcc -c", "", "gcc", "gcc -c"), ("ccache -s", "", "ccache", "ccache -s"),
      ("sccache --show-stats", "", "sccache", "sccache --show-stats"), ("ccache", "", "ccache", "ccache"),
      ("ccache sccache gcc -c", "", nil, "ccache sccache gcc -c"),
    ] as [(String, String, String?, String)])
  func commands(_ line: String, _ launchers: String, _ compiler: String?, _ rest: String) {
    let command = Command(words(line))
    #expect(command.words == words(rest))
    // A cache without a compiler is its own command, and no compiler by its name.
    if let compiler, Cache(bytes(compiler)) == nil {
      #expect(command.launchers == words(launchers))
      #expect(command.compiler == bytes(compiler))
    } else {
      #expect(command.compiler == nil)
    }
  }

  @Test func environment() {
    var environment = Environment(words("A=1 PATH=/x PATHS=/y"))
    #expect(environment["PATH"] == bytes("/x"))
    #expect(environment["PAT"] == nil)
    environment["PWD"] = bytes("/proc/self/cwd")
    environment["A"] = bytes("2")
    #expect(environment.variables == words("A=2 PATH=/x PATHS=/y PWD=/proc/self/cwd"))
    environment["PATH"] = nil
    #expect(environment.variables.count == 3)
  }

  /// What another directory's headers could make wrong is off, whatever the user set; a base directory stays the user's.
  @Test func directMode() {
    var environment = Environment(words("CCACHE_DIRECT=1 CCACHE_DEPEND=1 CCACHE_BASEDIR=/x A=1"))
    environment.distrustDirectMode(bytes("/y"))
    #expect(environment.variables == words("CCACHE_BASEDIR=/x A=1 CCACHE_NODIRECT=1 CCACHE_NODEPEND=1"))
    environment = Environment([])
    environment.distrustDirectMode(bytes("/y"))
    #expect(environment.variables == words("CCACHE_NODIRECT=1 CCACHE_NODEPEND=1 CCACHE_BASEDIR=/y"))
  }

  /// A compiler's kind is asked for by whoever takes us for one.
  @Test func standIn() {
    #expect(OwnCommand.standIn(for: words("wheelscrub-cc -E x.c")) == words("cc"))
    #expect(OwnCommand.standIn(for: words("wheelscrub-cc gcc -E x.c")).isEmpty)
    #expect(OwnCommand.standIn(for: words("wheelscrub-cc --help")).isEmpty)
  }

  /// An unknown version is taken for a recent one; a known old one is not given flags that it lacks.
  @Test(arguments: [(7, false), (8, true), (nil, true)] as [(Int?, Bool)])
  func recent(_ version: Int?, _ expected: Bool) throws {
    let search = ProgramSearch(path: bytes("/usr/bin"), own: nil)
    var compiler = try #require(Compiler(bytes("gcc"), found: bytes("/usr/bin/gcc"), search: search))
    #expect(compiler.family == .gcc)
    compiler.version = version
    #expect(compiler.isRecent == expected)
  }
}
