import Foundation
import Testing

/// `fix --canonical`: one file, whoever packed the wheel, and installers that notice nothing.
@Suite(.timeLimit(.minutes(60)))
struct CanonicalTests {
  @Test func `packers and settings make no difference`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let scratch = try Workspace.shared.scratch("canonical")
    let judge = Workspace.repository + "/Tests/Judges/canonical.py"
    let outcome = try await Tools.run(Tools.python, [judge, Workspace.wheelscrub, wheel, scratch])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(outcome.output.contains("hashes 1,"), "\(outcome.transcript)")
  }

  @Test func `builds, their key and the proof`() async throws {
    let wheels = try await WheelBuilder.shared.wheels("plainc")
    let scratch = try Workspace.shared.scratch("canonical-key")
    var fixed: [String] = []
    for (number, wheel) in wheels.enumerated() {
      let directory = "\(scratch)/\(number)"
      let outcome = try await wheelscrub(["fix", "--canonical", "-w", directory, wheel])
      #expect(outcome.succeeded && outcome.output.contains("canonical form"), "\(outcome.transcript)")
      fixed.append(directory + "/" + (wheel as NSString).lastPathComponent)
      let proof = try await wheelscrub(["diff", "--only-paths", "--canonical", wheel, fixed[number]])
      #expect(proof.succeeded, "\(proof.transcript)")
      // Without that option it is another zip.
      let strict = try await wheelscrub(["diff", "--only-paths", wheel, fixed[number]])
      #expect(strict.status == 1, "\(strict.transcript)")
    }
    #expect(Set(try await sha256(fixed)).count == 1)
    let keys = try await wheelscrub(["key"] + wheels + fixed)
    #expect(keys.succeeded)
    #expect(Set(keys.output.split(separator: "\n").map { $0.prefix(74) }).count == 1, "\(keys.transcript)")
    let again = try await wheelscrub(["fix", "--canonical", "--in-place", "--exit-non-zero-on-fix"] + fixed)
    #expect(again.succeeded, "\(again.transcript)")
    let check = try await wheelscrub(["check", "--select", "BP1,ZP,RC"] + fixed)
    #expect(check.succeeded, "\(check.transcript)")
  }

  /// What strip leaves: nothing but an id.
  @Test func `stripped modules`() async throws {
    let scratch = try Workspace.shared.scratch("canonical-stripped")
    var fixed: [String] = []
    for name in ["ab12cd34", "zy98xw76"] {
      let root = "\(scratch)/pip-wheel-\(name)/x_0123456789abcdef0123456789abcdef"
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
      try "int answer(void) { return 42; }\n".write(toFile: root + "/x.c", atomically: true, encoding: .utf8)
      let module = "\(scratch)/\(name).so"
      let build = "gcc -g -O2 -fPIC -shared -Wl,--build-id -o \(module) \(root)/x.c && strip \(module)"
      try await Tools.output(of: "/bin/sh", ["-c", build])
      fixed.append(module)
    }
    #expect(Set(try await sha256(fixed)).count == 2)
    let diff = try await wheelscrub(["diff"] + fixed)
    #expect(
      diff.output.contains("stale-build-id") && diff.output.contains("fix --canonical"), "\(diff.transcript)")
    let outcome = try await wheelscrub(["fix", "--canonical", "--in-place"] + fixed)
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(Set(try await sha256(fixed)).count == 1)
  }
}
