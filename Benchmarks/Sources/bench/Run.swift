import Glibc

/// One command as it is run, and as the table prints it.
struct Command {
  var arguments: [String]

  init(_ arguments: String...) { self.arguments = arguments }
  init(_ arguments: [String]) { self.arguments = arguments }

  /// As a shell would take it.
  var text: String {
    arguments.map { argument in
      argument.contains { " ;|&$*'\"#{}\\".contains($0) } ? "'\(argument)'" : argument
    }.joined(separator: " ")
  }
}

/// What one run took and said.
struct Outcome {
  /// User and system, all children included.
  var seconds: Double
  /// On the clock.
  var elapsed: Double
  /// Bytes.
  var peak: Int
  var status: Int32
  var output: String
}

/// Runs a program to its end. Standard error goes where ours goes.
func run(_ command: Command, quiet: Bool = false) throws(Failure) -> Outcome {
  let arguments = command.arguments
  var pipes: [Int32] = [0, 0]
  guard pipe(&pipes) == 0 else { throw Failure("pipe", arguments[0]) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
  posix_spawn_file_actions_addclose(&actions, pipes[0])
  // A server that the program leaves behind would hold it open, and the loop below would wait for that.
  if pipes[1] > 1 { posix_spawn_file_actions_addclose(&actions, pipes[1]) }
  if quiet { posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
  var argv: [UnsafeMutablePointer<CChar>?] = []
  for argument in arguments { argv.append(strdup(argument)) }
  argv.append(nil)
  var child: pid_t = 0
  let start = clockSeconds()
  let failed = posix_spawnp(&child, arguments[0], &actions, nil, argv, environ)
  for pointer in argv { free(pointer) }
  close(pipes[1])
  guard failed == 0 else { throw Failure("spawn", arguments[0]) }
  var output: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let got = buffer.withUnsafeMutableBytes { read(pipes[0], $0.baseAddress, $0.count) }
    guard got > 0 else { break }
    output += buffer[..<got]
  }
  close(pipes[0])
  var usage = rusage()
  var status: Int32 = 0
  wait4(child, &status, 0, &usage)
  let seconds =
    Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  return Outcome(
    seconds: seconds, elapsed: clockSeconds() - start, peak: usage.ru_maxrss << 10,
    status: (status >> 8) & 0xff, output: String(decoding: output, as: UTF8.self))
}

private func clockSeconds() -> Double {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

/// Medians of interleaved runs: noise of the machine falls on all commands alike.
/// - Parameter prepare: before each run, not measured.
func interleaved(
  _ commands: [Command], rounds: Int = 5, prepare: () throws -> Void = {}
) throws -> (medians: [Double], last: [Outcome]) {
  var times = [[Double]](repeating: [], count: commands.count)
  var last: [Outcome] = []
  // The first round only fills the page cache.
  for round in 0...rounds {
    last = []
    for (index, command) in commands.enumerated() {
      try prepare()
      let outcome = try run(command, quiet: true)
      last.append(outcome)
      if round > 0 { times[index].append(outcome.seconds) }
    }
  }
  return (times.map { $0.sorted()[$0.count / 2] }, last)
}

/// Whether a program is in PATH.
func exists(_ program: String) -> Bool {
  (try? run(Command("sh", "-c", "command -v \(program)"), quiet: true))?.status == 0
}

func fixed(_ value: Double) -> String {
  let thousandths = Int((value * 1000).rounded())
  return "\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())"
}
