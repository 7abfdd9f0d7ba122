import BuildRoots
import Glibc

// Prints one table: each row a command beside another program's, in the same run. README.md explains them.
//
//     bench --program ../.build/release/wheelscrub [--static FILE] [--wheel FILE] [--tree DIR]
//         [search|tree|clean|check|leaky|payloads|bytecode|launcher|start]...
//     bench --roots FILE... | --read FILE...      what the row 'search' runs
//     bench --hard                                input made to be slow

private let usage = """
  usage: bench --program WHEELSCRUB [--static FILE] [--wheel FILE] [--tree DIR]
           [search|tree|clean|check|leaky|payloads|bytecode|launcher|start]...

  """

private func fullPath(_ path: String) throws(Failure) -> String {
  guard let resolved = realpath(path, nil) else { throw Failure("realpath", path) }
  defer { free(resolved) }
  return String(cString: resolved)
}

private func directory(of path: String) -> String {
  String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
}

/// The largest tree of installed packages there is.
private func largestTree() throws -> String {
  let candidates = "/usr/lib/python3/dist-packages $HOME/.pyenv/versions/*/lib/python3*/site-packages"
  let command =
    "du -s \(candidates) $(python3 -c 'import sysconfig; print(sysconfig.get_path(\"purelib\"))') 2>/dev/null"
    + " | sort -n | tail -1 | cut -f 2"
  let found = try run(Command("sh", "-c", command)).output.split(separator: "\n")
  return found.first.map(String.init) ?? "/usr/lib"
}

private func table(_ arguments: [String]) throws {
  var arguments = arguments[...]
  var program: String?
  var staticProgram: String?
  var wheel: String?
  var tree: String?
  var names: [String] = []
  while let argument = arguments.popFirst() {
    switch argument {
    case "--program": program = arguments.popFirst()
    case "--static": staticProgram = arguments.popFirst()
    case "--wheel": wheel = arguments.popFirst()
    case "--tree": tree = arguments.popFirst()
    default: names.append(argument)
    }
  }
  guard let program = try program.map({ try fullPath($0) }) else {
    print(usage, terminator: "")
    exit(2)
  }
  // Benchmarks/.build/<triple>/release/bench
  let own = try fullPath("/proc/self/exe")
  let package = String(own[..<(own.firstRange(of: "/.build/")?.lowerBound ?? own.startIndex)])
  let built = staticProgram ?? "\(package)/../.build-static/programs/wheelscrub"
  staticProgram = try? fullPath(built)
  let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
  setenv("PATH", "\(directory(of: program)):\(path)", 1)
  setenv("LC_ALL", "C", 1)
  let bench = Bench(
    inputs: "\(package)/inputs.py", own: own, wheel: try wheel.map { try fullPath($0) },
    tree: try tree ?? largestTree())

  let work = "\(getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp")/wheelscrub-bench-\(getpid())"
  guard mkdir(work, 0o700) == 0, chdir(work) == 0 else { throw Failure("mkdir", work) }
  defer { _ = try? run(Command("rm", "-rf", work)) }
  let wants = { (name: String) in names.isEmpty || names.contains(name) }
  if wants("clean") || wants("check") || wants("leaky") {
    if let wheel = bench.wheel {
      _ = try bench.python("plant", wheel, ".")
    } else {
      _ = try bench.python("wheel", "wheelscrub", ".")
    }
  }
  print("CPU time (user + system), medians of interleaved runs; ratio: ours by the peer's. In \(work):\n")
  print(Row.head)
  fflush(nil)
  func show(_ rows: [Row]) {
    for row in rows { print(row.line) }
    fflush(nil)
  }
  if wants("search") { show(try bench.search()) }
  if wants("tree") { show(try bench.checkTree()) }
  if wants("clean") { show(try bench.cleanWheel()) }
  if wants("check") { show(try bench.checkWheel()) }
  if wants("leaky") { show(try bench.leakyWheel()) }
  if wants("payloads") { show(try bench.payloads()) }
  if wants("bytecode") { show(try bench.bytecode()) }
  if wants("launcher") { show(try bench.launcher() + bench.rustLauncher()) }
  if wants("start") { show(try bench.startUp(staticProgram)) }
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  switch arguments.first {
  case "--roots": for path in arguments.dropFirst() { print(try Mapping(path).countRoots()) }
  case "--read": for path in arguments.dropFirst() { print(try readOnly(path)) }
  case "--hard": hardCases()
  default: try table(arguments)
  }
} catch {
  print("bench: \(error)")
  exit(2)
}
