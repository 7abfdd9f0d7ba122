import Foundation

/// How pip is asked for a wheel, which decides how its random directories look.
enum Route: String, Sendable, CaseIterable {
  /// `pip wheel NAME`: `pip-wheel-R8/<name>_<32 hex>`.
  case byName
  /// `pip wheel ./x.tar.gz`: `pip-req-build-R8`.
  case byPath
}

/// An original wheel and what `fix` made of it.
struct FixedWheel: Sendable {
  var original: String
  var fixed: String
}

/// Builds sdists with pip in random directories, and fixes them; each once a test run, shared by all tests.
actor WheelBuilder {
  static let shared = WheelBuilder()

  /// Enough to show an order that follows a hash: two builds agree by chance too often.
  static let count = 8

  /// pip starts compilers of its own: as many builds as the smallest machine has cores.
  private let slots = Slots(2)
  private var sdists: [String: Task<String, any Error>] = [:]
  private var wheels: [String: Task<[String], any Error>] = [:]
  private var fixes: [String: Task<[FixedWheel], any Error>] = [:]

  /// The packed sdist, as pip finds it in an index.
  func sdist(_ name: String) async throws -> String {
    let task =
      sdists[name]
      ?? Task {
        let directory = Workspace.shared.path + "/sdists"
        let fixtures = Workspace.repository + "/fixtures"
        return try await Tools.output(
          of: Tools.python, [fixtures + "/pack-sdist", directory, "\(fixtures)/sdists/\(name)"]
        ).lines[0]
      }
    sdists[name] = task
    return try await task.value
  }

  /// The sdist's directory, unpacked as a debugger's user would have it.
  func source(_ name: String) async throws -> String {
    let sdist = try await sdist(name)
    let directory = try Workspace.shared.scratch("source")
    try await Tools.output(of: "tar", ["-xzf", sdist, "--strip-components=1", "-C", directory])
    return directory
  }

  /// Wheels of one sdist, each built in another random directory of the same length.
  func wheels(
    _ name: String, by route: Route = .byName, environment: [String: String] = [:]
  ) async throws -> [String] {
    let key = ([name, route.rawValue] + environment.sorted { $0.key < $1.key }.map { $0.key + $0.value })
      .joined(separator: "-")
    let task =
      wheels[key]
      ?? Task {
        let sdist = try await self.sdist(name)
        return try await self.build(sdist, named: name, by: route, environment: environment)
      }
    wheels[key] = task
    return try await task.value
  }

  /// The same wheels with what `fix -w` made of each.
  func fixed(_ name: String, by route: Route = .byName) async throws -> [FixedWheel] {
    let key = name + route.rawValue
    let task =
      fixes[key]
      ?? Task {
        try await self.wheels(name, by: route).fixed()
      }
    fixes[key] = task
    return try await task.value
  }

  /// Builds `count` wheels from one sdist file, two at a time.
  func build(
    _ sdist: String, named name: String, by route: Route, count: Int = count,
    environment: [String: String] = [:], options: [String] = ["--no-build-isolation", "--no-index"]
  ) async throws -> [String] {
    let top = try Workspace.shared.scratch("wheels")
    return try await withThrowingTaskGroup(of: (Int, String).self) { group in
      for index in 0..<count {
        group.addTask {
          let output = "\(top)/\(index)"
          let links = (sdist as NSString).deletingLastPathComponent
          let what = route == .byName ? ["--find-links", links, name] : [sdist]
          // Every second build lives under another parent.
          let parent = ["TMPDIR": "\(Workspace.shared.path)/t\(index % 2)"]
          await self.slots.take()
          let outcome = try? await Tools.run(
            Tools.python,
            ["-m", "pip", "wheel", "--no-deps", "--no-cache-dir", "--wheel-dir", output] + options + what,
            environment: environment.merging(parent) { $1 }, limit: 600)
          await self.slots.give()
          guard let outcome, outcome.succeeded, let wheel = try names(in: output).first else {
            throw ToolFailure(description: outcome?.transcript ?? "pip could not be run")
          }
          return (index, "\(output)/\(wheel)")
        }
      }
      var results = [Int: String]()
      for try await (index, wheel) in group { results[index] = wheel }
      return (0..<count).map { results[$0]! }
    }
  }
}

extension [String] {
  /// Fixes each of these wheels or loose files into a directory of its own.
  func fixed(_ options: [String] = []) async throws -> [FixedWheel] {
    var results = [FixedWheel]()
    for original in self {
      let output = try Workspace.shared.scratch("fixed")
      let outcome = try await wheelscrub(["fix"] + options + ["-w", output, original])
      guard outcome.succeeded else { throw ToolFailure(description: outcome.transcript) }
      let name = (original as NSString).lastPathComponent
      guard try names(in: output) == [name] else {
        throw ToolFailure(description: "\(outcome.transcript)\nwrote \(try names(in: output))")
      }
      results.append(FixedWheel(original: original, fixed: "\(output)/\(name)"))
    }
    return results
  }
}

/// Unpacks a wheel into a new directory.
func unpacked(_ wheel: String) async throws -> String {
  let directory = try Workspace.shared.scratch("unpacked")
  try await Tools.output(of: Tools.python, ["-m", "zipfile", "-e", wheel, directory])
  return directory
}

/// The extension modules below a directory, sorted.
func extensionModules(in directory: String) throws -> [String] {
  let files = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
  let modules = files.filter { $0.hasSuffix(".so") }.sorted()
  if modules.isEmpty { throw ToolFailure(description: "no .so in \(directory): \(files)") }
  return modules.map { "\(directory)/\($0)" }
}

/// The first of them, which is the only one of a fixture.
func extensionModule(in directory: String) throws -> String { try extensionModules(in: directory)[0] }
