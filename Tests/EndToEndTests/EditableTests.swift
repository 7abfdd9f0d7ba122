import Foundation
import Testing

/// Editable installations whose tree moves: Python never imports from the old directory after a `fix --relocate` that
/// exits with 0, not even when somebody makes that directory again.
@Suite(.timeLimit(.minutes(60)))
struct EditableTests {
  /// A virtual environment in `old` with an editable installation of `foo`, whose source is in `old` as well.
  private func installed(_ arguments: [String] = []) async throws -> (parent: String, old: String) {
    let parent = try Workspace.shared.scratch("editable")
    let old = parent + "/old"
    func write(_ name: String, _ text: String) throws {
      let path = "\(old)/\(name)"
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
    try write("src/foo/__init__.py", "print('the package of the tree')\n")
    try write(
      "src/pyproject.toml",
      """
      [build-system]
      requires = ["setuptools"]
      build-backend = "setuptools.build_meta"
      [project]
      name = "foo"
      version = "1.0"

      """)
    // With Debian's setuptools and wheel: nothing is downloaded.
    try await Tools.output(
      of: Tools.python, ["-m", "venv", "--system-site-packages", old + "/venv"], limit: 300)
    try await Tools.output(
      of: old + "/venv/bin/python",
      ["-m", "pip", "install", "-q", "--no-index", "--no-build-isolation"] + arguments
        + ["-e", old + "/src"], limit: 300)
    return (parent, old)
  }

  private func site(_ tree: String) throws -> String {
    let library = tree + "/venv/lib"
    return "\(library)/\(try #require(try names(in: library).first))/site-packages"
  }

  /// The tree goes to its new place, and somebody else's package to the old one.
  private func move(_ old: String, to new: String) throws {
    try FileManager.default.moveItem(atPath: old, toPath: new)
    for directory in ["src/foo", "src/build/__editable__.foo-1.0-py3-none-any/foo"] {
      try FileManager.default.createDirectory(
        atPath: "\(old)/\(directory)", withIntermediateDirectories: true)
      try Data("print('SOMEBODY ELSE')\n".utf8).write(
        to: URL(fileURLWithPath: "\(old)/\(directory)/__init__.py"))
    }
  }

  @Test(
    arguments: ["keep", "checked-hash", "unchecked-hash"],
    [[], ["--config-settings", "editable_mode=strict"]])
  func `Python imports from the new place`(header: String, arguments: [String]) async throws {
    let (parent, old) = try await installed(arguments)
    let new = parent + "/new"
    let before = try await wheelscrub(["check", "--output-format", "concise", old])
    let fix = try await wheelscrub([
      "fix", "--in-place", "--pyc-header", header, "--relocate", "\(old)=\(new)", old,
    ])
    #expect(fix.succeeded, "\(fix.transcript)")
    let after = try await wheelscrub(["check", "--output-format", "concise", old])
    #expect(!before.output.contains(": PY1") && !after.output.contains(": PY1"), "\(after.transcript)")
    #expect(try await !Tools.run("grep", ["-rIl", "\(old)/", site(old)]).succeeded)
    let records = try await wheelscrub(["record", "verify", site(old)])
    #expect(records.succeeded, "\(records.transcript)")

    try move(old, to: new)
    // With what was compiled before, and with what is compiled now.
    for flags in [["-B"], [], ["-O"]] {
      let run = try await Tools.run("\(new)/venv/bin/python", flags + ["-c", "import foo"], in: "/")
      #expect(run.output == "the package of the tree\n", "\(run.transcript)")
    }
    try await Tools.output(of: "\(new)/venv/bin/python", ["-m", "pip", "uninstall", "-y", "foo"], limit: 300)
    #expect(try names(in: site(new)).allSatisfy { !$0.contains("foo") })
  }

  /// A loader that asks its build directory, as meson-python's does: left, named, and exit 1.
  @Test
  func `a loader that cannot follow is named`() async throws {
    let (parent, old) = try await installed()
    let loader = """
      import json, os, sys
      def install(name, path):
          with open(os.path.join(path, 'meson-info', 'intro-install_plan.json')) as plan:
              sys.path.append(json.load(plan)[name])
      install('bar', '\(old)/build')

      """
    let site = try site(old)
    try Data(loader.utf8).write(to: URL(fileURLWithPath: site + "/_bar_editable_loader.py"))
    try Data("import _bar_editable_loader\n".utf8).write(to: URL(fileURLWithPath: site + "/bar-editable.pth"))
    let arguments = [
      "fix", "--in-place", "--relocate", "\(old)=\(parent)/new", "--output-format", "concise", old,
    ]
    for rules in [[], ["--ignore", "PY2"]] {
      let fix = try await wheelscrub(arguments + rules)
      #expect(fix.status == 1, "\(fix.transcript)")
      let lines = fix.output.lines.filter { $0.contains("_bar_editable_loader.py") }
      #expect(lines.contains { $0.contains("PY206") }, "\(fix.transcript)")
      #expect(
        try String(contentsOfFile: site + "/_bar_editable_loader.py", encoding: .utf8) == loader)
    }
  }
}
