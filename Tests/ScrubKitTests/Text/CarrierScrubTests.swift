import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

@Suite struct CarrierScrubTests {
  private func run(
    _ kind: Carrier.Kind, _ text: String, at locations: [String] = ["/w/venv"], _ relocations: [String] = [],
    select: [String]? = nil
  ) throws -> ImageScrub.Outcome {
    var surroundings = Carrier.Surroundings()
    for location in locations { surroundings.add(location: location) }
    var options = Options()
    options.relocations = try PathRelocations(relocations)
    options.policy = try Policy(RuleSelection(select: select))
    return try CarrierScrub(options: options, carrier: Carrier(kind: kind, surroundings: surroundings))
      .run(Bytes(Array(text.utf8)), fix: true)
  }

  private func text(_ outcome: ImageScrub.Outcome) -> String? {
    outcome.output.map { String(decoding: $0.array(), as: UTF8.self) }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var kind: Carrier.Kind
    var before: String
    var after: String
    /// Roots and where they stand.
    var found: [String]
    var testDescription: String { "\(kind): \(before.prefix(40))" }
  }

  static let cases = [
    Case(
      kind: .script, before: "#!/w/venv/bin/python\nprint('/w/venv')\n",
      after: "#!/opt/a/venv/bin/python\nprint('/w/venv')\n", found: ["/w/venv line 1, column 3, interpreter"]),
    Case(
      kind: .script,
      before: "#!/bin/sh\n'''exec' \"/w/venv/bin/python\" \"$0\" \"$@\"\n' '''\nx = '/w/venv'\n",
      after: "#!/opt/a/venv/bin/python\nx = '/w/venv'\n", found: ["/w/venv line 2, column 11, interpreter"]),
    Case(
      kind: .environment,
      before:
        "home = /usr/bin\r\nversion = 3.11.2\r\nexecutable = /w/venv/x\r\ncommand = /w/venv/bin/python -m venv /w/venv\r\n",
      after:
        "home = /usr/bin\r\nversion = 3.11.2\r\nexecutable = /opt/a/venv/x\r\ncommand = /opt/a/venv/bin/python -m venv /opt/a/venv\r\n",
      found: [
        "/w/venv line 3, column 14, executable", "/w/venv line 4, column 11, command",
        "/w/venv line 4, column 38, command",
      ]),
    Case(
      kind: .activation,
      before: """
        # don't say "/w/venv here
        VIRTUAL_ENV='/w/venv'
        export VIRTUAL_ENV=$(cygpath /w/venv)
        PATH="/w/venv/bin:$PATH"
        Y=$HOME/w/venv; Z=/x/w/venv
        """,
      after: """
        # don't say "/opt/a/venv here
        VIRTUAL_ENV='/opt/a/venv'
        export VIRTUAL_ENV=$(cygpath /opt/a/venv)
        PATH="/opt/a/venv/bin:$PATH"
        Y=$HOME/w/venv; Z=/x/w/venv
        """,
      found: [
        "/w/venv line 1, column 14", "/w/venv line 2, column 14", "/w/venv line 3, column 30",
        "/w/venv line 4, column 7",
      ]),
    Case(
      kind: .directURL, before: "{\"dir_info\": {}, \"url\": \"file:///w/venv/p%c3%bc\"}",
      after: "{\"dir_info\": {}, \"url\": \"file:///opt/a/venv/p%c3%bc\"}",
      found: ["/w/venv line 1, column 33, url"]),
    Case(
      kind: .directURL, before: "{\"url\":\n \"file:///%77/venv/x.whl\"}",
      after: "{\"url\":\n \"file:///opt/a/venv/x.whl\"}",
      found: ["/%77/venv line 2, column 10, url"]),
    Case(
      kind: .pathFile, before: "/w/venv/src\n# /w/venv\nimport sys; sys.path.append('/w/venv/x')\n./y\n",
      after: "/opt/a/venv/src\n# /w/venv\nimport sys; sys.path.append('/opt/a/venv/x')\n./y\n",
      found: ["/w/venv line 1, column 1", "/w/venv line 3, column 30"]),
  ]

  @Test(arguments: cases)
  func `each carrier`(test: Case) throws {
    let left = try run(test.kind, test.before)
    #expect(left.output == nil && left.changes.isEmpty)
    #expect(left.findings.map { "\($0.root) \($0.context ?? "")" } == test.found)
    #expect(left.findings.allSatisfy { !$0.isFixable && $0.rule == test.kind.rule })
    let moved = try run(test.kind, test.before, ["/w=/opt/a"])
    #expect(text(moved) == test.after)
    #expect(moved.findings.count == test.found.count && moved.findings.allSatisfy(\.isFixable))
    #expect(!moved.changes.isEmpty)
    // The second time there is nothing to do, and where it will be is no finding.
    let again = try run(test.kind, test.after, ["/w=/opt/a"])
    #expect(again.output == nil)
    // Not looked for, and yet moved: the user says so.
    let quiet = try run(test.kind, test.before, ["/w=/opt/a"], select: ["BP1"])
    #expect(text(quiet) == test.after && quiet.findings.isEmpty)
    #expect(try run(test.kind, test.before, select: ["BP1"]).findings.isEmpty)
  }

  @Test func `random directories count wherever they are`() throws {
    let script = try run(.script, "#!/tmp/pip-build-env-ab12cd34/overlay/bin/python\n", at: [])
    #expect(script.findings.map(\.root) == ["/tmp/pip-build-env-ab12cd34"])
    #expect(script.findings.map(\.rule) == [.scriptInterpreter] && script.output == nil)
    let moved = try run(
      .script, "#!/tmp/pip-build-env-ab12cd34/overlay/bin/python\n", at: [],
      ["/tmp/pip-build-env-ab12cd34/overlay=/usr"])
    #expect(text(moved) == "#!/usr/bin/python\n" && moved.findings.allSatisfy(\.isFixable))
    // What is left has a random name: written, and still said.
    let half = try run(
      .script, "#!/tmp/pip-build-env-ab12cd34/overlay/bin/python\n", at: [], ["/tmp=/scratch"])
    #expect(text(half)?.hasPrefix("#!/scratch/pip-build-env-") == true)
    #expect(half.findings.map(\.isFixable) == [false])
    let activate = try run(.activation, "export X=-I/tmp/pip-install-ab12cd34/x\n", at: [])
    #expect(activate.findings.map(\.root) == ["/tmp/pip-install-ab12cd34"])
  }

  /// The tree lies where it was relocated to, and that may be a home or a temporary directory.
  @Test(arguments: ["/home/alice/venv", "/tmp/env", "/root/venv"])
  func `a second run finds its own result`(place: String) throws {
    for kind in [Carrier.Kind.script, .pathFile, .directURL, .environment] {
      let before =
        switch kind {
        case .script: "#!/w/venv/bin/python\n"
        case .pathFile: "/w/venv/src\n"
        case .directURL: #"{"url": "file:///w/venv/src", "dir_info": {}}"#
        default: "home = /w/venv/bin\ncommand = /w/venv/bin/python -m venv /w/venv\n"
        }
      let first = try run(kind, before, ["/w/venv=\(place)"])
      let output = try #require(text(first), "\(kind)")
      #expect(first.findings.allSatisfy { $0.isFixable }, "\(first.findings)")
      let second = try run(kind, output, at: [place], ["/w/venv=\(place)"])
      #expect(second.findings.isEmpty && second.output == nil, "\(kind): \(second.findings)")
    }
  }

  @Test func `system directories are nobody's own`() throws {
    for text in ["#!/usr/bin/python3\n", "#!/usr/bin/env python3\n"] {
      #expect(try run(.script, text, at: ["/", "/usr", "/w/venv"]).findings.isEmpty)
    }
    #expect(try run(.directURL, "{\"url\": \"https://x.org/w/venv\"}").findings.isEmpty)
    #expect(try run(.directURL, "{\"url\": 3}").findings.isEmpty)
  }

  @Test func `whole components only`() throws {
    let code = "X=/w/venvs; Q='/w/venv b'; E=/w/venv\\ b; F=\"$X\"/w/venv\n"
    #expect(try run(.activation, code, ["/w/venv=/opt/a"]).findings.isEmpty)
    for text in ["home = /w/venvs\n", "home = /w/venv b\n", "home = x /w/venv\n", "command = x=/w/venv\n"] {
      #expect(try run(.environment, text, ["/w/venv=/opt/a"]).output == nil, "\(text)")
    }
    #expect(try run(.script, "#!/w/venvs/bin/python\n", ["/w/venv=/opt/a"]).output == nil)
    #expect(try run(.directURL, "{\"url\": \"file:///w/venv%20b\"}", ["/w/venv=/opt/a"]).output == nil)
  }

  /// What was installed from there is found nowhere again; other local paths are where they are.
  @Test(arguments: [
    ("/tmp/x/a.whl", "/tmp/x/a.whl"), ("/home/alice/src/x", "/home/alice"), ("/srv/src/x", nil),
    ("/tmp/pip-req-build-ab12cd34/x", "/tmp/pip-req-build-ab12cd34/x"), ("/var/tmpx/a", nil),
  ])
  func origins(_ row: (path: String, root: String?)) throws {
    let outcome = try run(.directURL, "{\"url\": \"file://\(row.path)\", \"archive_info\": {}}")
    #expect(outcome.findings.map(\.root) == [row.root].compactMap(\.self))
  }

  /// A root directory as the new one: `DESTDIR`.
  @Test func `to the root`() throws {
    #expect(
      text(try run(.environment, "home = /w\nexecutable = /w/bin/x\n", ["/w=/"]))
        == "home = /\nexecutable = /bin/x\n")
  }

  @Test func `times that uv keeps`() throws {
    let text = """
      {"timestamp":{"secs_since_epoch":1,"nanos_since_epoch":2},"commit":null,
       "directories":{"src":null},"env":{}}
      """
    let outcome = try run(.uvCache, text)
    #expect(outcome.findings.map(\.rule) == [.uvCache] && outcome.findings[0].defect != nil)
    #expect(try run(.uvCache, "{\"timestamp\": null}").findings.isEmpty)
    #expect(throws: ScrubError.self) { try run(.uvCache, "{\"timestamp\"") }
  }

  @Test(arguments: [Carrier.Kind.environment, .activation, .pathFile, .directURL])
  func `hostile files`(kind: Carrier.Kind) throws {
    #expect(
      errorText { () throws(ScrubError) in _ = try scrub(kind, [UInt8](repeating: 0x2f, count: 1 << 20 + 1))
      }?.contains("the limit is 1048576") == true)
    if kind != .directURL {
      #expect(
        errorText { () throws(ScrubError) in _ = try scrub(kind, Array("a = /w\0\n".utf8)) }?.contains("NUL")
          == true)
      // Paths need not be UTF-8.
      let outcome = try scrub(kind, Array("x = /w/venv/".utf8) + [0xff, 0xfe, 0x0a])
      #expect(kind == .pathFile || outcome.output?.array().suffix(3) == [0xff, 0xfe, 0x0a])
    } else {
      #expect(throws: ScrubError.self) { try scrub(kind, [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]) }
      #expect(throws: ScrubError.self) { try run(kind, "{\"url\": \"file:///a\", \"url\": \"file:///b\"}") }
      #expect(throws: ScrubError.self) { try run(kind, "{\"url\": \"file:///a\\u0062\"}") }
    }
    // Nothing but places, as many as there can be: no time that grows with their square.
    if kind != .directURL {
      let line = kind == .environment ? "command=/w /w\n" : "/w/x\n"
      let many = try scrub(kind, Array(String(repeating: line, count: 1 << 15).utf8))
      #expect(many.findings.count >= 1 << 15 && many.output != nil)
    }
  }

  private func scrub(_ kind: Carrier.Kind, _ bytes: [UInt8]) throws(ScrubError) -> ImageScrub.Outcome {
    var options = Options()
    options.relocations = (try? PathRelocations(["/w=/opt/a"])) ?? PathRelocations()
    return try CarrierScrub(
      options: options, carrier: Carrier(kind: kind, surroundings: Carrier.Surroundings())
    )
    .run(Bytes(bytes), fix: true)
  }

  /// A zipapp counts its offsets from the file's start.
  @Test func `what is no text is left`() throws {
    let outcome = try run(.script, "#!/w/venv/bin/python\nPK\u{3}\u{4}\0\0", ["/w=/opt/a"])
    #expect(outcome.output == nil && outcome.findings.map(\.isFixable) == [false])
  }

  @Test func `allowed paths are no finding`() throws {
    var options = Options()
    options.policy = try Policy(.default, allowed: [try AllowedPath("/w/venv")])
    var surroundings = Carrier.Surroundings()
    surroundings.add(location: "/w/venv")
    let scrub = CarrierScrub(options: options, carrier: Carrier(kind: .script, surroundings: surroundings))
    #expect(try scrub.run(Bytes(Array("#!/w/venv/bin/python\n".utf8)), fix: false).findings.isEmpty)
  }

  /// What the walk finds, by name and place.
  @Test func `found in a tree`() throws {
    let scratch = Scratch()
    let python = Array("#!/usr/bin/python3\n".utf8)
    for name in [
      "venv/pyvenv.cfg", "venv/bin/activate", "venv/bin/activate.fish", "venv/bin/sub/activate",
      "venv/lib/python3.11/site-packages/x.pth", "venv/lib/python3.11/site-packages/x/y.pth",
      "venv/lib/python3.11/site-packages/x-1.dist-info/direct_url.json",
      "venv/lib/python3.11/site-packages/x-1.dist-info/uv_cache.json", "other/direct_url.json",
      "other/bin/activate",
    ] {
      _ = scratch.file(name, Array("text\n".utf8))
    }
    _ = scratch.file("venv/bin/tool", python)
    _ = scratch.file("venv/bin/shell", Array("#!/bin/sh\necho\n".utf8))
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path + "/venv/bin/link", withDestinationPath: "tool")
    let (files, errors) = Tree.expand([scratch.path])
    #expect(errors.isEmpty)
    let kinds = files.map { "\($0.relativePath) \($0.carrier.map { "\($0.kind)" } ?? "")" }
    #expect(
      kinds == [
        "venv/bin/activate activation", "venv/bin/activate.fish activation", "venv/bin/tool script",
        "venv/lib/python3.11/site-packages/x-1.dist-info/direct_url.json directURL",
        "venv/lib/python3.11/site-packages/x-1.dist-info/uv_cache.json uvCache",
        "venv/lib/python3.11/site-packages/x.pth pathFile", "venv/pyvenv.cfg environment",
      ])
    let real = try AtomicWrite.realPath(scratch.path)
    for file in files {
      let surroundings = try #require(file.carrier?.surroundings)
      #expect(
        surroundings.locations.contains(real + "/venv") && surroundings.environment == scratch.path + "/venv")
      // Named alone it is the same.
      let alone = try #require(Carrier(explicit: file.path))
      #expect(alone.kind == file.carrier?.kind)
      #expect(Set(alone.surroundings.locations) == Set(surroundings.locations))
      #expect(alone.surroundings.environment == surroundings.environment)
    }
  }
}
