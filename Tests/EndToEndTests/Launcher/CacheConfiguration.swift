import Testing

/// One row of the table in docs/caches.md.
struct CacheConfiguration: Sendable, CustomTestStringConvertible {
  var name: String
  var kind: CompilerCache.Kind
  var usesLauncher = false
  var settings: [String: String] = [:]
  /// The sources lie in the same directory for both builds, and pip builds them there.
  var isInPlace = false
  /// What must be true of it: launchers promise, other rows are only told.
  var isPromise: Bool { usesLauncher }
  var testDescription: String { name }

  static let all = [
    CacheConfiguration(name: "no cache", kind: .none),
    CacheConfiguration(name: "no cache, launcher", kind: .none, usesLauncher: true),
    CacheConfiguration(name: "ccache", kind: .ccache),
    CacheConfiguration(
      name: "ccache, `CCACHE_BASEDIR=<TMPDIR>`", kind: .ccache,
      settings: ["CCACHE_BASEDIR": Workspace.shared.path]),
    CacheConfiguration(
      name: "ccache, `CCACHE_NOHASHDIR=1`", kind: .ccache, settings: ["CCACHE_NOHASHDIR": "1"]),
    CacheConfiguration(
      name: "ccache, `CCACHE_NOHASHDIR=1` and `CCACHE_BASEDIR=<TMPDIR>`", kind: .ccache,
      settings: ["CCACHE_NOHASHDIR": "1", "CCACHE_BASEDIR": Workspace.shared.path]),
    CacheConfiguration(name: "ccache, `CFLAGS=-g0`", kind: .ccache, settings: ["CFLAGS": "-g0"]),
    CacheConfiguration(name: "ccache, unpacked in one place", kind: .ccache, isInPlace: true),
    CacheConfiguration(name: "ccache, launcher", kind: .ccache, usesLauncher: true),
    CacheConfiguration(name: "sccache", kind: .sccache),
    CacheConfiguration(
      name: "sccache, `SCCACHE_BASEDIRS=<TMPDIR>`", kind: .sccache,
      settings: ["SCCACHE_BASEDIRS": Workspace.shared.path]),
    CacheConfiguration(
      name: "sccache, `SCCACHE_DIRECT=false`", kind: .sccache, settings: ["SCCACHE_DIRECT": "false"]),
    CacheConfiguration(name: "sccache, `CFLAGS=-g0`", kind: .sccache, settings: ["CFLAGS": "-g0"]),
    CacheConfiguration(name: "sccache, unpacked in one place", kind: .sccache, isInPlace: true),
    CacheConfiguration(name: "sccache, launcher", kind: .sccache, usesLauncher: true),
  ]
}

/// What two builds of all sdists came to.
struct CacheResult: Equatable, Sendable {
  /// Of the second build.
  var compiles: Int
  var hits: Int
  var modules: Int
  var identical: Int
  /// Modules of the second build that hold a random directory, and how many of these hold one of the first build.
  var leaking: Int
  var stale: Int

  func row(_ name: String) -> String {
    let hitCount = compiles == 0 ? "-" : "\(hits)/\(compiles)"
    let staleNote = stale == 0 ? "" : ", \(stale) of them **another build's**"
    return "| \(name) | \(hitCount) | \(identical)/\(modules) | \(leaking)/\(modules)\(staleNote) |"
  }
}
