import Foundation
import Testing

/// `diff --only-paths` behind `fix`, and `fix --report`, on wheels that pip built.
@Suite(.timeLimit(.minutes(60)))
struct ProofTests {
  private func fix(
    _ wheel: String, _ options: [String] = []
  ) async throws -> (fixed: String, report: String) {
    let directory = try Workspace.shared.scratch("proof")
    let report = directory + "/report.json"
    let fix = try await wheelscrub(["fix", "-w", directory, "--report", report, wheel] + options)
    #expect(fix.status == 0, "\(fix.transcript)")
    return (directory + "/" + (wheel as NSString).lastPathComponent, report)
  }

  @Test(arguments: Sdist.leaking)
  func `what fix wrote is proven, and its report names every byte`(_ sdist: Sdist) async throws {
    let wheel = try await WheelBuilder.shared.wheels(sdist.name)[0]
    let (fixed, report) = try await fix(wheel)
    let proof = try await wheelscrub(["diff", "--only-paths", wheel, fixed])
    #expect(proof.status == 0 && proof.output.hasPrefix("Only paths changed: "), "\(proof.transcript)")
    let ranges = try await Tools.judge("check_ranges.py", [report, wheel, fixed])
    #expect(ranges.succeeded, "\(ranges.transcript)")
    let schema = try await Tools.judge("check_report.py", ["fix-report", report])
    #expect(schema.succeeded, "\(schema.transcript)")
  }

  /// Without debug info all edits are in place, and the report tells them to the byte.
  @Test
  func `edits in place are told to the byte`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("asserting")[0]
    let output = try Workspace.shared.scratch("stripped")
    let directory = try await unpacked(wheel)
    for module in try extensionModules(in: directory) { try await Tools.output(of: "strip", [module]) }
    try await Tools.output(of: Tools.python, ["-m", "wheel", "pack", directory, "-d", output])
    let stripped = try "\(output)/\(names(in: output)[0])"
    let (fixed, report) = try await fix(stripped)
    let ranges = try await Tools.judge("check_ranges.py", [report, stripped, fixed, "exact"])
    #expect(ranges.succeeded, "\(ranges.transcript)")
  }

  @Test
  func `another byte is named`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let (fixed, _) = try await fix(wheel)
    let (original, result) = (
      try extensionModule(in: try await unpacked(wheel)), try extensionModule(in: try await unpacked(fixed))
    )
    var bytes = try Data(contentsOf: URL(fileURLWithPath: result))
    let sections = try await Tools.output(of: "readelf", ["-SW", result])
    let text = try #require(sections.lines.first { $0.contains(" .text ") })
    let words = text.split(whereSeparator: { " []".contains($0) })
    let offset = try #require(Int(words[4], radix: 16))
    bytes[offset + 5] ^= 1
    try bytes.write(to: URL(fileURLWithPath: result))
    for format in ["full", "concise", "json"] {
      let proof = try await wheelscrub(["diff", "--only-paths", "--output-format", format, original, result])
      #expect(proof.status == 1, "\(proof.transcript)")
      #expect(
        proof.output.contains(format == "json" ? "\"section\": \".text\"" : ".text+0x5: "),
        "\(proof.transcript)")
      guard format == "json" else { continue }
      let path = try Workspace.shared.scratch("proof") + "/proof.json"
      try Data(proof.output.utf8).write(to: URL(fileURLWithPath: path))
      let schema = try await Tools.judge("check_report.py", ["only-paths", path])
      #expect(schema.succeeded, "\(schema.transcript)")
    }
  }

  @Test
  func `a report of fix is in place as a whole or not at all`() async throws {
    let wheel = try await WheelBuilder.shared.wheels("plainc")[0]
    let directory = try Workspace.shared.scratch("proof")
    let full = try await wheelscrub(["fix", "--check", "--report", "/dev/full", wheel])
    #expect(full.status == 2 && full.errors.contains("/dev/full"), "\(full.transcript)")
    let taken = try await wheelscrub(["fix", "--check", "--report", wheel, wheel])
    #expect(taken.status == 2 && taken.errors.contains("--report"), "\(taken.transcript)")
    let limited = try await Tools.run(
      "bash",
      [
        "-c", "ulimit -f 1; exec \"$0\" fix --check --report report.json \"$1\"", Workspace.wheelscrub, wheel,
      ],
      in: directory)
    #expect(!limited.succeeded, "\(limited.transcript)")
    #expect(try !names(in: directory).contains("report.json"))
    let preview = try await wheelscrub(["fix", "--check", "--report", directory + "/report.json", wheel])
    #expect(preview.status == 1 && preview.errors.isEmpty, "\(preview.transcript)")
    let schema = try await Tools.judge("check_report.py", ["fix-report", directory + "/report.json"])
    #expect(schema.succeeded, "\(schema.transcript)")
  }
}
