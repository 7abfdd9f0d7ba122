import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubCommands
@testable import ScrubKit

/// `[tool.wheelscrub]`: what is accepted, what is said about the rest, and who wins.
@Suite struct ConfigurationTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func write(_ name: String, _ text: String) throws {
    let url = URL(filePath: directory.path).appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  /// The options that `check` gives to the engine; nil with an error where it does not get there.
  private func options(_ arguments: [String], path: String = "dist/x.whl") -> (Options?, Run) {
    let seen = Seen()
    let engine = Engine(
      expand: { _ in ([InputFile(path: "x", relativePath: "x", isExplicit: true)], [], []) },
      check: { options, input in
        seen.set(options)
        return FileReport(path: input.path)
      },
      fix: { _, input, _ in FileReport(path: input.path) })
    let run = Run(["check", "\(directory.path)/\(path)"] + arguments, engine: engine)
    return (seen.options, run)
  }

  private static let everything = """
    [project]
    name = "x"

    [tool.wheelscrub]
    select = ["BP1", "BP2"]
    extend-select = ["RC"]
    ignore = ["BP201"]
    exclude = ["tests"]
    allow-paths = ["/opt/python"]
    prefix = "/src"
    layout = "slot"
    build-id = "keep"
    verify = "full"
    fix-rpath = true
    pyc-prefix = "/usr/lib/python"
    pyc-header = "checked-hash"
    pyc-canonical = true

    [tool.wheelscrub.per-file-ignores]
    "*.dist-info/sboms/*" = ["BP5"]

    [tool.wheelscrub.patterns]
    scratch = "/scratch/job[0-9]+"

    [tool.wheelscrub.maps]
    "/opt/vendor/sdk" = "/sdk"
    """

  /// A tree can bring a configuration: whoever looks can see which one is obeyed.
  @Test func `the file is named`() throws {
    try write("pyproject.toml", Self.everything)
    let path = URL(filePath: directory.path).resolvingSymlinksInPath().appending(path: "pyproject.toml").path
    #expect(options([]).0?.configuration == path)
    #expect(options(["-v"]).1.output.contains("\(path): the settings of this run are from this file"))
    #expect(!options([]).1.output.contains(path))
    for format in ["json", "json-lines"] {
      let output = options(["--output-format", format]).1.output.replacing(" ", with: "")
      #expect(output.contains("\"configuration\":\"\(path)\""))
      let isolated = options(["--output-format", format, "--isolated"]).1.output.replacing(" ", with: "")
      #expect(isolated.contains("\"configuration\":null"))
    }
  }

  @Test(arguments: [
    ("1", 1), ("64M", 64 << 20), ("2g", 2 << 30), ("10K", 10 << 10), ("0", nil), ("-1", nil), ("+1", nil),
    ("M", nil), ("1.5G", nil), ("9223372036854775807G", nil), ("", nil), ("1 M", nil),
  ]) func `sizes of memory`(text: String, bytes: Int?) {
    #expect(ByteCount(argument: text)?.bytes == bytes)
  }

  @Test func everyKeyCounts() throws {
    try write("pyproject.toml", Self.everything)
    let (found, run) = options([])
    let options = try #require(found, "\(run.error)")
    #expect(options.policy.selection.contains(Rule.named("BP202")!))
    #expect(!options.policy.selection.contains(Rule.named("BP201")!))
    #expect(options.policy.selection.contains(Rule.wrongHash) && options.fixRecord)
    #expect(options.roots.prefix.text == "/src")
    #expect(options.layout == .slot && options.buildID == .keep && options.verification == .full)
    #expect(options.fixRunPath)
    #expect(options.bytecode.prefix == "/usr/lib/python" && options.bytecode.header == .checkedHash)
    #expect(options.bytecode.isCanonical)
    #expect(options.paths.excludes(Place(path: "a/tests/x.so")))
    #expect(options.paths.ignores.count == 1)
    #expect(options.roots.rules.map(\.code).prefix(2) == ["BP902", "BP901"])
  }

  @Test func theCommandLineWins() throws {
    try write("pyproject.toml", Self.everything)
    let arguments = [
      "--select", "BP3", "--ignore", "BP301", "--prefix", "/b", "--extend-select", "ZP1,BP401",
    ]
    let options = try #require(options(arguments).0)
    let selection = options.policy.selection
    for code in ["BP302", "RC104", "ZP101", "BP401"] {
      #expect(selection.contains(Rule.named(code)!), "\(code)")
    }
    for code in ["BP101", "BP201", "BP301"] { #expect(!selection.contains(Rule.named(code)!), "\(code)") }
    #expect(options.roots.prefix.text == "/b")
  }

  @Test func theNearestFileIsTaken() throws {
    try write("pyproject.toml", "[tool.wheelscrub]\nprefix = \"/far\"\n")
    try write("a/b/x.txt", "")
    #expect(options([], path: "a/b/x.whl").0?.roots.prefix.text == "/far")
    // One that is about other tools does not count.
    try write("a/pyproject.toml", "[tool.other]\nprefix = \"/other\"\n")
    #expect(options([], path: "a/b/x.whl").0?.roots.prefix.text == "/far")
    try write("a/wheelscrub.toml", "prefix = \"/near\"\n")
    #expect(options([], path: "a/b/x.whl").0?.roots.prefix.text == "/near")
    #expect(options([], path: "a/b").0?.roots.prefix.text == "/near")
    #expect(options(["--isolated"], path: "a/b").0?.roots.prefix.text == "/build")
    let named = ["--config", directory.path + "/pyproject.toml"]
    #expect(options(named, path: "a/b").0?.roots.prefix.text == "/far")
  }

  @Test(arguments: [
    ("selct = [\"BP1\"]", ":2: unknown key \"selct\"; did you mean \"select\"?"),
    ("ignore = []\n\nbuild_id = \"keep\"", ":4: unknown key \"build_id\"; did you mean \"build-id\"?"),
    ("[tool.wheelscrub.path]\nx = 1", ":2: unknown key \"path\""),
    ("select = \"BP1\"", ":2: select: needs a list of strings, found \"BP1\""),
    ("select = [1]", ":2: select: needs a list of strings, found a list with the number 1"),
    ("fix-rpath = \"yes\"", ":2: fix-rpath: needs true or false"),
    ("layout = \"heap\"", ":2: layout: needs one of \"compact\", \"slot\", found \"heap\""),
    ("pyc-header = \"hash\"", ":2: pyc-header: needs one of \"keep\", \"checked-hash\""),
    ("pyc-prefix = \"/tmp/pip-target-ab12cd34\"", ":2: pyc-prefix: is itself a random build root (BP105)"),
    ("prefix = 3", ":2: prefix: needs a string, found the number 3"),
    ("prefix = \"relative\"", ":2: prefix: prefix \"relative\" is not absolute"),
    ("prefix = \"/usr/src/debug\"", ":2: prefix: prefix \"/usr/src/debug\" (14 bytes) does not fit"),
    ("ignore = [\"BP1x\"]", ":2: ignore: unknown rule \"BP1x\""),
    ("exclude = [\"a[\"]", ":2: exclude: glob \"a[\" has a [ without ]"),
    ("allow-paths = [\"/ab(\"]", ":2: allow-paths: allowed path:"),
    ("[tool.wheelscrub.patterns]\nx = \".*\"", ":3: patterns: pattern \".*\" needs two plain characters"),
    ("maps = {\"/ab\" = \"/abc\"}", ":2: maps: map \"/ab=/abc\" would make paths longer"),
    ("per-file-ignores = {\"*.so\" = [\"QQ\"]}", ":2: per-file-ignores: unknown rule \"QQ\""),
    ("select = [\"BP1\"", ":2"),
    ("jobs = 0", ":2: jobs: needs a whole number of at least 1, found the number 0"),
    ("memory-limit = 5", ":2: memory-limit: needs a size such as \"2G\", found the number 5"),
    ("output-format = \"xml\"", ":2: output-format: needs one of \"full\""),
    ("fail-on-empty = 1.5", ":2: fail-on-empty: needs true or false, found the number 1.5"),
    ("prefix = {}", ":2: prefix: needs a string, found a table"),
    ("select = [\n  \"BP1\",\n]\nprefix = true", ":5: prefix: needs a string, found true"),
    ("exclude = [\n  \"prefix = 1\",\n  # [x]\n  \"[a]\",\n]\r\nlayout = 1", ":7: layout"),
    ("prefix = \"\"\"/src\"\"\"\r\nselect = 1\r\n", ":3: select"),
    ("[tool.wheelscrub.maps]\n\"/a.b/c\" = \"/x\"\n'/ab' = \"/abc\"", ":4: maps: map \"/ab=/abc\""),
    ("patterns.x = \"/scratch/a+\"\npatterns.y = \".*\"", ":3: patterns"),
  ])
  func wrong(_ row: (text: String, message: String)) throws {
    try write("pyproject.toml", "[tool.wheelscrub]\n\(row.text)\n")
    let (options, run) = options([])
    #expect(options == nil, "nothing is processed")
    #expect(run.code == 2)
    #expect(run.error.contains("pyproject.toml" + row.message), "\(run.error)")
    #expect(run.error.split(separator: "\n").count == 1 && run.output.isEmpty)
  }

  @Test(arguments: [
    (["--select", "BP9X"], "--select: unknown rule \"BP9X\""),
    (["--ignore", "pip-whel"], "did you mean \"pip-wheel\""),
    (["--per-file-ignores", "x"], "needs the form GLOB:RULES"),
    (["--pattern", "x"], "--pattern: pattern \"x\" needs"),
    (["--map", "a=b"], "--map: map \"a=b\" needs an absolute path in front of =, found \"a\""),
    (["--map", "/ab=c"], "--map: map \"/ab=c\" needs an absolute path or . behind =, found \"c\""),
    (["--map", "/build=/b"], "maps the stable prefix /build itself; choose another one with --prefix"),
    (["--exclude", "["], "--exclude: glob"),
    (["--allow-path", "("], "--allow-path: allowed path"),
    (["--config", "/nowhere.toml"], "/nowhere.toml: cannot be read"),
    (["--prefix", "/project", "--select", "BP2"], "is itself a root (BP203)"),
    (["--config", "x", "--isolated"], "exclude each other"),
  ])
  func wrongOnTheCommandLine(_ row: (arguments: [String], message: String)) {
    let (options, run) = options(row.arguments)
    #expect(options == nil && run.code == 2)
    #expect(run.error.contains(row.message), "\(run.error)")
  }

  /// The schema, the documents and the table are one; `WHEELSCRUB_UPDATE_GOLDEN=1` writes them anew.
  @Test(arguments: ["schemas/wheelscrub.schema.json", "docs/rules.md"])
  func documentsAreCurrent(_ name: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text =
      name.hasSuffix(".md")
      ? RulesDocument.markdown(Rule.all) : ConfigurationSchema.document.text
    let file = root.appending(path: name)
    if ProcessInfo.processInfo.environment["WHEELSCRUB_UPDATE_GOLDEN"] == "1" {
      try Data((text + "\n").utf8).write(to: file)
    }
    #expect(try String(contentsOf: file, encoding: .utf8) == text + "\n")
  }

  @Test func `a table where none belongs`() throws {
    try write("wheelscrub.toml", "[tool.wheelscrub]\nprefix = \"/src\"\n")
    #expect(
      options([]).1.error.contains(
        "wheelscrub.toml:1: unknown key \"tool\"; this file needs no [tool.wheelscrub]"))
  }

  /// What a build has just made often lies elsewhere, such as cibuildwheel's `{dest_dir}`.
  @Test func `the working directory's file, where there is none above the path`() throws {
    let project = try TemporaryDirectory()
    try Data("prefix = \"/from/here\"\n".utf8).write(to: URL(filePath: project.path + "/wheelscrub.toml"))
    let inner = project.path + "/a/b"
    try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
    func prefix() throws -> String? {
      try ConfigurationFile.found(for: directory.path + "/x.whl", from: inner)?.settings().prefix?.value
    }
    #expect(try prefix() == "/from/here")
    try write("wheelscrub.toml", "prefix = \"/above\"\n")
    #expect(try prefix() == "/above")
  }

  @Test func `options of reports have keys`() throws {
    try write(
      "wheelscrub.toml",
      """
      output-format = "json"
      statistics = true
      exit-zero = true
      fail-on-empty = true
      color = "always"
      jobs = 3
      memory-limit = "2G"
      resign = "adhoc"
      drop-debug-map = true
      """)
    let (found, run) = options([])
    #expect(run.output.hasPrefix("{"))
    let options = try #require(found)
    let cores = ProcessInfo.processInfo.activeProcessorCount
    #expect(options.resign == .adHoc && options.dropDebugMap && options.workers.jobs == min(3, cores))
    try write("wheelscrub.toml", "jobs = 1_000_000_000\nmemory-limit = \"900000G\"\n")
    #expect(self.options([]).0?.workers.jobs == cores, "a tree asks for no more than there is")
    try write("wheelscrub.toml", "output-format = \"json\"\n")
    #expect(self.options(["--output-format", "concise"]).1.output.hasPrefix("All clean"))
  }

  /// Each line is read once, however many keys there are: before, this took longer than anybody waits.
  @Test func `a hundred thousand keys`() throws {
    try write("wheelscrub.toml", (0..<60_000).map { "a\($0) = 1\n" }.joined())
    #expect(options([]).1.error.contains("wheelscrub.toml:1: unknown key \"a0\""))
  }

  @Test(arguments: [
    (
      "exclude = [\(many(600, "\"" + String(repeating: "a", count: 40) + "\""))]",
      "globs of 24000 bytes together"
    ),
    (
      "allow-paths = [\(many(1001, "\"/aa/b\""))]", "1001 patterns, maps and allowed paths, the limit is 1000"
    ),
    (
      "[maps]\n" + (0..<1001).map { "\"/aa/b\($0)\" = \"/a\"\n" }.joined(),
      "1001 patterns, maps and allowed paths, the limit is 1000"
    ),
  ])
  func `more than is compared with every name`(_ row: (text: String, error: String)) throws {
    try write("wheelscrub.toml", row.text)
    let run = options([]).1
    #expect(run.code == 2 && run.error.contains(row.error), "\(run.error)")
  }

  @Test func theSchemaKnowsEveryKey() throws {
    let schema =
      try JSONSerialization.jsonObject(with: Data(ConfigurationSchema.document.text.utf8)) as? [String: Any]
    let properties = try #require(schema?["properties"] as? [String: Any])
    #expect(Set(properties.keys) == Set(ConfigurationKey.all.map(\.name)))
  }

  /// The example that people copy.
  @Test func theExampleOfTheDocumentsWorks() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appending(path: "docs/cli.md"), encoding: .utf8)
    let blocks = page.components(separatedBy: "```toml\n").dropFirst()
      .map { $0.components(separatedBy: "\n```")[0] }.filter { $0.hasPrefix("[tool.wheelscrub]") }
    #expect(blocks.count == 1)
    try write("pyproject.toml", try #require(blocks.first))
    let (found, run) = options([])
    let options = try #require(found, "\(run.error)")
    #expect(options.policy.selection.contains(Rule.named("BP204")!))
    #expect(!options.paths.ignores.isEmpty && !options.paths.excluded.isEmpty)
  }

  @Test func rules() {
    let list = Run(["rules"])
    #expect(list.code == 0 && list.output.contains("BP101  pip-wheel") && list.output.contains("ZP112"))
    let one = Run(["rules", "BP202"])
    #expect(one.output.contains("/__w/*/<name>") && one.output.contains("docs/rules.md#bp202"))
    let json = Run(["rules", "RC", "--output-format", "json"])
    #expect(json.output.contains("\"code\": \"RC104\"") && !json.output.contains("BP101"))
    let wrong = Run(["rules", "BP77"])
    #expect(wrong.code == 2 && wrong.error.contains("unknown rule \"BP77\""))
  }
}

/// What an engine was given, across threads.
private final class Seen: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Options?
  var options: Options? { lock.withLock { value } }
  func set(_ options: Options) { lock.withLock { value = options } }
}

private func many(_ count: Int, _ text: String) -> String {
  Array(repeating: text, count: count).joined(separator: ", ")
}
