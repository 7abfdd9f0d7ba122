import Foundation
import Testing

/// `wheelscrub verify` on what pip installs, and on what package managers complain of.
@Suite(.timeLimit(.minutes(60)))
struct VerifyTests {
  static let projects = [
    "pure0", "pure1", "single", "spaced-one", "spaced-two", "old-left", "tool", "plainc",
  ]

  /// One run of `pip install --target`.
  private func installed() async throws -> String {
    let links = try Workspace.shared.scratch("links")
    try await Tools.output(of: Tools.python, [Workspace.repository + "/fixtures/make-distributions", links])
    let sdist = try await WheelBuilder.shared.sdist("plainc")
    try FileManager.default.copyItem(
      atPath: sdist, toPath: links + "/" + (sdist as NSString).lastPathComponent)
    let tree = try Workspace.shared.scratch("tree")
    try await Tools.output(
      of: Tools.python,
      ["-m", "pip", "install", "--no-index", "--no-build-isolation", "--no-cache-dir", "--find-links", links]
        + ["--target", tree] + Self.projects, limit: 600)
    return tree
  }

  private func bytecode(in tree: String) async throws -> [String] {
    try await Tools.output(of: "find", [tree, "-name", "*.pyc"]).lines.sorted()
  }

  /// How many files of each verdict.
  private func counts(_ outcome: Outcome) throws -> [String: Int] {
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    let summary = document?["summary"] as? [String: Any]
    let counts = try #require(summary?["verdicts"] as? [String: Int])
    return counts.filter { $0.value > 0 }
  }

  private func verify(_ paths: [String]) async throws -> Outcome {
    try await wheelscrub(["verify", "--python", Tools.python] + paths)
  }

  @Test
  func `what pip installed is proven, rewritten by imports and by fix as well`() async throws {
    let tree = try await installed()
    let files = try await bytecode(in: tree)
    func expectProven(_ step: String) async throws {
      let outcome = try await verify(["--output-format", "json", tree])
      #expect(outcome.succeeded, "\(step): \(outcome.transcript)")
      let counts = try counts(outcome)
      #expect(counts["PROVEN"] == files.count && Set(counts.keys) == ["OK", "PROVEN"], "\(step): \(counts)")
    }
    #expect(files.count > 20)
    try await expectProven("installed")
    for file in files { try FileManager.default.removeItem(atPath: file) }
    try await Tools.output(
      of: Tools.python,
      [
        "-c",
        """
        import sys, pkgutil; sys.path.insert(0, sys.argv[1])
        for module in pkgutil.walk_packages([sys.argv[1]]): __import__(module.name)
        import spaced.one, spaced.two
        """, tree,
      ])
    for file in try await bytecode(in: tree) where !files.contains(file) {
      Issue.record("\(file) is new")
    }
    // What no import reached is compiled as pip does.
    try await Tools.output(of: Tools.python, ["-m", "compileall", "-q", tree])
    try await expectProven("imported")
    let fix = try await wheelscrub(["fix", "--in-place", "--pyc-header", "checked-hash", tree])
    #expect(fix.succeeded, "\(fix.transcript)")
    try await expectProven("fixed")
  }

  struct Change: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// Of Python, with the tree as `tree` and one `.pyc` as `path`, `data` and `code`.
    var script: String
    var status: Int32 = 2
    /// What the line about it says.
    var expected: String
  }

  static let changes = [
    Change(
      testDescription: "code",
      script: """
        main = next(c for c in code.co_consts if getattr(c, "co_name", "") == "main")
        evil = main.replace(co_code=main.co_code[:-2] + bytes([9, 0]))
        save(code.replace(co_consts=tuple(evil if c is main else c for c in code.co_consts)))
        """, expected: "part2.cpython-… MISMATCH is not what its source compiles to: main: co_code+0x"),
    Change(
      testDescription: "constant",
      script: "open(path, 'wb').write(data.replace(b'A class.', b'A crass.'))",
      expected:
        "part2.cpython-… MISMATCH is not what its source compiles to: Thing: co_consts[1]: 'A crass.', the source gives 'A class.'"
    ),
    Change(
      testDescription: "trailing bytes", script: "open(path, 'ab').write(b'x')",
      expected: "part2.cpython-… INVALID marshal+0x"),
    Change(
      testDescription: "changed source", script: "open(source, 'a').write('evil = 1')",
      expected: "part2.py: SOURCE-MODIFIED pure0-1.0.dist-info/RECORD has another hash"),
    Change(
      testDescription: "sourceless", script: "open(tree + '/pure0/sub/added.pyc', 'wb').write(data)",
      status: 1,
      expected: "added.pyc: SOURCELESS imported as it is"),
    Change(
      testDescription: "unchecked hash",
      script: "open(path, 'wb').write(data[:4] + bytes([1, 0, 0, 0]) + data[8:])",
      expected: "part2.cpython-… MISMATCH its unchecked hash is not the source's"),
    Change(
      testDescription: "mixed file name",
      script: """
        main = next(c for c in code.co_consts if getattr(c, "co_name", "") == "main")
        evil = main.replace(co_filename="/elsewhere.py")
        save(code.replace(co_consts=tuple(evil if c is main else c for c in code.co_consts)))
        """,
      expected: "part2.cpython-… MISMATCH a function has another file name than its module: main: co_filename"
    ),
  ]

  @Test(arguments: changes)
  func `an injected change is caught`(_ change: Change) async throws {
    let tree = try await installed()
    let script = """
      import glob, marshal, os, sys
      tree = sys.argv[1]
      source = tree + "/pure0/sub/part2.py"
      path, = glob.glob(tree + "/pure0/sub/__pycache__/part2.*.pyc")
      data = open(path, "rb").read()
      code = marshal.loads(data[16:])
      def save(code): open(path, "wb").write(data[:16] + marshal.dumps(code))
      \(change.script)
      """
    try await Tools.output(of: Tools.python, ["-c", script, tree])
    let outcome = try await verify([tree])
    #expect(outcome.status == change.status, "\(outcome.transcript)")
    let parts = change.expected.components(separatedBy: "…")
    #expect(
      outcome.output.lines.contains { line in parts.allSatisfy { line.contains($0) } },
      "\(outcome.transcript)")
    let others = outcome.output.lines.filter { line in
      !line.contains("/part2.") && !line.contains("/added.pyc") && !line.hasPrefix("note:")
        && !line.hasPrefix("  ")
    }
    #expect(others.count == 1, "only the summary: \(others)")
  }

  /// FreeBSD: a thousand packages' bytecode was written anew by whoever imported it first.
  @Test
  func `lines of pkg`() async throws {
    let tree = try await installed()
    let files = try await bytecode(in: tree)
    let lines = try Workspace.shared.scratch("lines") + "/pkg"
    func verify(_ complaints: [String], _ options: String = "") async throws -> Outcome {
      let text = "Checking all packages: .......... done\n" + complaints.joined(separator: "\n") + "\n"
      try Data(text.utf8).write(to: URL(fileURLWithPath: lines))
      return try await Tools.run(
        "bash", ["-c", "'\(Workspace.wheelscrub)' verify --python \(Tools.python) \(options) - < '\(lines)'"])
    }
    let complaints = files.map { "py311-x-1.0_2,1: checksum mismatch for \($0)" }
    let outcome = try await verify(complaints)
    #expect(
      outcome.succeeded && outcome.output == "\(files.count) files: \(files.count) PROVEN\n",
      "\(outcome.transcript)")
    // Everything else by name.
    let more = [
      "py311-x-1.0: missing file \(tree)/gone.so",
      "py311-x-1.0: checksum mismatch for \(tree)/pure0/data.json",
      "what is this",
    ]
    let worse = try await verify(complaints + more)
    #expect(worse.status == 2)
    #expect(
      worse.output.lines == [
        "\(tree)/gone.so: MISMATCH missing",
        "\(tree)/pure0/data.json: MISMATCH the package manager has another checksum",
        "standard input: line \(files.count + 4) is not understood: what is this",
        "\(files.count + 2) files: \(files.count) PROVEN, 2 MISMATCH",
      ], "\(worse.transcript)")
    // The same in an image.
    let image = try await verify(
      files.map { "py311-x-1.0: checksum mismatch for \($0.dropFirst(tree.count))" }, "--root '\(tree)'")
    #expect(image.succeeded, "\(image.transcript)")
    // Bytes of no program at all; some of them may look like a path, and none is there.
    let noise = try await Tools.run(
      "bash", ["-c", "head -c 300000 /dev/urandom | '\(Workspace.wheelscrub)' verify -"])
    #expect([1, 2].contains(noise.status) && noise.errors.isEmpty, "\(noise.transcript)")
  }

  /// What dpkg prints of this very machine is understood.
  @Test
  func `lines of dpkg`() async throws {
    let outcome = try await Tools.run(
      "bash", ["-c", "dpkg --verify base-files dpkg | '\(Workspace.wheelscrub)' verify -"])
    #expect(!outcome.output.contains("is not understood"), "\(outcome.transcript)")
  }
}
