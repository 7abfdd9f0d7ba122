import Foundation
import Testing

/// Files made to cost much, through every command of the built program.
@Suite(.timeLimit(.minutes(60)))
struct HostileTests {
  /// How each run ends, and how much memory it takes at most; how long it takes decides nothing.
  @Test func `small files that ask for much`() async throws {
    let judge = Workspace.repository + "/Tests/Judges/hostile.py"
    let environment = ["SIZES": "300,3000,30000", "SECONDS": "3000"]
    let outcome = try await Tools.run(
      Tools.python, [judge, Workspace.wheelscrub], environment: environment, limit: 3500)
    #expect(outcome.succeeded && outcome.output.contains("1134 runs, 0 broken"), "\(outcome.transcript)")
  }

  /// A wheel whose one member claims more than may be held: an error for it, and the rest of the command goes on.
  @Test func `beyond the memory limit`() async throws {
    let scratch = try Workspace.shared.scratch("memory")
    let make = """
      import sys, zipfile
      for name, size in (("large", 80 << 20), ("small", 1 << 10)):
          with zipfile.ZipFile(f"{sys.argv[1]}/{name}-1-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
              wheel.writestr(f"{name}/x.so", bytes([0x7f]) + b"ELF" + bytes(size))
              wheel.writestr(f"{name}-1.dist-info/WHEEL", "Wheel-Version: 1.0\\n")
              wheel.writestr(f"{name}-1.dist-info/RECORD", "")
      """
    try await Tools.output(of: Tools.python, ["-c", make, scratch])
    let wheels = ["large", "small"].map { "\(scratch)/\($0)-1-py3-none-any.whl" }
    let limited = try await wheelscrub(["check", "--isolated", "--memory-limit", "64M"] + wheels)
    #expect(limited.status == 2)
    let lines = limited.errors.split(separator: "\n").filter { $0.contains("--memory-limit") }
    #expect(lines.count == 1, "\(limited.transcript)")
    #expect(lines.allSatisfy { $0.contains("large/x.so") && $0.contains("64 MiB") }, "\(limited.transcript)")
    let free = try await wheelscrub(["check", "--isolated"] + wheels)
    #expect(!free.errors.contains("--memory-limit"), "\(free.transcript)")
  }
}
