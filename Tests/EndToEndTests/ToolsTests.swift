import Testing

/// The harness itself: a test that cannot fail is none.
@Suite(.timeLimit(.minutes(60)))
struct ToolsTests {
  @Test
  func `a program that does not end is ended`() async throws {
    let outcome = try await Tools.run("sleep", ["60"], limit: 1)
    #expect(outcome.status == 124, "\(outcome.transcript)")
  }

  @Test
  func `a program starts with no signal blocked`() async throws {
    let status = try await Tools.output(of: "grep", ["SigBlk", "/proc/self/status"])
    #expect(status.contains("0000000000000000"), "\(status)")
  }

  @Test
  func `output and errors are kept apart`() async throws {
    let outcome = try await Tools.run("sh", ["-c", "echo out; echo err >&2; exit 3"])
    #expect(outcome.output == "out\n")
    #expect(outcome.errors == "err\n")
    #expect(outcome.status == 3)
  }

  @Test
  func `the developer's settings do not reach a program`() async throws {
    let environment = try await Tools.output(of: "env", [])
    #expect(!environment.contains("PYTHONDONTWRITEBYTECODE"))
    #expect(!environment.contains("PIP_FIND_LINKS"))
  }
}
