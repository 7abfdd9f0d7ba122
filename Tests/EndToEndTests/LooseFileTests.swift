import Foundation
import Testing

/// What compilers emit under other flags and for another processor, as files without a wheel around them.
@Suite(.timeLimit(.minutes(60)))
struct LooseFileTests {
  struct Compilation: Sendable, CustomTestStringConvertible {
    var compiler: String
    var flags: [String]
    var testDescription: String { ([compiler] + flags).joined(separator: " ") }

    static let all: [Compilation] = {
      let flags = [
        ["-g"], ["-gdwarf-4"], ["-g3"], ["-g3", "-gdwarf-4"], ["-g", "-O0", "-UNDEBUG"],
        ["-g", "-O2", "-DNDEBUG"],
        ["-g", "-ffunction-sections"], ["-g", "-Wl,--build-id=md5"], ["-g", "-Wl,--build-id=none"],
      ]
      // On an aarch64 machine gcc itself makes these files.
      let cross = Tools.firstInstalled(["aarch64-linux-gnu-gcc"]).map { _ in "aarch64-linux-gnu-gcc" }
      return ["gcc", "clang", cross].compactMap(\.self).flatMap { compiler in
        flags.map { Compilation(compiler: compiler, flags: $0) }
      }
    }()
  }

  @Test(arguments: Compilation.all)
  func `compilations in random directories become one`(_ compilation: Compilation) async throws {
    var images = [String]()
    for index in 0..<WheelBuilder.count { images.append(try await compile(compilation, index)) }
    #expect(Set(try await sha256(images)).count > 1)

    let fixed = try await images.fixed()
    let hashes = try await sha256(fixed.map(\.fixed))
    #expect(Set(hashes).count == 1, "\(hashes)")
    let again = try await [fixed[0].fixed].fixed()[0].fixed
    #expect(try await sha256(again) == hashes[0])

    let (original, result) = (fixed[0].original, fixed[0].fixed)
    let root = "/build/pip-req-build"
    try await Judges.readelf(original, result, root: root)
    try await Judges.llvm(original, result)
    try await Judges.elfutils(original, result)
    try await Judges.segments(original, result)
    try await Judges.addr2line(original, result, function: "stairs_count", root: root)
    try await Judges.gdb(
      result, function: "stairs_count", line: "total += tower_height(&tower);", root: root,
      source: Workspace.repository + "/fixtures")
  }

  @Test
  func `the cross compiler is there`() {
    #if arch(x86_64)
      #expect(Compilation.all.contains { $0.compiler == "aarch64-linux-gnu-gcc" }, "run scripts/setup")
    #endif
  }

  @Test
  func `a prefix that does not fit is refused before anything is read`() async throws {
    let image = try await compile(Compilation.all[0], 0)
    let output = try Workspace.shared.scratch("prefix")
    let long = "/" + String(repeating: "long", count: 200)
    let outcome = try await wheelscrub(["fix", "--prefix", long, "-w", output, image])
    #expect(outcome.status == 2, "\(outcome.transcript)")
    #expect(try names(in: output).isEmpty)

    let short = try await wheelscrub(["fix", "--prefix", "/src", "-w", output, image])
    #expect(short.succeeded, "\(short.transcript)")
    let fixed = output + "/" + (image as NSString).lastPathComponent
    let line = try await Tools.output(of: "readelf", ["-W", "--debug-dump=info", fixed])
    #expect(line.contains("/src/pip-req-build"))
  }

  /// The compiled file, and `loose/` beside it, in a directory as pip names its own.
  private func compile(_ compilation: Compilation, _ index: Int) async throws -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789_")
    let random = String((0..<8).map { _ in letters.randomElement()! })
    let top = try Workspace.shared.scratch("loose")
    let root = "\(Workspace.shared.path)/t\(index % 2)/pip-req-build-\(random)"
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Workspace.repository + "/fixtures/loose", toPath: root + "/loose")
    let image = top + "/libtower.so"
    try await Tools.output(
      of: compilation.compiler,
      compilation.flags + [
        // gold writes the output's path as given, and its hash, into the version definitions.
        "-shared", "-fPIC", "-o", "libtower.so", "-I", root + "/loose", root + "/loose/tower.c",
        "loose/stairs.c",
      ], in: root)
    try FileManager.default.moveItem(atPath: root + "/libtower.so", toPath: image)
    return image
  }
}
