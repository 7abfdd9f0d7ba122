import Testing

@testable import Launcher

@Suite struct RustCompileTests {
  /// What cargo gives for a library.
  static let library =
    "--crate-name leaf --edition=2021 leaf/src/lib.rs --error-format=json --json=artifacts --crate-type lib"
    + " --emit=dep-info,metadata,link -C opt-level=3 -C embed-bitcode=no -C metadata=12"
    + " -C extra-filename=-34 --out-dir /t/deps -L dependency=/t/deps"

  private func compile(_ text: String) throws -> RustCompile {
    let parsed = RustCompile.parse(words(text))
    guard case .compile(let compile) = parsed else { throw LeftAlone(reason: "\(parsed)") }
    return compile
  }

  private struct LeftAlone: Error { var reason: String }

  @Test(arguments: [
    ("--crate-name x x.rs --out-dir /o", ["/o"]), ("--crate-name x x.rs --out-dir=/o", ["/o"]),
    ("--crate-name x x.rs --extern a=/a.rlib --extern=b=/b.rmeta --extern std", ["/a.rlib", "/b.rmeta"]),
    ("--crate-name x x.rs --extern noprelude:a=/a=b.rlib", ["/a=b.rlib"]),
    ("--crate-name x x.rs -L /l -Lnative=/n -L dependency=/d -L other=/k", ["/l", "/n", "/d", "other=/k"]),
    ("--crate-name x x.rs -o /x -ldl -l static=/no -Awarnings -A /no -C linker=/no -Clink-arg=/no", ["/x"]),
    ("--crate-name x x.rs --cfg /no --check-cfg /no --cap-lints allow --color=/no -g -O -v", []),
  ])
  func paths(_ text: String, _ expected: [String]) throws {
    let compile = try compile(text)
    #expect(compile.paths.map { String(decoding: compile.text(of: $0), as: UTF8.self) } == expected)
    #expect(compile.source == bytes("x.rs") && compile.text(of: compile.sourcePath) == bytes("x.rs"))
    #expect(compile.crateName == bytes("x"))
  }

  @Test func aLibraryOfCargos() throws {
    let compile = try compile(Self.library + " --extern a=/t/deps/liba.rmeta -L native=/t/out -L /usr/lib")
    #expect(compile.uncached == nil)
    #expect(compile.depfile == bytes("leaf-34.d"))
    #expect(compile.outputDirectory.map { compile.text(of: $0) } == bytes("/t/deps"))
    #expect(compile.externalCrates == words("a=liba.rmeta"))
    #expect(compile.crateDirectories == words("/t/deps /t/deps /usr/lib"))
    #expect(compile.libraryDirectories == words("/t/out /usr/lib"))
  }

  /// In the order in which they are found.
  @Test(
    arguments: [
      ("--test", .test), ("--crate-type bin", .crateType), ("--crate-type=lib,cdylib", .crateType),
      ("--crate-type proc-macro", .crateType), ("--crate-type staticlib", .crateType),
      ("-C incremental=/i", .incremental), ("-Cincremental=/i", .incremental), ("-o /x", .namedOutput),
      ("--codegen incremental=/i", .incremental), ("-Zthreads=8", .unstable), ("-Z threads=8", .unstable),
      ("--emit asm", .emit), ("--emit=link=/x", .emit), ("--sysroot /s", .target),
      ("--target t.json", .target), ("-C profile-use=/p", .codegen), ("-C instrument-coverage", .codegen),
      ("-C save-temps", .codegen), ("-C split-debuginfo=packed", .codegen), ("-C split_debuginfo=off", nil),
      ("-C llvm-args=-x", .codegen), ("-C opt_level=s", nil), ("--target x86_64-unknown-linux-musl", nil),
      ("-C lto=fat -C codegen-units=1 -C panic=abort -C linker=cc -C link-arg=-s -C target-cpu=native", nil),
    ] as [(String, RustReason?)])
  func cached(_ more: String, _ expected: RustReason?) throws {
    #expect(try compile(Self.library + " " + more).uncached == expected)
  }

  @Test func whatIsMissing() throws {
    #expect(try compile("--crate-name x x.rs --crate-type lib --emit=link").uncached == .noOutputDirectory)
    #expect(try compile("--crate-name x x.rs --crate-type lib --out-dir /o").uncached == .emit)
    #expect(try compile("--crate-name x x.rs --emit=link --out-dir /o").uncached == .crateType)
  }

  @Test(
    arguments: [
      ("-vV", .otherJob), ("-V", .otherJob), ("--version", .otherJob), ("-h", .otherJob), ("", .noCrate),
      ("- --crate-name ___ --print=file-names", .standardInput), ("--print sysroot", .otherJob),
      ("--explain E0001", .otherJob), ("--crate-name x", .noInput), ("x.rs", .noCrate),
      ("--crate-name x x.rs y.rs", .severalInputs), ("--crate-name x x.rs @more", .responseFile),
      ("--crate-name x x.rs --unheard-of", .unknownOption), ("--crate-name x x.rs -q", .unknownOption),
      ("--crate-name x x.rs --testing", .unknownOption), ("--crate-name x x.rs -vx", .unknownOption),
      ("--crate-name x x.rs -C", .noValue), ("--crate-name x x.rs --out-dir", .noValue),
    ] as [(String, RustReason)])
  func leftAlone(_ text: String, _ expected: RustReason) throws {
    guard case .leave(let reason) = RustCompile.parse(words(text)) else {
      Issue.record("not left alone")
      return
    }
    #expect(reason == expected)
  }

  @Test func anEmptyArgument() {
    guard case .leave(.emptyArgument) = RustCompile.parse([bytes("--crate-name"), bytes("x"), []]) else {
      Issue.record("not left alone")
      return
    }
  }

  @Test(
    arguments: [
      ("rustc -vV", nil, "rustc", "rustc -vV"), ("/x/rustc a", nil, "/x/rustc", "/x/rustc a"),
      ("sccache rustc a", "sccache", "rustc", "sccache rustc a"),
      (
        "/x/wheelscrub-rustc /x/sccache wheelscrub-rustc /y/rustc a", "/x/sccache", "/y/rustc",
        "/x/sccache /y/rustc a"
      ),
      ("clippy-driver rustc a", nil, nil, "clippy-driver rustc a"), ("rustdoc a", nil, nil, "rustdoc a"),
      ("sccache", nil, nil, "sccache"), ("sccache gcc -c", "sccache", nil, "sccache gcc -c"),
      ("rustc-1.70 a", nil, nil, "rustc-1.70 a"), ("wheelscrub-rustc", nil, nil, ""), ("", nil, nil, ""),
    ] as [(String, String?, String?, String)])
  func commands(_ line: String, _ cache: String?, _ compiler: String?, _ rest: String) {
    let command = RustCommand(words(line))
    #expect(command.cache == cache.map(bytes))
    #expect(command.compiler == compiler.map(bytes))
    #expect(command.words == words(rest))
    if compiler != nil {
      #expect(command.arguments == Array(words(rest).drop { $0 != bytes(compiler!) }.dropFirst()))
    }
  }
}
