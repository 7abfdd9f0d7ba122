import Foundation
import Testing

private let mayUseIndex = ProcessInfo.processInfo.environment["WHEELSCRUB_INDEX"] == "1"

/// Trees that differ in a header, a generated file or a -D, built at once, again and again, through one cache.
@Suite(.timeLimit(.minutes(60)))
struct FalseHitTests {
  static let kinds: [CompilerCache.Kind] =
    (isInstalled("ccache") ? [.ccache] : []) + (mayUseIndex ? [.sccache] : [])

  @Test(arguments: kinds)
  func `no tree gets another's object`(_ kind: CompilerCache.Kind) async throws {
    let program = kind == .sccache ? try await pypiSccache.value : "ccache"
    let cache = try await CompilerCache.make(kind, program: program)
    let outcome = try await Tools.run(
      Tools.python,
      [
        Workspace.repository + "/Tests/Judges/false_hits.py", launcher, program,
        try Workspace.shared.scratch("trees"),
      ], environment: cache.environment, limit: 300)
    let counts = try await cache.counts()
    await cache.stop()
    #expect(outcome.succeeded, "\(outcome.transcript)")
    // A cache that never hits is never wrong.
    #expect(counts.compiles == 120 || !isInstalled("clang"), "\(counts)")
    #expect(counts.hits * 2 > counts.compiles, "\(counts)")
  }

  /// What is not in the preprocessed text of a first compile, or not read by it: headers that come to be found, links,
  /// `#embed`, module maps, frameworks, response files, and what the assembler reads.
  @Test(arguments: kinds)
  func `no tree gets the object of one where other files were found`(_ kind: CompilerCache.Kind) async throws
  {
    let program = kind == .sccache ? try await pypiSccache.value : "ccache"
    let cache = try await CompilerCache.make(kind, program: program)
    let outcome = try await Tools.run(
      Tools.python,
      [
        Workspace.repository + "/Tests/Judges/hidden_inputs.py", launcher, program,
        try Workspace.shared.scratch("hidden"),
      ], environment: cache.environment, limit: 500)
    let counts = try await cache.counts()
    await cache.stop()
    #expect(outcome.succeeded, "\(outcome.transcript)")
    // Each is built twice: at least those hit that a cache may be asked for.
    #expect(counts.compiles > 50 && counts.hits * 2 > counts.compiles, "\(counts)")
  }
}
