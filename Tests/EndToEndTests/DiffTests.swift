import Foundation
import Testing

/// `diff` is the question after `sha256sum` said no: its answer must agree with what `fix` then does.
@Suite(.timeLimit(.minutes(60)))
struct DiffTests {
  @Test(arguments: Sdist.leaking)
  func `two builds differ in nothing that fix leaves`(_ sdist: Sdist) async throws {
    let wheels = try await WheelBuilder.shared.fixed(sdist.name)
    for pair in zip(wheels, wheels.dropFirst()) {
      let before = try await wheelscrub(["diff", pair.0.original, pair.1.original])
      #expect(before.status == 1, "\(before.transcript)")
      // Of a single difference it says "it".
      let removesAll =
        before.output.hasSuffix("fix removes all of them.\n") || before.output.hasSuffix("fix removes it.\n")
      #expect(removesAll && !before.output.contains("fix leaves it"), "\(before.transcript)")
      #expect(before.output.contains("build-root: "), "\(before.transcript)")
      let after = try await wheelscrub(["diff", pair.0.fixed, pair.1.fixed])
      #expect(after.status == 0 && after.output == "identical\n", "\(after.transcript)")
    }
  }

  @Test
  func `without SOURCE_DATE_EPOCH the times remain`() async throws {
    // pip gives every member one time, or the clock's; here they differ for certain.
    var wheels = [String]()
    for (index, wheel) in try await WheelBuilder.shared.wheels("plainc").prefix(2).enumerated() {
      let late = try Workspace.shared.scratch("late") + "/" + (wheel as NSString).lastPathComponent
      let script = """
        import sys, zipfile
        with zipfile.ZipFile(sys.argv[1]) as old, zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED) as new:
            for member in old.infolist():
                member.date_time = (2031 + int(sys.argv[3]), 1, 2, 3, 4, 6)
                new.writestr(member, old.read(member.filename))
        """
      try await Tools.output(of: Tools.python, ["-c", script, wheel, late, "\(index)"])
      wheels.append(late)
    }
    let arguments = ["diff", "--output-format", "concise"] + wheels
    let kept = try await wheelscrub(arguments, environment: [:])
    #expect(
      kept.output.lines.contains { $0.contains("member-time") && $0.contains("[remains]") },
      "\(kept.transcript)")
    let clamped = try await wheelscrub(arguments)
    #expect(!clamped.output.contains("[remains]"), "\(clamped.transcript)")
  }

  @Test
  func `another length of TMPDIR is named`() async throws {
    let sdist = try await WheelBuilder.shared.sdist("asserting")
    let long = try await WheelBuilder.shared.wheels("asserting")[0]
    let directory = try Workspace.shared.scratch("a-directory-with-a-long-name")
    let output = try Workspace.shared.scratch("longer")
    try await Tools.output(
      of: Tools.python,
      [
        "-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "--no-build-isolation", "--no-index",
        "--wheel-dir",
        output, "--find-links", (sdist as NSString).deletingLastPathComponent, "asserting",
      ], environment: ["TMPDIR": directory], limit: 600)
    let other = "\(output)/\(try names(in: output)[0])"
    let diff = try await wheelscrub(["diff", "--output-format", "concise", long, other])
    let remaining = diff.output.lines.filter { $0.contains("[remains]") }
    #expect(diff.status == 1 && !remaining.isEmpty, "\(diff.transcript)")
    #expect(remaining.allSatisfy { $0.contains(": path-length ") }, "\(diff.transcript)")
  }

  @Test
  func `trees and loose files are compared as wheels are`() async throws {
    let wheels = try await WheelBuilder.shared.fixed("plainc")
    let trees = [try await unpacked(wheels[0].original), try await unpacked(wheels[1].original)]
    let modules = try trees.map { try extensionModule(in: $0) }
    let loose = try await wheelscrub(["diff"] + modules)
    #expect(loose.status == 1 && loose.output.contains("fix removes all of them"), "\(loose.transcript)")
    let tree = try await wheelscrub(["diff", "--output-format", "concise"] + trees)
    // fix writes no RECORD outside of a wheel.
    let remaining = tree.output.lines.filter { $0.contains("[remains]") }
    #expect(remaining.allSatisfy { $0.contains("RECORD") }, "\(tree.transcript)")
    let mixed = try await wheelscrub(["diff", wheels[0].original, trees[0]])
    #expect(mixed.status == 2 && mixed.output.isEmpty && mixed.errorLines.count == 1, "\(mixed.transcript)")
  }
}
