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
      import sys; sys.path.insert(0, sys.argv[1]); import kill_fix; kill_fix.make_tree(sys.argv[2], 4)
      """
    let judges = Workspace.repository + "/Tests/Judges"
    try await Tools.output(of: Tools.python, ["-B", "-c", make, judges, cache])
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

  /// Judged by the system, through CPython: what a file has besides its content is still there, or named.
  @Test func `attributes, ACLs and capabilities stay`() async throws {
    let scratch = try Workspace.shared.scratch("attributes")
    let prepare = """
      import os, struct, sys
      sys.path.insert(0, sys.argv[1])
      import kill_fix
      kill_fix.make_tree(sys.argv[2], 2)
      cache = sys.argv[2] + "/site-packages/pkg0/__pycache__/"
      file = cache + sorted(os.listdir(cache))[0]
      rows = ((1, 6, 0xffffffff), (2, 4, 12345), (4, 4, 0xffffffff), (16, 4, 0xffffffff), (32, 4, 0xffffffff))
      values = {
          "user.origin": b"here",
          "system.posix_acl_access": struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows),
          "security.capability": struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0),
      }
      for name, value in values.items():
          try:
              os.setxattr(file, name, value)
              print("set", name)
          except OSError as error:
              # Capabilities take root, the others a file system that has them.
              print("not set", name, error.strerror)
      os.chmod(file, 0o640)
      print(file)
      """
    let judges = Workspace.repository + "/Tests/Judges"
    let lines = try await Tools.output(of: Tools.python, ["-B", "-c", prepare, judges, scratch]).lines
    let file = try #require(lines.last)
    let show = """
      import os, sys
      status = os.stat(sys.argv[1])
      values = {name: os.getxattr(sys.argv[1], name) for name in sorted(os.listxattr(sys.argv[1]))}
      print(oct(status.st_mode), status.st_uid, status.st_gid, values)
      """
    let before = try await Tools.output(of: Tools.python, ["-c", show, file])
    let content = try Data(contentsOf: URL(filePath: file))
    let outcome = try await wheelscrub(["fix", "--in-place", scratch])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(try Data(contentsOf: URL(filePath: file)) != content)
    #expect(try await Tools.output(of: Tools.python, ["-c", show, file]) == before)
    for line in lines.dropLast() where line.hasPrefix("set ") { #expect(before.contains(line.dropFirst(4))) }
    #expect(!outcome.output.contains("could not be kept"))
  }
}
