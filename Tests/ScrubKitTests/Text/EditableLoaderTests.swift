import BuildRoots
import Foundation
import Testing

@testable import Formats
@testable import ScrubKit

/// Modules of editable installations that say where the source is.
@Suite struct EditableLoaderTests {
  private func run(
    _ text: String, _ relocations: [String] = ["/w=/opt/a"], select: [String]? = nil
  ) throws -> ImageScrub.Outcome {
    var options = Options()
    options.relocations = try PathRelocations(relocations)
    options.policy = try Policy(RuleSelection(select: select))
    var surroundings = Carrier.Surroundings()
    surroundings.add(location: "/w/venv")
    return try CarrierScrub(
      options: options, carrier: Carrier(kind: .editable, surroundings: surroundings)
    )
    .run(Bytes(Array(text.utf8)), fix: true)
  }

  @Test(arguments: [
    // setuptools, with and without what a repr needs.
    ("MAPPING = {'foo': '/w/src/foo', 'b': '/v/b'}\n", "MAPPING = {'foo': '/opt/a/src/foo', 'b': '/v/b'}\n"),
    ("MAPPING = {\"it's\": \"/w/it's/x\"}\n", "MAPPING = {\"it's\": \"/opt/a/it's/x\"}\n"),
    ("NAMESPACES = {'n': ['/w/a b/n', '/w']}\n", "NAMESPACES = {'n': ['/opt/a/a b/n', '/opt/a']}\n"),
    // editables.
    ("F.map_module('foo', '/w/src/foo.py')\n", "F.map_module('foo', '/opt/a/src/foo.py')\n"),
    // scikit-build-core, installed once.
    (
      "MARKER = \"SKBUILD_EDITABLE_SKIP\"\ninstall({'foo': '/w/foo/__init__.py'}, {}, None, False, True, [], [], '')\n",
      "MARKER = \"SKBUILD_EDITABLE_SKIP\"\ninstall({'foo': '/opt/a/foo/__init__.py'}, {}, None, False, True, [], [], '')\n"
    ),
    ("x = r'/w/x' + b'/w/y' + u\"/w/z\"\n", "x = r'/opt/a/x' + b'/opt/a/y' + u\"/opt/a/z\"\n"),
    ("p = '/w/x:/w/y'\n", "p = '/opt/a/x:/opt/a/y'\n"),
    ("\"\"\"doc ' of \"quotes\" \"\"\"\nx = '/w/x'\n", "\"\"\"doc ' of \"quotes\" \"\"\"\nx = '/opt/a/x'\n"),
  ])
  func `literals follow`(before: String, after: String) throws {
    let outcome = try run(before)
    #expect(outcome.output.map { String(decoding: $0.array(), as: UTF8.self) } == after)
    #expect(outcome.findings.allSatisfy { $0.isFixable })
    #expect(try run(after).output == nil)
  }

  @Test(arguments: [
    "# it's in /w/src\n", "x = '/w-other/x'\n", "x = '/v/w/x'\n", "x = 'w/x'\n", "x = 3 # '/w/x\n",
  ])
  func `what is no path of the directory stays`(text: String) throws {
    let outcome = try run(text)
    #expect(outcome.output == nil && outcome.findings.isEmpty)
  }

  /// Said whatever rules are selected: Python would import from the old directory.
  @Test(
    arguments: [
      // meson-python: the build directory names the sources.
      "plan = 'intro-install_plan.json'\ninstall('foo', {'foo'}, '/w/build/cp311', ['ninja'], False)\n",
      // scikit-build-core, which builds at each import.
      "M = \"SKBUILD_EDITABLE_SKIP\"\ninstall({'foo': '/w/foo.py'}, {}, '/w/build', True, False, [], [], '')\n",
      // Spelled so that no place shows it.
      "MAPPING = {'foo': '\\x2fw/src/foo'}\n", "MAPPING = {'foo': '\\057w/src'}\n", "x = '\\u002fw/x'\n",
      // No Python.
      "x = '/w/src\n",
    ], [nil, ["BP1"]])
  func `what cannot follow is left and said`(text: String, select: [String]?) throws {
    let outcome = try run(text, select: select)
    #expect(outcome.output == nil && !outcome.findings.isEmpty)
    #expect(outcome.findings.allSatisfy { !$0.isFixable && $0.rule == .pathFile })
    // No matter where nothing of it moves.
    #expect(try run(text, ["/elsewhere=/opt/a"], select: ["BP1"]).findings.isEmpty)
    #expect(try run(text, [], select: ["BP1"]).findings.isEmpty)
  }

  @Test func `sources in directories for temporary files are said`() throws {
    let outcome = try run("MAPPING = {'foo': '/tmp/work/src/foo'}\n", [])
    #expect(outcome.findings.map(\.root) == ["/tmp/work/src/foo"] && outcome.output == nil)
    #expect(try run("MAPPING = {'foo': '/srv/src/foo'}\n", []).findings.isEmpty)
  }

  @Test func `names and imports tell what is one`() throws {
    for name in [
      "__editable___foo_1_0_finder.py", "_foo_editable_loader.py", "_editable_skbc_foo.py",
      "_foo_editable.py",
      "_editable_impl_foo.py",
    ] { #expect(EditableLoader.isOne(named: name), "\(name)") }
    for name in ["foo.py", "editable.py", "_editable_loader.pyc", "_foo_editable_loader.txt"] {
      #expect(!EditableLoader.isOne(named: name), "\(name)")
    }
    let text = "import one; one.install()\n# import no\nimport\ttwo, three.sub # x\n/a/path\nimportant\n"
    #expect(EditableLoader.imports(Array(text.utf8)) == ["one", "two", "three"])

    let scratch = Scratch()
    _ = scratch.file("site-packages/x.pth", Array("import hook\n".utf8))
    let hook = scratch.file("site-packages/hook.py", Array("p = '/w/x'\n".utf8))
    _ = scratch.file("site-packages/other.py", Array("p = '/w/x'\n".utf8))
    _ = scratch.file("site-packages/sub/hook.py", Array("p = '/w/x'\n".utf8))
    let files = Tree.expand([scratch.path]).files
    #expect(files.map(\.relativePath) == ["site-packages/hook.py", "site-packages/x.pth"])
    #expect(files.map(\.carrier?.kind) == [.editable, .pathFile])
    #expect(Carrier(explicit: hook)?.kind == .editable)
  }

  /// No time that grows with the square of a file, and no trap.
  @Test func `hostile sources`() throws {
    for text in ["'", "\"\"\"", "\\", "'\\", "'a\\\n", "x = '/w/x'\\", "'''\\'''", "\u{feff}'/w'"] {
      _ = try? run(text)
    }
    let many = String(repeating: "'/w/x',", count: 1 << 15)
    #expect(try run(many).output != nil)
    _ = try? run(String(repeating: "'\\x2f", count: 1 << 15))
  }

  /// Python reads a `.pth` file that begins with a byte order mark.
  @Test func `path files with a byte order mark`() throws {
    var options = Options()
    options.relocations = try PathRelocations(["/w=/opt/a"])
    let carrier = Carrier(kind: .pathFile, surroundings: Carrier.Surroundings())
    let outcome = try CarrierScrub(options: options, carrier: carrier)
      .run(Bytes(Array("\u{feff}/w/src\n".utf8)), fix: true)
    #expect(outcome.output?.array() == Array("\u{feff}/opt/a/src\n".utf8))
  }
}
