import Foundation
import Testing

private let mayUseIndex = ProcessInfo.processInfo.environment["WHEELSCRUB_INDEX"] == "1"

/// Two installs of real distributions, with pip as it is and as it was: `make test-index`.
@Suite(
  .enabled(if: mayUseIndex, "needs a package index: run make test-index"), .serialized,
  .timeLimit(.minutes(60)))
struct InstalledIndexTests {
  /// What to install, and what to import of it.
  static let projects = [
    "requests": "requests.adapters", "urllib3": "urllib3.util.retry", "idna": "idna.uts46data",
    "certifi": "certifi.core", "charset-normalizer": "charset_normalizer.api", "click": "click.testing",
    "jinja2": "jinja2.sandbox", "markupsafe": "markupsafe._speedups", "pyyaml": "yaml.cyaml",
    "attrs": "attrs.validators", "packaging": "packaging.specifiers", "pygments": "pygments.lexers.python",
    "rich": "rich.markdown", "markdown-it-py": "markdown_it.main", "mdurl": "mdurl._parse", "six": "six",
    "python-dateutil": "dateutil.parser", "flask": "flask.testing", "werkzeug": "werkzeug.serving",
    "itsdangerous": "itsdangerous.timed", "blinker": "blinker.base",
    "typing-extensions": "typing_extensions",
  ]
  /// From their sdists: a C extension, which pip compiles.
  static let fixtures = ["plainc": "plainc"]

  /// The same files for all installs.
  private static let links = Task {
    let links = try Workspace.shared.scratch("links")
    try await download(["--only-binary", ":all:"] + projects.keys.sorted(), to: links)
    for name in fixtures.keys {
      let sdist = try await WheelBuilder.shared.sdist(name)
      try FileManager.default.copyItem(
        atPath: sdist, toPath: links + "/" + (sdist as NSString).lastPathComponent)
    }
    return links
  }

  private static func download(_ what: [String], to directory: String) async throws {
    try await Tools.output(
      of: Tools.python, ["-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory] + what,
      environment: IndexTests.environment, limit: 900)
  }

  @Test(arguments: ["pip", "pip==20.3.4"])
  func `two installs of twenty distributions become the same tree`(_ version: String) async throws {
    // pip 20 needs distutils.
    let isOld = try await Tools.output(
      of: Tools.python, ["-c", "import sys; print(sys.version_info < (3, 12))"])
    if version != "pip", isOld != "True\n" { try Test.cancel("pip 20 does not run with this Python") }
    let tools = try Workspace.shared.scratch("pip")
    try await Self.download([version], to: tools)
    let pip = "\(tools)/\(try #require(try names(in: tools).first))/pip"

    let projects = Self.projects.merging(Self.fixtures) { $1 }
    var trees: [String] = []
    for run in 0..<2 {
      let tree = try Workspace.shared.scratch("tree")
      try await Tools.output(
        of: Tools.python,
        [pip, "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--no-cache-dir"]
          + ["--find-links", try await Self.links.value, "--target", tree] + projects.keys.sorted(),
        environment: ["TMPDIR": "\(Workspace.shared.path)/t\(run)"], limit: 900)
      trees.append(tree)
    }
    let bytecode = try await bytecodeStates(of: trees[0]).count
    #expect(bytecode > 500)
    let before = try await Tools.run("diff", ["-rq"] + trees)
    #expect(before.output.lines.count >= bytecode, "\(before.output.prefix(3000))")

    for tree in trees {
      let outcome = try await wheelscrub(
        ["fix", "--in-place", "--pyc-header", "checked-hash", tree], environment: [:], limit: 600)
      #expect(outcome.succeeded, "\(outcome.errors)")
    }
    let after = try await Tools.run("diff", ["-r"] + trees)
    #expect(after.succeeded, "\(after.output.prefix(3000))")

    let states = try await bytecodeStates(of: trees[1])
    let modules = projects.values.sorted()
    #expect(modules.count >= 20)
    let program = """
      import importlib, sys; sys.path.insert(0, sys.argv[1])
      for name in sys.argv[2:]:
          file = importlib.import_module(name).__file__
          assert file.startswith(sys.argv[1] + "/"), file
      """
    try await Tools.output(of: Tools.python, ["-c", program, trees[1]] + modules)
    // Another inode or time would tell that Python compiled anew.
    #expect(try await bytecodeStates(of: trees[1]) == states)
    try await checkRecords(in: trees[1])
  }

  /// uv itself: names in bytecode are the target's own absolute path.
  @Test
  func `two targets of uv become the same tree`() async throws {
    let tools = try Workspace.shared.scratch("uv")
    try await Tools.output(of: Tools.python, ["-m", "venv", tools + "/venv"], limit: 300)
    try await Tools.output(
      of: tools + "/venv/bin/python", ["-m", "pip", "install", "--quiet", "uv"],
      environment: IndexTests.environment, limit: 900)
    var trees: [String] = []
    for name in ["one", "two/longer"] {
      let tree = "\(tools)/\(name)/site"
      try await Tools.output(
        of: tools + "/venv/bin/uv",
        ["pip", "install", "-q", "--no-index", "--no-cache", "--compile-bytecode", "--link-mode=copy"]
          + ["--python", Tools.python, "--find-links", try await Self.links.value, "--target", tree]
          + ["click", "idna", "rich", "markdown-it-py", "mdurl", "pygments"], limit: 900)
      trees.append(tree)
    }
    let check = try await wheelscrub(["check", "--output-format", "concise", trees[0]])
    #expect(check.output.lines.count { $0.contains(": PY207 ") } > 100, "\(check.output.prefix(3000))")
    for tree in trees {
      let fix = try await wheelscrub(
        ["fix", "--in-place", "--pyc-header", "checked-hash", tree], environment: [:], limit: 600)
      #expect(fix.succeeded, "\(fix.errors)")
      let clean = try await wheelscrub(["check", tree])
      #expect(clean.succeeded, "\(clean.output.prefix(3000))")
      let verify = try await wheelscrub(["verify", "--python", Tools.python, tree], limit: 600)
      #expect(verify.succeeded, "\(verify.transcript)")
    }
    let difference = try await Tools.run("diff", ["-r"] + trees)
    #expect(difference.succeeded, "\(difference.output.prefix(3000))")
  }

  /// The installer that looks into RECORD, as it is today, and wheel with it.
  @Test
  func `whatever the newest installer refuses has a finding`() async throws {
    let tools = try Workspace.shared.scratch("installers")
    try await Tools.output(of: Tools.python, ["-m", "venv", tools + "/venv"], limit: 300)
    try await Tools.output(
      of: tools + "/venv/bin/python", ["-m", "pip", "install", "--quiet", "installer", "wheel"],
      environment: IndexTests.environment, limit: 900)
    let answers = try await Tools.output(
      of: tools + "/venv/bin/python",
      [Workspace.repository + "/Tests/Judges/odd_records.py", tools + "/odd", "wheel", "installer"],
      limit: 600)
    #expect(answers.lines.count > 60)
    for line in answers.lines {
      #expect(line.contains("installer="), "\(line)")
      let name = line.prefix { $0 != " " }
      let verify = try await wheelscrub(["record", "verify", "\(tools)/odd/\(name)"])
      if line.contains("refuses") { #expect(verify.status == 1, "\(line): \(verify.transcript)") }
      if ["sound", "crlf", "quoted", "sha512"].contains(name) {
        #expect(verify.succeeded && !line.contains("refuses"))
      }
    }
  }
}
