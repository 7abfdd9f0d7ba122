import BuildRoots
import Glibc

/// What ripgrep looks for: the fixed beginnings of the rules' components.
let literals: [String] = {
  var heads: [String] = []
  for shape in Rule.random.flatMap(\.shapes) {
    // As far as the first part that varies; `/tmp` alone would be no search.
    let head = String(shape.dropFirst().prefix { !"X<*[".contains($0) })
    if !heads.contains(head) { heads.append(head == "tmp" ? "/tmp" : head) }
  }
  return heads.filter { !$0.isEmpty }
}()

/// The roots that inputs.py plants, as ripgrep finds them.
private let plantedExpression = #"/tmp/pip-wheel-ab12cd34/planted_0123456789abcdef0123456789abcdef"#
/// What one of them becomes in place: as long as before.
private let replacement = "/build/planted" + String(repeating: "/", count: plantedExpression.count - 14)

/// Where the rows work; the current directory is a temporary one.
struct Bench {
  /// Makes and compares inputs.
  var inputs: String
  /// This program by its full path; `wheelscrub` is in PATH.
  var own: String
  var wheel: String?
  var tree: String

  func python(_ arguments: String...) throws -> String {
    let outcome = try run(Command(["python3", inputs] + arguments))
    guard outcome.status == 0 else { throw Failure(arguments.joined(separator: " "), "python3") }
    return String(outcome.output.split(separator: "\n").joined(separator: "; "))
  }

  /// Every byte of some 700 MB: our search, a loop that reads and does nothing else, ripgrep.
  func search() throws -> [Row] {
    guard exists("rg") else { return [.skipped("search", missing: "rg", package: "ripgrep")] }
    mkdir("files", 0o700)
    _ = try python("files", "wheelscrub", "files")
    let files = try run(Command("sh", "-c", "ls files")).output.split(separator: "\n").map { "files/\($0)" }
    func command(_ words: [String]) -> Command { Command(words + files) }
    func text(_ words: [String]) -> String { (words + ["files/*"]).joined(separator: " ") }
    let ours = [own, "--roots"]
    let reader = [own, "--read"]
    let rg = ["rg", "--mmap", "-aIF", "--no-filename", "--count-matches"] + literals.flatMap { ["-e", $0] }
    let (medians, last) = try interleaved([command(ours), command(reader), command(rg)])

    let roots = sum(last[0].output)
    let peer = ["rg", "--mmap", "-aI", "--no-filename", "--count-matches", "-e", plantedExpression]
    let planted = sum(try run(command(peer)).output)
    let agree = roots == planted ? "agree: \(roots) roots" : "DIFFER: \(roots) roots, rg finds \(planted)"
    let mine = "bench --roots files/*"
    return [
      Row(
        name: "search, beside reading", command: mine, peer: "bench --read files/*",
        ratio: medians[0] / medians[1], target: 1.2, outputs: agree),
      Row(
        name: "search, beside ripgrep", command: mine, peer: text(rg), ratio: medians[0] / medians[2],
        target: 1, outputs: agree),
    ]
  }

  /// A tree of installed packages, most of whose files are no images, and 2,000 files of it.
  func checkTree() throws -> [Row] {
    guard exists("rg") else { return [.skipped("check of a tree", missing: "rg", package: "ripgrep")] }
    _ = try python("tree", tree, "tree")
    _ = try python("tree", tree, "installed", "2000")
    return [
      try checkTree("check of site-packages", "tree"), try checkTree("check of 2,000 files", "installed"),
    ]
  }

  private func checkTree(_ name: String, _ tree: String) throws -> Row {
    let check = Command("wheelscrub", "check", "--output-format", "concise", tree)
    let rg = Command(["rg", "-uu", "-acF"] + literals.flatMap { ["-e", $0] } + [tree])
    let (medians, last) = try interleaved([check, rg])
    // What was planted, by whoever finds it.
    let ours = Set(
      last[0].output.split(separator: "\n").filter { $0.contains("/planted_") }
        .compactMap { $0.split(separator: ":").first })
    let listed = try run(Command("rg", "-uu", "-al", plantedExpression, tree)).output
    let theirs = Set(listed.split(separator: "\n"))
    return Row(
      name: name, command: check.text, peer: rg.text, ratio: medians[0] / medians[1], target: 0.6,
      outputs: ours == theirs
        ? "agree: \(ours.count) files with planted roots"
        : "DIFFER: \(ours.count) files with planted roots, rg lists \(theirs.count)")
  }

  /// What else is run on wheels in CI. They look for other things, so there is nothing to compare but that each has read
  /// the wheel and found no fault in it.
  func checkWheel() throws -> [Row] {
    let wheel = try only("clean/*.whl")
    let check = Command("wheelscrub", "check", wheel)
    return try [
      ["pydistcheck", "--max-allowed-size-compressed", "1G", "--max-allowed-size-uncompressed", "1G"],
      ["check-wheel-contents", "--ignore", "W"],
    ].map { words in
      let name = "check of a wheel, beside \(words[0])"
      guard exists(words[0]) else {
        return .skipped(name, missing: words[0], by: "pip install \(words[0])")
      }
      let peer = Command(words + [wheel])
      let (medians, last) = try interleaved([check, peer], rounds: 3)
      return Row(
        name: name, command: check.text, peer: peer.text, ratio: medians[0] / medians[1], target: 1,
        outputs: "not comparable: exit codes \(last[0].status) and \(last[1].status)")
    }
  }

  /// Images that are packed behind the end of another, as PyInstaller and AppImage do.
  func payloads() throws -> [Row] {
    mkdir("packed", 0o700)
    _ = try python("payloads", "wheelscrub", "packed")
    let check = Command("wheelscrub", "check", "--output-format", "concise", "packed/payloads.so")
    let peer = Command("python3", inputs, "unpacked", "packed/payloads.so")
    let (medians, last) = try interleaved([check, peer], rounds: 3)
    let ours = last[0].output.split(separator: "\n").count { $0.contains("/planted_") }
    let theirs = sum(last[1].output)
    return [
      Row(
        name: "check of 60 MB of payloads", command: check.text,
        peer: "python3 inputs.py unpacked packed/payloads.so", ratio: medians[0] / medians[1], target: 1.5,
        outputs: ours == theirs ? "agree: \(ours) roots" : "DIFFER: \(ours) roots, Python finds \(theirs)")
    ]
  }

  /// A wheel of images without a root: all of it is inflated and searched, then copied.
  func cleanWheel() throws -> [Row] {
    let name = "fix of a wheel with no leak"
    guard exists("unzip") else { return [.skipped(name, missing: "unzip", package: "unzip")] }
    let wheel = try only("clean/*.whl")
    let fix = Command("wheelscrub", "fix", "-w", "out", wheel)
    let unzip = Command("unzip", "-tq", wheel)
    let (medians, last) = try interleaved([fix, unzip]) { _ = try run(Command("rm", "-rf", "out")) }
    _ = try run(fix, quiet: true)
    let isSame = try run(Command("cmp", try only("out/*.whl"), wheel)).status == 0
    let isGood = last.allSatisfy { $0.status == 0 }
    return [
      Row(
        name: name, command: fix.text, peer: unzip.text, ratio: medians[0] / medians[1], target: 0.5,
        outputs: isSame && isGood ? "agree: no error, and the copy is the wheel" : "DIFFER")
    ]
  }

  /// A wheel with five leaking members, and how much memory that takes.
  func leakyWheel() throws -> [Row] {
    let wheel = try only("leaky/*.whl")
    let fix = Command("wheelscrub", "fix", "-w", "out", wheel)
    let python = ["python3", "/usr/bin/python3"].first {
      (try? run(Command($0, "-m", "wheel", "version"), quiet: true))?.status == 0
    }
    var rows: [Row] = []
    let name = "fix of a wheel with 5 leaking members"
    if let python {
      let script =
        "\(python) -m wheel unpack -d tmp \(wheel) && "
        + "find tmp -type f -exec sed -i s#\(plantedExpression)#\(replacement)#g {} + && "
        + "mkdir peer && \(python) -m wheel pack -d peer tmp/*"
      let peer = Command("sh", "-c", script)
      let (medians, _) = try interleaved([fix, peer], rounds: 3) {
        _ = try run(Command("rm", "-rf", "out", "peer", "tmp"))
      }
      // sed knows no build-id, so the comparison leaves ours alone.
      _ = try run(Command("wheelscrub", "fix", "--build-id", "keep", "-w", "keep", wheel), quiet: true)
      let result = try self.python("same", only("keep/*.whl"), only("peer/*.whl"))
      rows.append(
        Row(
          name: name, command: fix.text, peer: peer.text, ratio: medians[0] / medians[1], target: 0.3,
          outputs: result))
    } else {
      rows.append(.skipped(name, missing: "python3 -m wheel", package: "python3-wheel"))
    }

    let key = Command("wheelscrub", "key", wheel)
    let (medians, _) = try interleaved([key, fix]) { _ = try run(Command("rm", "-rf", "out")) }
    // Debian's libraries have links to debug files that nobody has, so the key of all bytes is raw.
    let script = "wheelscrub key --level runtime \(wheel) out/*.whl | cut -d ' ' -f 1"
    let both = try run(Command("sh", "-c", script)).output.split(separator: "\n")
    let agree = both.count == 2 && both[0] == both[1] && both[0].hasPrefix("v3:")
    rows.append(
      Row(
        name: "key of it, beside the fix", command: key.text, peer: fix.text, ratio: medians[0] / medians[1],
        target: 1, outputs: agree ? "agree: the fixed wheel has the same, at run time" : "DIFFER"))

    var peaks: [Int] = []
    for _ in 0..<5 {
      _ = try run(Command("rm", "-rf", "out"))
      peaks.append(try run(fix, quiet: true).peak)
    }
    let peak = peaks.sorted()[2]
    let member = Int(try self.python("largest", wheel, only("out/*.whl"))) ?? 0
    let check = try run(Command("wheelscrub", "check", "-q", "out"), quiet: true)
    rows.append(
      Row(
        name: "peak memory of that fix, less 64 MB, by the largest member", command: fix.text, peer: "",
        ratio: Double(peak - 64 << 20) / Double(member), target: 2,
        note: " (\(peak >> 20) MB, member \(member >> 20) MB)",
        outputs: check.status == 0 ? "agree: no root is left" : "DIFFER: check of the result fails"))
    return rows
  }

  /// The one file that a pattern names.
  private func only(_ pattern: String) throws -> String {
    let found = try run(Command("sh", "-c", "ls \(pattern)")).output.split(separator: "\n")
    guard let first = found.first, found.count == 1 else { throw Failure("ls", pattern) }
    return String(first)
  }

  private func sum(_ output: String) -> Int {
    output.split(separator: "\n").reduce(0) { $0 + (Int($1) ?? 0) }
  }
}
