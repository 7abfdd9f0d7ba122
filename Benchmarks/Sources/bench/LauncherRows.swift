import Glibc

extension Bench {
  /// What the launcher adds to a compile, beside the clients of caches. A compiler takes twenty milliseconds that
  /// vary by more than what is measured here, so one that does nothing stands in for it; and a thousand
  /// starts are one measurement.
  func launcher() throws -> [Row] {
    let place = "pip-wheel-ab12cd34/bench_0123456789abcdef0123456789abcdef"
    let script = """
      set -e
      mkdir -p \(place)/src \(place)/build pip-build-env-ab12cd34/include standin
      cp /bin/true standin/gcc
      printf 'int x;\\n' > \(place)/src/x.c
      """
    guard try run(Command("sh", "-c", script)).status == 0 else { throw Failure("mkdir", place) }
    let absolute = try run(Command("sh", "-c", "cd \(place) && pwd -P")).output.dropLast()
    let top = absolute.dropLast(place.count + 1)
    let arguments =
      "-g -O2 -Wall -fPIC -I\(top)/pip-build-env-ab12cd34/include -I\(absolute)/include"
      + " -c \(absolute)/src/x.c -o \(absolute)/build/x.o"
    let starts = 1000
    func loop(_ words: String, environment: String = "") -> Command {
      Command(
        "sh", "-c",
        "cd \(place); \(environment) i=0; while [ $i -lt \(starts) ]; do \(words) >&2; i=$((i+1)); done")
    }
    let standin = "\(top)/standin/gcc \(arguments)"
    var commands = [
      loop(standin), loop("wheelscrub-cc \(standin)"), loop("WHEELSCRUB_CC=0 wheelscrub-cc \(standin)"),
    ]
    let caches = ["ccache", "sccache"].filter(exists)
    for cache in caches {
      // Relative, so that both hit: then the client is all there is.
      let compile = "\(cache) gcc -g -c src/x.c -o build/x.o"
      let storage = "export CCACHE_DIR=\(top)/storage SCCACHE_DIR=\(top)/storage2;"
      commands.append(loop(compile, environment: storage))
    }
    let (medians, last) = try interleaved(commands)
    if exists("sccache") { _ = try run(Command("sccache", "--stop-server"), quiet: true) }
    func perStart(_ index: Int) -> Double { (medians[index] - medians[0]) / Double(starts) * 1000 }

    let log = "\(top)/log"
    let check =
      "cd \(place) && WHEELSCRUB_CC_LOG=\(log) wheelscrub-cc \(standin) && grep -c ^rewritten \(log)"
    let rewrites = try run(Command("sh", "-c", check), quiet: true).output == "1\n"
    let worked = last.allSatisfy { $0.status == 0 } && rewrites
    let outputs = worked ? "agree: the compiler is started, with other paths" : "DIFFER"
    let name = "launcher, ms of CPU that it adds to a compile"
    var rows = [
      Row(
        name: name, command: "wheelscrub-cc gcc -g -O2 ... -c /tmp/pip-wheel-.../src/x.c",
        peer: "gcc -g -O2 ... -c /tmp/pip-wheel-.../src/x.c", ratio: perStart(1), target: 0.6,
        outputs: outputs),
      Row(
        name: "the same, switched off", command: "WHEELSCRUB_CC=0 wheelscrub-cc gcc ...", peer: "gcc ...",
        ratio: perStart(2), target: 0.6, outputs: outputs),
    ]
    for (index, cache) in caches.enumerated() {
      // Beside the stand-in, which is started by the shell as the client is.
      rows.append(
        Row(
          name: "the client of \(cache), for a hit", command: "\(cache) gcc -g -c src/x.c",
          peer: "a program that does nothing", note: "\(fixed(perStart(3 + index))) ms more", outputs: ""))
    }
    for cache in ["ccache", "sccache"] where !caches.contains(cache) {
      rows.append(.skipped("the client of \(cache)", missing: cache, package: cache))
    }
    return rows
  }
}
