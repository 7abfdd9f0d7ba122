import Foundation
import Testing

/// Independent programs read a fixed wheel as they read the original.
@Suite(.timeLimit(.minutes(60)))
struct JudgeTests {
  /// One original and its fixed counterpart, unpacked.
  private func images(of sdist: Sdist) async throws -> (original: String, fixed: String) {
    let wheel = try await WheelBuilder.shared.fixed(sdist.name)[0]
    let original = try extensionModule(in: try await unpacked(wheel.original))
    let fixed = try extensionModule(in: try await unpacked(wheel.fixed))
    return (original, fixed)
  }

  @Test(arguments: Sdist.leaking)
  func `readelf reads the same but for the paths`(_ sdist: Sdist) async throws {
    let (original, fixed) = try await images(of: sdist)
    try await Judges.readelf(original, fixed, root: sdist.stableRoot)
  }

  @Test(arguments: Sdist.leaking)
  func `llvm-dwarfdump, eu-readelf and eu-elflint find no new fault`(_ sdist: Sdist) async throws {
    let (original, fixed) = try await images(of: sdist)
    try await Judges.llvm(original, fixed)
    try await Judges.elfutils(original, fixed)
  }

  @Test(arguments: Sdist.leaking)
  func `nothing that is loaded moves`(_ sdist: Sdist) async throws {
    let (original, fixed) = try await images(of: sdist)
    try await Judges.segments(original, fixed)
  }

  @Test(arguments: Sdist.leaking)
  func `addr2line and gdb find the source`(_ sdist: Sdist) async throws {
    let (original, fixed) = try await images(of: sdist)
    try await Judges.addr2line(original, fixed, function: sdist.function, root: sdist.stableRoot)
    try await Judges.gdb(
      fixed, function: sdist.function, line: sdist.line, root: sdist.stableRoot,
      source: try await WheelBuilder.shared.source(sdist.name))
  }

  @Test(arguments: Sdist.leaking)
  func `the module imports and works`(_ sdist: Sdist) async throws {
    let fixed = try await unpacked(try await WheelBuilder.shared.fixed(sdist.name)[0].fixed)
    let program = "import \(sdist.package) as m; assert \(sdist.check)"
    let outcome = try await Tools.run(Tools.python, ["-c", program], environment: ["PYTHONPATH": fixed])
    #expect(outcome.succeeded, "\(outcome.transcript)")
  }

  @Test
  func `a path that the program itself uses is stable`() async throws {
    let fixed = try await unpacked(try await WheelBuilder.shared.fixed("asserting")[0].fixed)
    let program = "import asserting; print(asserting.where())"
    let path = try await Tools.output(of: Tools.python, ["-c", program], environment: ["PYTHONPATH": fixed])
    #expect(path.hasPrefix("/build/asserting/"), "\(path)")
    #expect(path.hasSuffix("/src/asserting.c\n"), "\(path)")
  }

  /// The build-id: as long as the linker made it, of these bytes, and not the one that sealed the old ones.
  @Test(arguments: [("plainc", 20), ("sealed-sha1", 20), ("sealed-hex", 13)])
  func `the build-id is sealed again in its length`(_ name: String, _ length: Int) async throws {
    let sdist = try #require(Sdist.leaking.first { $0.name == name })
    let (original, fixed) = try await images(of: sdist)
    let before = try await buildID(of: original)
    let after = try await buildID(of: fixed)
    #expect(after.count == 2 * length)
    #expect(before.count == after.count)
    #expect(before != after)

    let kept = try await wheelscrub([
      "fix", "--build-id", "keep", "-w", try Workspace.shared.scratch("keep"), original,
    ])
    #expect(kept.succeeded, "\(kept.transcript)")
  }

  private func buildID(of image: String) async throws -> String {
    let file = try Workspace.shared.scratch("note") + "/note"
    try await Tools.output(
      of: "objcopy", ["--dump-section", ".note.gnu.build-id=" + file, image, "/dev/null"])
    // Four bytes each: name size, descriptor size, type, "GNU\0" (gABI, note section).
    return try Data(contentsOf: URL(fileURLWithPath: file)).dropFirst(16)
      .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  @Test(arguments: Sdist.leaking)
  func `a full verification agrees`(_ sdist: Sdist) async throws {
    let wheel = try await WheelBuilder.shared.fixed(sdist.name)[0]
    let full = try await [wheel.original].fixed(["--verify", "full"])[0].fixed
    #expect(try await sha256(full) == sha256(wheel.fixed))
  }
}
