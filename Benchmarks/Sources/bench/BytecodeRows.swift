import Glibc

extension Bench {
  /// Bytecode of an installed tree, beside a loop of Python's own marshal, and on the clock.
  func bytecode() throws -> [Row] {
    mkdir("compiled", 0o700)
    _ = try python("bytecode", "compiled", "1171")
    let fix = Command("wheelscrub", "fix", "-q", "--in-place", "--pyc-header", "checked-hash", "ours")
    let peer = Command("python3", inputs, "reload", "peer")
    let copy = Command("sh", "-c", "rm -rf ours peer && cp -a compiled ours && cp -a compiled peer && sync")
    let (medians, _) = try interleaved([fix, peer]) { _ = try run(copy) }
    var elapsed: [Double] = []
    for _ in 0..<5 {
      _ = try run(copy)
      elapsed.append(try run(fix, quiet: true).elapsed)
    }
    _ = try run(peer, quiet: true)
    let outputs = try python("loaded", "ours", "peer")
    return [
      Row(
        name: "fix of 1,171 .pyc in 21 distributions", command: fix.text, peer: peer.text,
        ratio: medians[0] / medians[1], target: 0.5, note: " (\(fixed(medians[0])) s)", outputs: outputs),
      Row(
        name: "the same on the clock, seconds for 1,000 files", command: fix.text, peer: "",
        ratio: elapsed.sorted()[2] / 1.171, target: 1, note: " (CPU: \(fixed(medians[0] / 1.171)))",
        outputs: outputs),
      try marshalparser(),
    ]
  }

  /// Fedora's program for unused references, which it takes out as `--pyc-canonical` does; it leaves all else. Sixty
  /// files, because it takes a tenth of a second for each.
  private func marshalparser() throws -> Row {
    let name = "fix of 60 .pyc, beside marshalparser"
    guard exists("marshalparser") else {
      return .skipped(name, missing: "marshalparser", by: "pip install marshalparser")
    }
    mkdir("few", 0o700)
    _ = try python("bytecode", "few", "60")
    let fix = Command("wheelscrub", "fix", "-q", "--in-place", "--pyc-canonical", "ours")
    let peer = Command("sh", "-c", "find peer -name '*.pyc' | xargs marshalparser --fix --overwrite")
    let copy = Command("sh", "-c", "rm -rf ours peer && cp -a few ours && cp -a few peer")
    let (medians, _) = try interleaved([fix, peer], rounds: 3) { _ = try run(copy) }
    _ = try run(copy)
    _ = try run(fix, quiet: true)
    let unused = Command("sh", "-c", "find ours -name '*.pyc' | xargs marshalparser --unused")
    let left = try run(unused, quiet: true)
    return Row(
      name: name, command: fix.text, peer: peer.text, ratio: medians[0] / medians[1], target: 0.05,
      outputs: left.status == 0 && left.output.isEmpty
        ? "agree: it finds no unused reference in what we wrote" : "DIFFER: it finds unused references")
  }
}
