import Testing

@testable import Launcher

@Suite struct RustDecisionTests {
  private static let root = "/tmp/pip-wheel-ab12cd34/x_0123456789abcdef0123456789abcdef"

  private func decide(_ arguments: String, in directory: String, _ variables: String = "") throws
    -> RustDecision
  {
    guard case .compile(let compile) = RustCompile.parse(words(arguments)) else {
      throw NoCompile()
    }
    return .make(compile, directory: bytes(directory), Environment(words(variables)))
  }

  private struct NoCompile: Error {}

  @Test(
    arguments: [
      ("x.rs", "/src", "", .noRoot), ("x.rs", root, "WHEELSCRUB_RUSTC=0", .switchedOff),
      ("x.rs --remap-path-prefix=\(root)=.", root, "", .mapped),
      ("x.rs --remap-path-prefix \(root)/src=/y", root, "", .mapped),
      ("x.rs --remap-path-prefix=/tmp=/y", root, "", .mapped),
      ("x.rs", "/tmp/ä/pip-req-build-ab12cd34", "", .notText),
    ] as [(String, String, String, RustReason)])
  func leftAlone(_ arguments: String, _ directory: String, _ variables: String, _ expected: RustReason) throws
  {
    guard case .leave(let reason) = try decide("--crate-name x " + arguments, in: directory, variables) else {
      Issue.record("not left alone")
      return
    }
    #expect(reason == expected)
  }

  /// Wherever the random directory is named; each once, and a longer name is another directory.
  @Test(arguments: [
    ("x.rs", root + "/sub", "", [root]), ("\(root)/x.rs", "/src", "", [root]),
    ("x.rs --out-dir \(root)/target", "/src", "", [root]),
    ("x.rs -L native=\(root)/target --remap-path-prefix=/src=.", "/src", "", [root]),
    ("x.rs", "/src", "OUT_DIR=\(root)/out", [root]),
    (
      "x.rs", root, "CARGO_MANIFEST_DIR=/tmp/pip-build-env-ab12cd34/x", [root, "/tmp/pip-build-env-ab12cd34"]
    ),
  ])
  func roots(_ arguments: String, _ directory: String, _ variables: String, _ expected: [String]) throws {
    guard case .crate(let crate) = try decide("--crate-name x " + arguments, in: directory, variables) else {
      Issue.record("left alone")
      return
    }
    #expect(crate.roots.all.map { text($0.path) } == expected)
    let mapped = crate.mapped(RustMaps(Environment([]), compiler: nil))
    let maps = zip(expected, crate.roots.all).map { "--remap-path-prefix=\($0)=\(text($1.stable))" }
    #expect(mapped.map(text) == (crate.compile.arguments.map(text) + maps))
    #expect(crate.roots.all[0].stable == bytes("/build/x"))
  }

  @Test(arguments: [
    ("HOME=/home/u", "/usr/bin/rustc", ["/home/u/.cargo=/cargo"]),
    (
      "HOME=/home/u CARGO_HOME=/c", "/home/u/.rustup/toolchains/s/bin/rustc",
      ["/home/u/.rustup/toolchains/s=/rust", "/c=/cargo"]
    ),
    ("HOME=/home/u CARGO_HOME=c", "/home/us/bin/rustc", ["/home/u/.cargo=/cargo"]),
    ("HOME=/", "/bin/rustc", []),
    ("", "/bin/rustc", []),
  ])
  func maps(_ variables: String, _ compiler: String, _ expected: [String]) {
    let maps = RustMaps(Environment(words(variables)), compiler: bytes(compiler))
    #expect(maps.arguments.map(text) == expected.map { "--remap-path-prefix=" + $0 })
  }
}

@Suite struct StableNamesTests {
  private let names = StableNames(links: [StableNames.Link(root: bytes("/t/r"), link: bytes("/p/x/1/root"))])

  @Test(arguments: [
    ("/t/r", "/p/x/1/root"), ("/t/r/a", "/p/x/1/root/a"), ("/t/rx", "/t/rx"), ("a/t/r", "a/t/r"), ("", ""),
  ])
  func paths(_ old: String, _ new: String) { #expect(text(names.path(bytes(old))) == new) }

  @Test func variables() {
    let environment = Environment(
      words(
        "PATH=/t/r/bin PWD=/t/r OUT_DIR=/t/r/o MINE=/t/r/m LIST=/t/r/a:/b FLAGS=-I/t/r CARGO_X=-I/t/r/i,/t/rx"
          + " CARGO_Y=/t/r odd"))
    #expect(
      names.environment(environment).variables
        == words(
          "PATH=/t/r/bin PWD=/t/r OUT_DIR=/p/x/1/root/o MINE=/p/x/1/root/m LIST=/t/r/a:/b FLAGS=-I/t/r"
            + " CARGO_X=-I/p/x/1/root/i,/t/rx CARGO_Y=/p/x/1/root odd"))
  }

  /// Options whose values only look like paths stay.
  @Test func arguments() throws {
    let line =
      "--crate-name x /t/r/x.rs --out-dir=/t/r/o -L native=/t/r/n --extern a=/t/r/a.rlib --cfg /t/r -C link-arg=/t/r"
    guard case .compile(let compile) = RustCompile.parse(words(line)) else {
      Issue.record("left alone")
      return
    }
    #expect(
      names.arguments(of: compile)
        == words(
          "--crate-name x /p/x/1/root/x.rs --out-dir=/p/x/1/root/o -L native=/p/x/1/root/n"
            + " --extern a=/p/x/1/root/a.rlib --cfg /t/r -C link-arg=/t/r"))
  }

  @Test(arguments: [
    ("/a", "/b", "/a /a/x x=/a", "/b /b/x x=/b"), ("/a", "/b", "/ab /a-1 /a.b", "/ab /a-1 /a.b"),
    ("/aa", "/b", "/a/aa: /aa", "/a/b: /b"), ("/a", "/longer", "", ""), ("/a", "", "/a", ""),
  ])
  func replacing(_ old: String, _ new: String, _ before: String, _ after: String) {
    #expect(replaced(bytes(old), by: bytes(new), in: bytes(before)) == bytes(after))
  }
}
