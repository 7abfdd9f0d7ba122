extension Bench {
  /// What the launcher of rustc adds to a crate: where it maps, and where it shares, behind a stand-in for sccache, which
  /// is one more program to start. A thousand starts are one measurement, as for the other launcher.
  func rustLauncher() throws -> [Row] {
    let place = "pip-wheel-ab12cd34/crate_0123456789abcdef0123456789abcdef"
    let script = """
      set -e
      mkdir -p \(place)/src \(place)/target/deps standin home
      touch \(place)/target/CACHEDIR.TAG
      cp /bin/true standin/rustc; cp /bin/true standin/sccache
      for i in 1 2 3 4 5 6 7 8 9 10; do head -c 8000 /bin/true > \(place)/src/$i.rs; done
      """
    guard try run(Command("sh", "-c", script)).status == 0 else { throw Failure("mkdir", place) }
    let root = String(try run(Command("sh", "-c", "cd \(place) && pwd -P")).output.dropLast())
    let top = String(root.dropLast(place.count + 1))
    let crate =
      "--crate-name x --edition=2021 src/1.rs --crate-type lib --emit=metadata,link -C opt-level=3"
      + " --out-dir \(root)/target/deps -L dependency=\(root)/target/deps"
    let starts = 1000
    func loop(_ words: String) -> Command {
      Command(
        "sh", "-c",
        "cd \(place); export HOME=\(top)/home CARGO_MANIFEST_DIR=\(root) OUT_DIR=\(root)/target/deps; i=0;"
          + " while [ $i -lt \(starts) ]; do \(words) \(crate) >&2; i=$((i+1)); done")
    }
    let (rustc, sccache) = ("\(top)/standin/rustc", "\(top)/standin/sccache")
    let commands = [
      loop(rustc), loop("wheelscrub-rustc \(rustc)"), loop("wheelscrub-rustc \(sccache) \(rustc)"),
    ]
    let (medians, last) = try interleaved(commands)
    func perStart(_ index: Int) -> Double { (medians[index] - medians[0]) / Double(starts) * 1000 }
    let log = "\(top)/rust-log"
    let check =
      "cd \(place) && export HOME=\(top)/home CARGO_MANIFEST_DIR=\(root) WHEELSCRUB_RUSTC_LOG=\(log);"
      + " wheelscrub-rustc \(rustc) \(crate) && wheelscrub-rustc \(sccache) \(rustc) \(crate) && cut -c 1-6 \(log)"
    let told = try run(Command("sh", "-c", check), quiet: true).output
    let worked = last.allSatisfy { $0.status == 0 } && told == "mapped\nshared\n"
    let outputs = worked ? "agree: rustc is started, with other paths" : "DIFFER"
    return [
      Row(
        name: "launcher of rustc, ms of CPU that it adds to a crate", command: "wheelscrub-rustc rustc ...",
        peer: "rustc ...", ratio: perStart(1), target: 1, outputs: outputs),
      Row(
        name: "the same with a cache, beside that program's start",
        command: "wheelscrub-rustc sccache rustc ...", peer: "rustc ...", ratio: perStart(2), target: 1,
        outputs: outputs),
    ]
  }
}
