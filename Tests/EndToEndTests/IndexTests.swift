import Foundation
import Testing

private let mayUseIndex = ProcessInfo.processInfo.environment["WHEELSCRUB_INDEX"] == "1"

/// Real packages. pip downloads their sources, so this runs only where it is asked for: `make test-index`.
@Suite(
  .enabled(if: mayUseIndex, "needs a package index: run make test-index"), .serialized,
  .timeLimit(.minutes(60)))
struct IndexTests {
  struct Package: Sendable, CustomTestStringConvertible {
    var name: String
    /// A Python program that uses the extension itself, not its pure Python stand-in.
    var program: String
    var testDescription: String { name }
  }

  static let packages = [
    Package(
      name: "markupsafe",
      program: "from markupsafe._speedups import _escape_inner as e; assert e('<') == '&lt;'"),
    Package(
      name: "wrapt",
      program: "from wrapt._wrappers import ObjectProxy as P; assert P([1, 2])[1] == 2"),
    Package(
      name: "zstandard",
      program:
        "import zstandard as z; assert z.backend == 'cext' and z.decompress(z.compress(b'a' * 99)) == b'a' * 99"
    ),
    Package(
      name: "msgpack",
      program:
        "from msgpack._cmsgpack import Packer, unpackb; assert unpackb(Packer().pack([1, 'a'])) == [1, 'a']"),
    Package(
      name: "pyyaml",
      program: "import yaml; assert yaml.load('a: [1]', Loader=yaml.CSafeLoader) == {'a': [1]}"),
    Package(name: "ujson", program: "import ujson; assert ujson.loads('[1, 2]') == [1, 2]"),
  ]

  /// pip as the user set it up: only it knows the way to an index.
  static let environment = ProcessInfo.processInfo.environment.filter { name, _ in
    name.hasPrefix("PIP_") || name.lowercased().hasSuffix("_proxy") || name.hasPrefix("SSL_")
  }.merging(["PIP_CONFIG_FILE": "", "HOME": ProcessInfo.processInfo.environment["HOME"] ?? "/"]) { $1 }

  /// Every builds' tools once, in a directory of their own, so that only the wheels are built again and again.
  private static let builders = Task {
    let target = try Workspace.shared.scratch("build-requirements")
    try await Tools.output(
      of: Tools.python,
      [
        "-m", "pip", "install", "--target", target, "setuptools<81", "wheel", "setuptools_scm", "cython",
        "cffi",
        "packaging", "installer",
      ], environment: environment, limit: 900)
    return target
  }

  @Test(arguments: packages)
  func `a real package's builds become one`(_ package: Package) async throws {
    let tools = ["PYTHONPATH": try await Self.builders.value]
    let sdist = try await download(package.name)
    let originals = try await WheelBuilder.shared.build(
      sdist, named: package.name, by: .byName, count: 4, environment: tools.merging(Self.settings) { $1 })
    #expect(Set(try await sha256(originals)).count > 1)
    let wheels = try await originals.fixed()
    let hashes = try await sha256(wheels.map(\.fixed))
    #expect(Set(hashes).count == 1, "\(hashes)")

    let fixed = wheels[0].fixed
    let clean = try await wheelscrub(["check", fixed])
    #expect(clean.status == 0, "\(clean.transcript)")
    #expect(try await sha256([fixed].fixed()[0].fixed) == hashes[0])

    let (before, after) = (try await unpacked(wheels[0].original), try await unpacked(fixed))
    for (original, result) in zip(try extensionModules(in: before), try extensionModules(in: after)) {
      try await Judges.readelf(original, result, root: "/build/\(package.name)")
      try await Judges.llvm(original, result)
      try await Judges.elfutils(original, result)
      try await Judges.segments(original, result)
    }

    let works = try await Tools.run(
      Tools.python, ["-c", package.program], environment: ["PYTHONPATH": after])
    #expect(works.succeeded, "\(works.transcript)")
    let record = try await Tools.judge("check_record.py", [fixed])
    #expect(record.succeeded, "\(record.transcript)")
    let root = try Workspace.shared.scratch("installed")
    let install = try await Tools.run(
      Tools.python, ["-m", "installer", "--validate-record", "all", "--destdir", root, fixed],
      environment: tools)
    #expect(install.succeeded, "\(install.transcript)")
  }

  /// The C extension is what is wanted, not the fallback that some projects build without a compiler.
  private static let settings = ["MARKUPSAFE_DISABLE_CYTHON": "1", "WRAPT_INSTALL_EXTENSIONS": "true"]

  private func download(_ name: String) async throws -> String {
    let directory = try Workspace.shared.scratch("downloaded-" + name)
    try await Tools.output(
      of: Tools.python,
      [
        "-m", "pip", "download", "--no-binary", ":all:", "--no-deps", "--no-build-isolation", "--dest",
        directory, name,
      ], environment: Self.environment.merging(["PYTHONPATH": try await Self.builders.value]) { $1 },
      limit: 600)
    guard let file = try names(in: directory).first else {
      throw ToolFailure(description: "pip brought nothing")
    }
    return "\(directory)/\(file)"
  }
}
