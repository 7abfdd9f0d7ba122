import Foundation
import Testing

/// The Python package, beside the program as an environment has the two.
@Suite(.timeLimit(.minutes(60)))
struct PythonPackageTests {
  private static let package = Workspace.repository + "/python"

  @Test func `its own tests pass`() async throws {
    let scratch = try Workspace.shared.scratch("python-package")
    let environment = scratch + "/v"
    _ = try await Tools.output(
      of: Tools.python, ["-m", "venv", "--without-pip", "--system-site-packages", environment])
    try FileManager.default.createSymbolicLink(
      atPath: environment + "/bin/wheelscrub", withDestinationPath: Workspace.wheelscrub)
    let outcome = try await Tools.run(
      environment + "/bin/python",
      [
        "-m", "pytest", "-q", "-p", "no:cacheprovider", Self.package + "/tests",
      ],
      in: scratch, environment: ["PYTHONPATH": Self.package, "PYTHONDONTWRITEBYTECODE": "1"])
    #expect(outcome.succeeded && outcome.output.contains("passed"), "\(outcome.transcript)")
  }

  @Test func `its types are whole`() async throws {
    let outcome = try await Tools.run(
      Tools.python, ["-m", "mypy", "--strict", "--cache-dir", "/dev/null", "wheelscrub", "tests"],
      in: Self.package)
    #expect(outcome.succeeded, "\(outcome.transcript)")
  }
}
