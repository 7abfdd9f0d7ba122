import Foundation
import Testing

/// What cargo starts, and what comes of it, without a cache.
@Suite(.enabled(if: RustToolchain.isInstalled, "needs rustc and cargo"), .timeLimit(.minutes(60)))
struct RustRunTests {
  private func build(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> RustDemo {
    let demo = try RustDemo()
    let outcome = try await demo.cargo(arguments, environment: environment)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    return demo
  }

  /// Every library, macro, build script and module, whatever cargo is told of code; and the paths that they tell.
  @Test(arguments: [
    [:], ["CARGO_PROFILE_RELEASE_LTO": "fat", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "1"],
    ["CARGO_PROFILE_RELEASE_LTO": "thin", "CARGO_PROFILE_RELEASE_PANIC": "abort"],
    [
      "CARGO_PROFILE_RELEASE_STRIP": "symbols", "CARGO_PROFILE_RELEASE_DEBUG": "0",
      "RUSTFLAGS": "-Clinker=gcc",
    ],
  ])
  func `two directories, one result`(_ settings: [String: String]) async throws {
    let one = try await build(["build", "--release"], settings)
    let two = try await build(["build", "--release"], settings)
    let sums = try await one.sums()
    let others = try await two.sums()
    #expect(sums.count >= 9 && sums == others)
    #expect(try await one.text() == demoText)
    let held = try await Tools.run(
      "grep", ["-rlaE", "pip-wheel|launch-[0-9a-f]", "target/release", "--include=*.rlib", "--include=*.so"],
      in: two.root)
    #expect(held.output.isEmpty, "\(held.transcript)")
    #expect(two.log.contains { $0.hasPrefix("mapped (no cache: none is asked for): ") })
  }

  @Test(arguments: [["build"], ["test", "--no-run", "--workspace"]])
  func `debug builds are the same`(_ arguments: [String]) async throws {
    let one = try await build(arguments, ["CARGO_INCREMENTAL": "0"])
    let two = try await build(arguments, ["CARGO_INCREMENTAL": "0"])
    let sums = try await one.sums("debug")
    let others = try await two.sums("debug")
    #expect(sums.count >= 7 && sums == others)
  }

  /// rustc names the objects of an incremental compile by chance, so its libraries are never the same.
  @Test
  func `incremental builds work`() async throws {
    let demo = try await build(["build"])
    #expect(try await demo.text("debug") == demoText)
    try demo.replace("line!()", "line!() + 40", in: "leaf/src/inner.rs")
    let outcome = try await demo.cargo(["build"])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(try await demo.text("debug").contains("lib.rs:42"))
  }

  @Test(arguments: [["check", "--workspace"], ["doc", "--no-deps"], ["clippy", "--workspace"]])
  func `what is no build works`(_ arguments: [String]) async throws {
    let isThere =
      arguments[0] != "clippy"
      || FileManager.default.isExecutableFile(atPath: RustToolchain.directory! + "/cargo-clippy")
    guard isThere else { return }
    let demo = try await build(arguments)
    let changed = demo.log.filter {
      $0.contains("clippy-driver") && !$0.hasPrefix("left alone (not rustc itself)")
    }
    #expect(changed.isEmpty && !demo.log.isEmpty)
  }

  @Test
  func `both wrappers may be set`() async throws {
    let demo = try await build(["build", "--release"], ["RUSTC_WORKSPACE_WRAPPER": rustLauncher])
    #expect(try await demo.text() == demoText)
    #expect(demo.log.filter { $0.hasPrefix("mapped") }.allSatisfy { !$0.contains("wheelscrub-rustc") })
  }

  /// A path that the program is to hold is what `check` is there for.
  @Test
  func `what a crate writes into the program is reported`() async throws {
    let demo = try RustDemo()
    try demo.replace("file!(), mac", "env!(\"CARGO_MANIFEST_DIR\"), mac", in: "src/lib.rs")
    let outcome = try await demo.cargo(["build", "--release"])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(try await demo.text().contains("|\(demo.root)|"))
    let checked = try await wheelscrub(["check", "target/release/librusty.so"], in: demo.root)
    #expect(
      checked.status == 1 && checked.output.contains("RUSTC_WRAPPER=wheelscrub-rustc"),
      "\(checked.transcript)")
  }

  @Test
  func `five thousand command lines keep to the rules`() async throws {
    let outcome = try await Tools.run(
      Tools.python,
      [
        Workspace.repository + "/Tests/Judges/fuzz_rustc.py", rustLauncher,
        try Workspace.shared.scratch("fuzz"), "5000", "20250101",
      ], limit: 600)
    #expect(outcome.succeeded, "\(outcome.transcript)")
  }
}
