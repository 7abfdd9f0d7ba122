import Foundation
import Testing

/// Trees that were made in one directory and will be in another one.
@Suite(.timeLimit(.minutes(60)))
struct RelocationTests {
  /// `python3 -m venv` in two directories of different lengths, with what pip installs there.
  private func environments() async throws -> [String] {
    let links = try Workspace.shared.scratch("links")
    try await Tools.output(of: Tools.python, [Workspace.repository + "/fixtures/make-distributions", links])
    var parents: [String] = []
    for run in 0..<2 {
      let parent = try Workspace.shared.scratch(run == 0 ? "short" : String(repeating: "long-", count: 22))
      try await Tools.output(of: Tools.python, ["-m", "venv", parent + "/venv"], limit: 300)
      // `single` has a script; the local path makes a direct_url.json.
      let wheel = try #require(try names(in: links).first { $0.hasPrefix("single-") })
      try FileManager.default.copyItem(atPath: links + "/" + wheel, toPath: parent + "/" + wheel)
      try await Tools.output(
        of: parent + "/venv/bin/python",
        [
          "-m", "pip", "install", "--no-index", "--find-links", links, "--no-cache-dir", parent + "/" + wheel,
          "tool",
        ],
        environment: ["TMPDIR": "\(Workspace.shared.path)/t\(run)"], limit: 300)
      try FileManager.default.removeItem(atPath: parent + "/" + wheel)
      parents.append(parent)
    }
    return parents
  }

  @Test
  func `two environments become the same, and run where they will be`() async throws {
    let parents = try await environments()
    let future = "/srv/wheelscrub-tests/app"
    for parent in parents {
      // Each tree file by its rule, with the place.
      let check = try await wheelscrub(["check", "--output-format", "json", parent])
      #expect(check.status == 1, "\(check.transcript)")
      for (code, place) in [
        ("PY201", "line 1, column 3, interpreter"), ("PY202", "line 1, column"), ("PY203", "line 5, column"),
        ("PY204", "line"),
      ] where code != "PY201" || parent == parents[0] {
        #expect(check.output.contains("\"\(code)\"") && check.output.contains(place), "\(code)")
      }
      if parent != parents[0] { #expect(check.output.contains("line 2, column 10, interpreter")) }
      #expect(!check.output.contains("\"PY1"), "\(check.output)")

      let preview = try await wheelscrub(["fix", "--check", "--relocate", "\(parent)=\(future)", parent])
      #expect(preview.status == 1 && preview.output.contains("single-"), "\(preview.transcript)")
      let fix = try await wheelscrub([
        "fix", "--in-place", "--pyc-header", "checked-hash", "--relocate", "\(parent)=\(future)", parent,
      ])
      #expect(fix.succeeded, "\(fix.transcript)")
      #expect(try await !Tools.run("grep", ["-rIl", parent, parent]).succeeded)
      let again = try await wheelscrub([
        "fix", "--check", "--pyc-header", "checked-hash", "--relocate", "\(parent)=\(future)", parent,
      ])
      #expect(again.succeeded, "\(again.transcript)")
      let clean = try await wheelscrub(["check", parent])
      #expect(clean.succeeded, "\(clean.transcript)")
    }
    let difference = try await Tools.run("diff", ["-r"] + parents)
    #expect(difference.succeeded, "\(difference.transcript)")

    // Where it will be it runs, and knows where it is: here another directory, because that one is the system's.
    let home = try Workspace.shared.scratch("home") + "/app"
    let fix = try await wheelscrub(["fix", "--in-place", "--relocate", "\(future)=\(home)", parents[1]])
    #expect(fix.succeeded, "\(fix.transcript)")
    try FileManager.default.moveItem(atPath: parents[1], toPath: home)
    let bin = home + "/venv/bin/"
    #expect(
      try await Tools.output(of: bin + "python", ["-c", "import sys; print(sys.prefix)"]).lines == [
        home + "/venv"
      ])
    #expect(try await Tools.output(of: bin + "pip", ["--version"]).contains(home + "/venv/lib/"))
    // pip forgets the permission of one of them.
    let scripts = try names(in: bin).filter {
      ($0.hasPrefix("single") || $0.hasPrefix("tool"))
        && FileManager.default.isExecutableFile(atPath: bin + $0)
    }
    #expect(!scripts.isEmpty)
    for script in scripts {
      let run = try await Tools.run(bin + script, [])
      #expect(run.succeeded, "\(run.transcript)")
    }
    try await Tools.output(of: bin + "pip", ["check"])
    let activated = try await Tools.output(
      of: "bash", ["-c", ". \"$0\"/activate; echo \"$VIRTUAL_ENV\"; command -v pip", bin])
    #expect(activated.lines == [home + "/venv", bin + "pip"])
    // pip finds all files that RECORD lists, and its own hashes are true.
    let records = try await wheelscrub(["record", "verify", home])
    #expect(records.succeeded, "\(records.transcript)")
    try await Tools.output(
      of: bin + "pip", ["uninstall", "-y", "single"])
    #expect(try names(in: bin).allSatisfy { !$0.hasPrefix("single") })
  }

  /// Every row with a hash, those of scripts outside of site-packages too, judged by Python.
  @Test
  func `rows of scripts are true`() async throws {
    let parent = try await environments()[0]
    let fix = try await wheelscrub(["fix", "--in-place", "--relocate", "\(parent)=/srv/app", parent])
    #expect(fix.succeeded, "\(fix.transcript)")
    let script = """
      import base64, csv, glob, hashlib, os, sys
      count = 0
      for record in glob.glob(sys.argv[1] + "/venv/lib/*/site-packages/*.dist-info/RECORD"):
          root = os.path.dirname(os.path.dirname(record))
          for path, digest, size in csv.reader(open(record, newline="")):
              if not digest: continue
              data = open(os.path.join(root, path), "rb").read()
              kind, _, value = digest.partition("=")
              true = base64.urlsafe_b64encode(hashlib.new(kind, data).digest()).decode().rstrip("=")
              assert (value, int(size)) == (true, len(data)), path
              count += path.startswith("..")
      assert count >= 3, count
      """
    try await Tools.output(of: Tools.python, ["-c", script, parent])
  }

  /// A directory of `pip install --target` whose pip ran in an environment: scripts name that.
  @Test
  func `scripts of a target directory`() async throws {
    let links = try Workspace.shared.scratch("links")
    try await Tools.output(of: Tools.python, [Workspace.repository + "/fixtures/make-distributions", links])
    // Where Python will be.
    let runtime = try Workspace.shared.scratch("runtime")
    try FileManager.default.createDirectory(atPath: runtime + "/bin", withIntermediateDirectories: true)
    for name in ["python", "python3"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(runtime)/bin/\(name)", withDestinationPath: Tools.python)
    }
    var trees: [String] = []
    for _ in 0..<2 {
      let parent = try Workspace.shared.scratch("builder")
      try await Tools.output(of: Tools.python, ["-m", "venv", parent + "/venv"], limit: 300)
      let tree = try Workspace.shared.scratch("target")
      try await Tools.output(
        of: parent + "/venv/bin/python",
        ["-m", "pip", "install", "--no-index", "--find-links", links, "--no-cache-dir", "--target", tree]
          + ["tool", "single"], limit: 300)
      let fix = try await wheelscrub([
        "fix", "--in-place", "--pyc-header", "checked-hash", "--relocate", "\(parent)/venv=\(runtime)", tree,
      ])
      #expect(fix.succeeded, "\(fix.transcript)")
      trees.append(tree)
    }
    let difference = try await Tools.run("diff", ["-r"] + trees)
    #expect(difference.succeeded, "\(difference.transcript)")
    // pip forgets the permission of one of them.
    let scripts = try names(in: trees[0] + "/bin").filter {
      FileManager.default.isExecutableFile(atPath: "\(trees[0])/bin/\($0)")
    }
    #expect(!scripts.isEmpty)
    for script in scripts {
      let run = try await Tools.run(
        "\(trees[0])/bin/\(script)", [], environment: ["PYTHONPATH": trees[0]])
      #expect(run.succeeded, "\(run.transcript)")
    }
  }

  /// What cannot be written is not written, and nothing half of it.
  @Test
  func `hostile trees`() async throws {
    let tree = try Workspace.shared.scratch("hostile")
    try FileManager.default.createDirectory(atPath: tree + "/venv/bin", withIntermediateDirectories: true)
    func write(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(tree)/venv/\(name)"))
    }
    let script = "#!\(tree)/venv/bin/python\nprint(1)\n"
    try write("bin/tool", script)
    try write("pyvenv.cfg", "home = \(tree)/x\0\n")
    try write("bin/activate", "VIRTUAL_ENV='\(tree)/venv'\n")
    try FileManager.default.linkItem(atPath: tree + "/venv/bin/tool", toPath: tree + "/venv/bin/hard")
    try FileManager.default.createSymbolicLink(atPath: tree + "/venv/bin/soft", withDestinationPath: "tool")
    let relocate = ["--relocate", "\(tree)=/srv/x"]
    let fix = try await wheelscrub(["fix", "--in-place"] + relocate + [tree])
    #expect(fix.status == 2 && fix.errorLines.contains { $0.contains("pyvenv.cfg") && $0.contains("NUL") })
    for name in ["tool", "hard"] {
      #expect(
        try String(contentsOfFile: "\(tree)/venv/bin/\(name)", encoding: .utf8)
          == "#!/srv/x/venv/bin/python\nprint(1)\n")
    }
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: tree + "/venv/bin/soft") == "tool")
    #expect(try String(contentsOfFile: tree + "/venv/pyvenv.cfg", encoding: .utf8).contains(tree))
    // Usage errors say what is wrong before anything is read.
    for (text, message) in [
      ("/a", "needs the form OLD=NEW"), ("a=/b", "needs an absolute path for OLD"),
      ("\(tree)=\(tree)/new", "a second run would relocate it again"),
    ] {
      let wrong = try await wheelscrub(["fix", "--in-place", "--relocate", text, tree])
      #expect(
        wrong.status == 2 && wrong.errors.contains("--relocate: \"\(text)\" ")
          || wrong.errors.contains(message))
      #expect(wrong.errors.contains(message), "\(wrong.transcript)")
    }
  }
}
