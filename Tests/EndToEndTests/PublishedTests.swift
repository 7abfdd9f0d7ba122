import Foundation
import Testing

private let mayUseIndex = ProcessInfo.processInfo.environment["WHEELSCRUB_INDEX"] == "1"

/// Wheels as projects publish them, and tools as they publish theirs: only where an index may be asked.
@Suite(
  .enabled(if: mayUseIndex, "needs a package index: run make test-index"), .serialized,
  .timeLimit(.minutes(60)))
struct PublishedTests {
  static let wheels = [
    "aiohttp", "bcrypt", "cffi", "charset-normalizer", "contourpy", "coverage", "cryptography", "fonttools",
    "frozenlist",
    "greenlet", "grpcio", "httptools", "kiwisolver", "lxml", "lz4", "markupsafe", "matplotlib", "msgpack",
    "multidict",
    "numpy", "orjson", "pandas", "pillow", "protobuf", "psutil", "pydantic-core", "pynacl", "pyyaml", "pyzmq",
    "regex",
    "rpds-py", "ruff", "scikit-learn", "scipy", "sqlalchemy", "tornado", "ujson", "uvloop", "watchfiles",
    "wrapt", "yarl",
    "zstandard",
  ]

  private struct Record: Decodable {
    var type: String
    var path: String?
    var member: String?
    var code: String?
    var root: String?
    var text: String?
    var message: String?
  }

  /// Text that people write, and that may quote a path.
  private func isProse(_ member: String) -> Bool {
    let name = member.split(separator: "/").last.map(String.init) ?? member
    let isGenerated = name == "__config__.py" || name.hasPrefix("_sysconfigdata")
    return !isGenerated
      && [".py", ".pyi", ".md", ".rst", ".txt", "METADATA", ".html", ".ipynb"].contains { name.hasSuffix($0) }
  }

  @Test
  func `popular wheels by family`() async throws {
    let directory = try Workspace.shared.scratch("published")
    try await Tools.output(
      of: Tools.python,
      ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12"]
        + ["--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64", "--dest", directory]
        + Self.wheels, environment: IndexTests.environment, limit: 900)
    let names = try names(in: directory)
    #expect(names.count >= 40)

    let check = try await wheelscrub(
      ["check", "--isolated", "--output-format", "json-lines", directory], limit: 600)
    #expect(check.status <= 1, "\(check.errors)")
    var counts: [String: [String: Int]] = [:]
    var families: Set<String> = []
    var prose: [String] = []
    for line in check.output.lines {
      let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
      guard record.type == "finding", let code = record.code, let path = record.path else { continue }
      let family = String(code.prefix(3))
      families.insert(family)
      counts[(path as NSString).lastPathComponent, default: [:]][family, default: 0] += 1
      if isProse(record.member ?? "") { prose.append(line) }
      print(line)
    }
    // Named in docs/false-positives.md, one by one.
    #expect(prose.count <= names.count / 20, "\(prose)")
    // The table that docs/false-positives.md holds; looked at by people, because what is published changes.
    let columns = families.sorted()
    print("| wheel | " + columns.joined(separator: " | ") + " |")
    print("| --- |" + String(repeating: " ---: |", count: columns.count))
    for name in names {
      let cells = columns.map { counts[name]?[$0].map(String.init) ?? "" }
      print("| \(name) | " + cells.joined(separator: " | ") + " |")
    }
  }

  /// Roots planted over strings of 40 modules: nothing but they change, and they do, unless something shares them.
  @Test
  func `planted roots and nothing else`() async throws {
    let directory = try Workspace.shared.scratch("planted")
    try await Tools.output(
      of: Tools.python,
      ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12"]
        + ["--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64", "--dest", directory]
        + Self.wheels, environment: IndexTests.environment, limit: 900)
    let judge = try await Tools.run(
      Tools.python,
      [Workspace.repository + "/Tests/Judges/planted_modules.py", Workspace.wheelscrub, directory, "40"],
      limit: 1800)
    print(judge.output)
    #expect(judge.succeeded, "\(judge.transcript)")
  }

  /// Other programs' own validators read the files that are for them.
  @Test
  func `the integrations' files are valid for those who read them`() async throws {
    let target = try Workspace.shared.scratch("validators")
    try await Tools.output(
      of: Tools.python,
      ["-m", "pip", "install", "--quiet", "--target", target, "check-jsonschema", "pre-commit"],
      environment: IndexTests.environment, limit: 600)
    let environment = ["PYTHONPATH": target]
    let action = try await Tools.run(
      Tools.python,
      [
        "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions",
        Workspace.repository + "/action.yml",
      ],
      environment: environment)
    #expect(action.succeeded, "\(action.transcript)")
    let manifest = try await Tools.run(
      Tools.python,
      ["-m", "pre_commit", "validate-manifest", Workspace.repository + "/.pre-commit-hooks.yaml"],
      environment: environment)
    #expect(manifest.succeeded, "\(manifest.transcript)")

    let wheels = try Workspace.shared.scratch("cibuildwheel")
    try await Tools.output(
      of: Tools.python,
      ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--python-version", "3.12"]
        + ["--dest", wheels, "cibuildwheel"], environment: IndexTests.environment, limit: 300)
    let program = """
      import json, sys, tomllib, zipfile, jsonschema
      text = open(sys.argv[1]).read().split("<!-- cibuildwheel -->\\n```toml\\n")[1].split("```")[0]
      schema = json.loads(zipfile.ZipFile(sys.argv[2]).read("cibuildwheel/resources/cibuildwheel.schema.json"))
      jsonschema.validate(tomllib.loads(text)["tool"]["cibuildwheel"], schema)
      """
    let recipe = try await Tools.run(
      Tools.python,
      ["-c", program, Workspace.repository + "/docs/integrations.md", "\(wheels)/\(names(in: wheels)[0])"])
    #expect(recipe.succeeded, "\(recipe.transcript)")
  }
}
