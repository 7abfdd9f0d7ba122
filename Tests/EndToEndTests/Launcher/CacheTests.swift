import Foundation
import Testing

private let mayUseIndex = ProcessInfo.processInfo.environment["WHEELSCRUB_INDEX"] == "1"
private let updates = ProcessInfo.processInfo.environment["WHEELSCRUB_UPDATE_DOCS"] == "1"

/// Caches hit across random directories, and what they return is what the build would have made.
@Suite(.serialized, .timeLimit(.minutes(60)))
struct CacheTests {
  /// Those that this machine can run. Rows without the launcher promise nothing and are built for the table only.
  static let configurations = CacheConfiguration.all.filter {
    switch $0.kind {
    case .none: true
    case .ccache: isInstalled("ccache")
    case .sccache: mayUseIndex
    }
  }

  /// With WHEELSCRUB_ROWS=TEXT only rows whose name holds it.
  private static func isWanted(_ configuration: CacheConfiguration) -> Bool {
    ProcessInfo.processInfo.environment["WHEELSCRUB_ROWS"].map { configuration.name.contains($0) } ?? true
  }

  @Test(arguments: configurations.filter { ($0.isPromise || updates) && isWanted($0) })
  func `the second build hits, and its modules are those of the first`(
    _ configuration: CacheConfiguration
  ) async throws {
    let result = try await CachedBuilds(configuration: configuration, pip: CachedBuilds.fixtures.value).run()
    if configuration.usesLauncher {
      #expect(result.compiles == (configuration.kind == .none ? 0 : 21), "\(result)")
      #expect(result.hits == result.compiles, "\(result)")
      #expect(result.modules == 5 && result.identical == 5, "\(result)")
      #expect(result.leaking == 0, "\(result)")
    }
    try DocumentedTable("five sdists").tell(result.row(configuration.name), of: configuration.name)
  }

  /// Build requirements in directories of their own, of which some are headers; CMake and meson.
  @Test(
    .enabled(if: mayUseIndex, "needs a package index: run make test-index"),
    arguments: configurations.filter {
      ($0.usesLauncher || updates && $0.settings.isEmpty && !$0.isInPlace && $0.kind != .none) && isWanted($0)
    })
  func `isolated builds hit as well`(_ configuration: CacheConfiguration) async throws {
    let pip = try await IsolatedSdists.shared.value
    let result = try await CachedBuilds(
      configuration: configuration, pip: pip, environment: IndexTests.environment
    ).run()
    if configuration.usesLauncher {
      // CMake's probes are left alone, so they may miss; whatever else is compiled may not.
      #expect(result.compiles - result.hits <= IsolatedSdists.probes, "\(result)")
      #expect(result.modules == 3 && result.identical == 3, "\(result)")
      #expect(result.leaking == 0, "\(result)")
    }
    try DocumentedTable("isolated").tell(result.row(configuration.name), of: configuration.name)
  }
}
