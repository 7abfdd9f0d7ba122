import Foundation
import Testing

/// Wheels as auditwheel repairs them: patchelf puts new loaded bytes behind the debug sections.
@Suite(.timeLimit(.minutes(60)))
struct PatchedWheelTests {
  /// A library as auditwheel grafts it: the name ends in a hash, and is longer than what was there.
  private static let library = "libgrafted-with-a-rather-long-name-0a1b2c3d.so.5.4.3"

  @Test(arguments: ["plainc", "dwarf-four", "asserting"])
  func `a repaired wheel stays importable, and two become one`(_ name: String) async throws {
    let sdist = try #require(Sdist.leaking.first { $0.name == name })
    let originals = try await WheelBuilder.shared.wheels(name)[0..<4]
    var repaired = [String]()
    for original in originals { repaired.append(try await repair(original, sdist)) }
    #expect(Set(try await sha256(repaired)).count == 4)

    let fixed = try await repaired.fixed()
    #expect(Set(try await sha256(fixed.map(\.fixed))).count == 1)
    let tree = try await unpacked(fixed[0].fixed)
    let module = try extensionModule(in: tree + "/" + sdist.package)
    let dynamic = try await Tools.output(of: "readelf", ["-W", "--dynamic", module])
    #expect(dynamic.contains("[\(Self.library)]") && dynamic.contains("[$ORIGIN/../\(sdist.package).libs]"))
    // Its library is found through the new RPATH alone.
    let program = "import \(sdist.package) as m; assert \(sdist.check); print(open('/proc/self/maps').read())"
    let maps = try await Tools.output(of: Tools.python, ["-c", program], environment: ["PYTHONPATH": tree])
    #expect(maps.contains(Self.library))

    let before = try extensionModule(in: try await unpacked(fixed[0].original) + "/" + sdist.package)
    try await Judges.segments(before, module)
    try await Judges.readelf(before, module, root: sdist.stableRoot)
    try await Judges.llvm(before, module)
  }

  /// What `auditwheel repair` does, with the same program for the ELF part.
  private func repair(_ wheel: String, _ sdist: Sdist) async throws -> String {
    let tree = try await unpacked(wheel)
    let libraries = "\(tree)/\(sdist.package).libs"
    try FileManager.default.createDirectory(atPath: libraries, withIntermediateDirectories: true)
    let source = try Workspace.shared.scratch("grafted") + "/grafted.c"
    try Data("int grafted(void) { return 1; }\n".utf8).write(to: URL(fileURLWithPath: source))
    try await Tools.output(
      of: "gcc",
      ["-shared", "-fPIC", "-nostdlib", "-Wl,-soname,\(Self.library)", "-o", Self.library, source],
      in: libraries)
    let module = try extensionModule(in: "\(tree)/\(sdist.package)")
    try await Tools.output(of: "patchelf", ["--add-needed", Self.library, module])
    try await Tools.output(
      of: "patchelf", ["--force-rpath", "--set-rpath", "$ORIGIN/../\(sdist.package).libs", module])
    let output = try Workspace.shared.scratch("repaired")
    try await Tools.output(
      of: Tools.python, ["-m", "wheel", "pack", "--dest-dir", output, tree], environment: sourceDateEpoch)
    return try #require(try names(in: output).first.map { "\(output)/\($0)" })
  }
}
