import Foundation
import Testing

/// A library that finds another one through a run path into the directory where it was built.
@Suite(.timeLimit(.minutes(60)))
struct RunPathTests {
  @Test(arguments: ["--enable-new-dtags", "--disable-new-dtags"])
  func `a run path stays with a reason, and goes when asked to`(_ tags: String) async throws {
    let (library, root) = try await build(tags)
    let loads = ["-c", "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).above())", library]
    #expect(try await Tools.output(of: Tools.python, loads).lines == ["42"])
    let before = try await sha256(library)

    let check = try await wheelscrub(["check", library])
    #expect(check.status == 1)
    #expect(check.output.contains("error: BP401 \(root)"), "\(check.transcript)")
    #expect(check.output.contains("PATH entry 1 of 2"))

    let kept = try await wheelscrub(["fix", "--in-place", library])
    #expect(kept.status == 1, "\(kept.transcript)")
    #expect(kept.output.contains("anyone may create this directory"))
    #expect(try await sha256(library) == before)

    let removed = try await wheelscrub(["fix", "--in-place", "--fix-rpath", library])
    #expect(removed.succeeded, "\(removed.transcript)")
    #expect(try await wheelscrub(["check", library]).succeeded)
    let dynamic = try await Tools.output(of: "readelf", ["-W", "-d", library])
    #expect(dynamic.contains("PATH)") && dynamic.contains("[$ORIGIN/libs]"), "\(dynamic)")

    // Without the build directory the other entry decides.
    try FileManager.default.removeItem(atPath: root)
    let gone = try await Tools.run(Tools.python, loads)
    #expect(!gone.succeeded && gone.errors.contains("libbelow.so"), "\(gone.transcript)")
    let beside = (library as NSString).deletingLastPathComponent
    try FileManager.default.moveItem(atPath: beside + "/saved", toPath: beside + "/libs")
    #expect(try await Tools.output(of: Tools.python, loads).lines == ["42"])
  }

  /// `libabove.so`, without debug info, whose run path names the build directory and `$ORIGIN/libs`; a copy of
  /// what it needs lies in `saved`.
  private func build(_ tags: String) async throws -> (library: String, root: String) {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    let random = String((0..<8).map { _ in letters.randomElement()! })
    let root = "\(Workspace.shared.path)/t0/pip-req-build-\(random)"
    let target = try Workspace.shared.scratch("runpath")
    for directory in [root + "/lib", target + "/saved"] {
      try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }
    try Data("int below(void) { return 41; }".utf8).write(to: URL(fileURLWithPath: root + "/below.c"))
    try Data("int below(void); int above(void) { return below() + 1; }".utf8)
      .write(to: URL(fileURLWithPath: root + "/above.c"))
    let shared = ["-shared", "-fPIC", "-O1"]
    try await Tools.output(of: "gcc", shared + ["below.c", "-o", "lib/libbelow.so"], in: root)
    try await Tools.output(
      of: "gcc",
      shared + [
        "above.c", "-o", target + "/libabove.so", "-Llib", "-lbelow", "-Wl,\(tags)",
        "-Wl,-rpath,\(root)/lib:$ORIGIN/libs",
      ], in: root)
    try FileManager.default.copyItem(atPath: root + "/lib/libbelow.so", toPath: target + "/saved/libbelow.so")
    return (target + "/libabove.so", root)
  }
}
