import Foundation
import Testing

/// Directories that distributions were installed in: two of them become the same.
@Suite(.timeLimit(.minutes(60)))
struct InstalledTreeTests {
  /// The names that pip installs: a C extension from its sdist, pure wheels, scripts, namespace packages.
  static let projects =
    (0..<7).map { "pure\($0)" } + [
      "single", "spaced-one", "spaced-two", "old-left", "old-right", "tool", "plainc",
    ]

  /// Two runs of `pip install --target`, with other temporary directories and at other times.
  private func installed(_ extra: [String] = []) async throws -> [String] {
    let links = try Workspace.shared.scratch("links")
    try await Tools.output(of: Tools.python, [Workspace.repository + "/fixtures/make-distributions", links])
    let sdist = try await WheelBuilder.shared.sdist("plainc")
    try FileManager.default.copyItem(
      atPath: sdist, toPath: links + "/" + (sdist as NSString).lastPathComponent)
    var trees: [String] = []
    for run in 0..<2 {
      let tree = try Workspace.shared.scratch("tree")
      try await Tools.output(
        of: Tools.python,
        [
          "-m", "pip", "install", "--no-index", "--no-build-isolation", "--no-cache-dir", "--find-links",
          links,
        ]
          + ["--target", tree] + extra + Self.projects,
        environment: ["TMPDIR": "\(Workspace.shared.path)/t\(run)"], limit: 600)
      trees.append(tree)
      // pip gives what it installs the present time, whose seconds bytecode holds.
      if run == 0 { try await Task.sleep(for: .milliseconds(1100)) }
    }
    return trees
  }

  @Test
  func `two installs become the same tree, and Python takes it as it is`() async throws {
    let trees = try await installed()
    #expect(try await !Tools.run("diff", ["-rq"] + trees).succeeded)
    for tree in trees {
      let outcome = try await wheelscrub(["fix", "--in-place", "--pyc-header", "checked-hash", tree])
      #expect(outcome.succeeded, "\(outcome.transcript)")
    }
    let difference = try await Tools.run("diff", ["-r"] + trees)
    #expect(difference.succeeded, "\(difference.transcript)")

    for tree in trees {
      let before = try await bytecodeStates(of: tree)
      #expect(before.count > 50)
      let modules = """
        import sys; sys.path.insert(0, sys.argv[1])
        import plainc, pure0.sub.part3, pure6.sub.part0, single, spaced.one, spaced.two, old.left, old.right, tool
        assert plainc.add(2, 3) == 5 and single.main() == 0
        assert single.main.__code__.co_filename == sys.argv[1] + "/single.py"
        """
      try await Tools.output(of: Tools.python, ["-c", modules, tree])
      // Another inode or time would tell that Python compiled anew.
      #expect(try await bytecodeStates(of: tree) == before)
      try await checkRecords(in: tree)
      let again = try await wheelscrub(["fix", "--check", "--pyc-header", "checked-hash", tree])
      #expect(again.succeeded, "\(again.transcript)")
    }
  }

  /// One container layer: times too.
  @Test
  func `with clamped times tar makes one archive of two installs`() async throws {
    let trees = try await installed()
    var hashes: [String] = []
    for (tree, options) in zip(trees, [["--clamp-mtime"], ["--clamp-mtime"]]) {
      let outcome = try await wheelscrub(["fix", "--in-place"] + options + [tree])
      #expect(outcome.succeeded, "\(outcome.transcript)")
      let archive = tree + ".tar"
      try await Tools.output(of: "tar", ["--sort=name", "-cf", archive, "-C", tree, "."])
      hashes.append(try await sha256(archive))
      // Times in the headers went with those of the sources.
      let before = try await bytecodeStates(of: tree)
      try await Tools.output(
        of: Tools.python,
        ["-c", "import sys; sys.path.insert(0, sys.argv[1]); import single, pure0.sub.part1, old.left", tree])
      #expect(try await bytecodeStates(of: tree) == before)
    }
    #expect(Set(hashes).count == 1)
  }

  /// All of a distribution's files or none: a damaged one keeps the others as they were.
  @Test
  func `a distribution is written as a whole`() async throws {
    let tree = try await installed()[0]
    let victim = tree + "/pure3/sub/__pycache__"
    let name = try #require(try names(in: victim).first { $0.hasPrefix("part2.") })
    try Data([UInt8](Data(contentsOf: URL(fileURLWithPath: "\(victim)/\(name)")).dropLast(5))).write(
      to: URL(fileURLWithPath: "\(victim)/\(name)"))
    let before = try await Tools.output(
      of: "find", [tree + "/pure3", "-type", "f", "-printf", "%P %i %T@\\n"])
    let outcome = try await wheelscrub(["fix", "--in-place", tree])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("\(victim)/\(name): marshal+0x"), "\(outcome.transcript)")
    #expect(outcome.errors.contains("which belongs to it, could not be processed"))
    #expect(
      try await Tools.output(of: "find", [tree + "/pure3", "-type", "f", "-printf", "%P %i %T@\\n"]) == before
    )
    // Others are done, and nothing else is left over.
    let check = try await wheelscrub(["check", tree + "/pure4"])
    #expect(check.succeeded, "\(check.transcript)")
    #expect(try await Tools.output(of: "find", [tree, "-name", ".*wheelscrub*"]).isEmpty)
  }

  /// `uv pip install --compile-bytecode --target`, and `compileall` where the files are: names are the tree's own.
  @Test(arguments: [false, true])
  func `names that are absolute become relative`(moved: Bool) async throws {
    var trees = try await installed(["--no-compile"])
    for (run, tree) in trees.enumerated() {
      try await Tools.output(of: Tools.python, ["-m", "compileall", "-q", "-o", "0", "-o", "1", tree])
      // Two modules as links of one file, which the fix keeps together.
      if moved {
        let new = try Workspace.shared.scratch("moved-\(run)") + "/lib"
        try FileManager.default.moveItem(atPath: tree, toPath: new)
        trees[run] = new
      }
    }
    #expect(try await !Tools.run("diff", ["-rq"] + trees).succeeded)
    let keys = try await wheelscrub(["key"] + trees)
    let check = try await wheelscrub(["check", "--output-format", "concise", trees[0]])
    #expect(check.status == 1)
    #expect(check.output.lines.count { $0.contains(": PY207 ") } > 50, "\(check.transcript)")
    for tree in trees {
      let fix = try await wheelscrub(["fix", "--in-place", "--pyc-header", "checked-hash", tree])
      #expect(fix.succeeded, "\(fix.transcript)")
      let clean = try await wheelscrub(["check", tree])
      #expect(clean.succeeded, "\(clean.transcript)")
      let states = try await bytecodeStates(of: tree)
      let module = """
        import sys; sys.path.insert(0, sys.argv[1])
        import single, pure0.sub.part1, old.left
        assert single.main.__code__.co_filename == sys.argv[1] + "/single.py"
        """
      try await Tools.output(of: Tools.python, ["-c", module, tree])
      #expect(try await bytecodeStates(of: tree) == states)
      // RECORD has no row of what was compiled later, so `verify` asks for the source.
      let verify = try await wheelscrub(["verify", "--python", Tools.python, tree])
      #expect(verify.succeeded, "\(verify.transcript)")
    }
    let difference = try await Tools.run("diff", ["-r"] + trees)
    #expect(difference.succeeded, "\(difference.transcript)")
    // Times are in the headers, so only the fixed ones have one key.
    #expect(keys.succeeded)
    let fixed = try await wheelscrub(["key"] + trees)
    #expect(Set(fixed.output.lines.map { $0.prefix(74) }).count == 1, "\(fixed.transcript)")
  }

  @Test
  func `hard links stay together`() async throws {
    let tree = try await installed()[0]
    try await Tools.output(
      of: Tools.python,
      ["-m", "compileall", "-q", "-f", "-o", "0", "-o", "1", "--hardlink-dupes", "-s", tree, "-p"]
        + ["/tmp/pip-target-ab12cd_4/lib/python", tree + "/pure1"])
    let outcome = try await wheelscrub(["fix", "--in-place", "--pyc-header", "checked-hash", tree])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    let cache = tree + "/pure1/sub/__pycache__"
    let inodes = try await Tools.output(of: "find", [cache, "-name", "__init__.*", "-printf", "%i\\n"]).lines
    #expect(inodes.count == 2 && Set(inodes).count == 1, "\(inodes)")
  }

  @Test
  func `results beside the tree`() async throws {
    let tree = try await installed()[0]
    let output = try Workspace.shared.scratch("beside")
    let before = try await bytecodeStates(of: tree)
    let outcome = try await wheelscrub(["fix", "-w", output, tree])
    #expect(outcome.succeeded, "\(outcome.transcript)")
    #expect(try await bytecodeStates(of: tree) == before)
    #expect(FileManager.default.fileExists(atPath: output + "/plainc-1.0.dist-info/RECORD"))
    let check = try await wheelscrub(["check", output])
    #expect(check.succeeded, "\(check.transcript)")
    for wrong in [["--clamp-mtime"], ["--pyc-header", "clamp"]] {
      #expect(try await wheelscrub(["fix", "-w", output] + wrong + [tree]).status == 2)
    }
  }
}

/// Name, inode, time and size of every `.pyc`.
func bytecodeStates(of tree: String) async throws -> [String] {
  try await Tools.output(of: "find", [tree, "-name", "*.pyc", "-printf", "%P %i %T@ %s\\n"]).lines.sorted()
}

/// Every hash and size in every RECORD is true.
func checkRecords(in tree: String) async throws {
  let script = """
    import base64, csv, glob, hashlib, os, sys
    count = 0
    for record in glob.glob(sys.argv[1] + "/*.dist-info/RECORD"):
        for path, digest, size in csv.reader(open(record, newline="")):
            full = os.path.join(sys.argv[1], path)
            if digest and not path.startswith(".."):
                data = open(full, "rb").read()
                kind, _, value = digest.partition("=")
                true = base64.urlsafe_b64encode(hashlib.new(kind, data).digest()).decode().rstrip("=")
                assert (value, int(size)) == (true, len(data)), path
                count += 1
    assert count > 80, count
    """
  try await Tools.output(of: Tools.python, ["-c", script, tree])
}
