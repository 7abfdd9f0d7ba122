import Foundation
import Testing

/// Runs that are killed, run again, and must leave what nobody disturbed. When the kill falls does not matter.
@Suite(.timeLimit(.minutes(60)))
struct InterruptedTests {
  @Test func `killed at random moments, then run once more`() async throws {
    let judge = Workspace.repository + "/Tests/Judges/kill_fix.py"
    let outcome = try await Tools.run(
      Tools.python, [judge, Workspace.wheelscrub, "random", "10", "15"], limit: 500)
    #expect(outcome.succeeded, "\(outcome.transcript)")
  }

  /// uv links what it installs to its cache.
  @Test func `other hard links keep the old content`() async throws {
    let cache = try Workspace.shared.scratch("cache")
    let site = try Workspace.shared.scratch("env") + "/site-packages"
    let make = """
      import sys; source = open(sys.argv[1]).read().rsplit("\\nmain()\\n", 1)[0]
      scope = {}; exec(source, scope); scope["make_tree"](sys.argv[2], 4)
      """
    let judge = Workspace.repository + "/Tests/Judges/kill_fix.py"
    try await Tools.output(of: Tools.python, ["-c", make, judge, cache])
    try await Tools.output(of: "cp", ["-al", cache + "/site-packages", site])
    try await Tools.output(of: "cp", ["-a", cache, cache + ".before"])
    let outcome = try await wheelscrub(["fix", "--in-place", site])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(try await Tools.run("diff", ["-r", cache, cache + ".before"]).succeeded)
    #expect(try await !Tools.run("diff", ["-r", cache + "/site-packages", site]).succeeded)
    // The second of two runs finds nothing to do.
    let again = try await wheelscrub(["fix", "--in-place", site])
    #expect(again.succeeded, "\(again.transcript)")
  }
}
