import Glibc

/// Runs a program to its end; CPU seconds (user and system) and the sum of the numbers it prints.
func run(_ arguments: [String]) throws(Failure) -> (Double, Int) {
  var pipes: [Int32] = [0, 0]
  guard pipe(&pipes) == 0 else { throw Failure("pipe", arguments[0]) }
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, pipes[1], 1)
  posix_spawn_file_actions_addclose(&actions, pipes[0])
  var argv: [UnsafeMutablePointer<CChar>?] = []
  for argument in arguments { argv.append(strdup(argument)) }
  argv.append(nil)
  var child: pid_t = 0
  let failed = posix_spawnp(&child, arguments[0], &actions, nil, argv, environ)
  for pointer in argv { free(pointer) }
  close(pipes[1])
  guard failed == 0 else { throw Failure("spawn", arguments[0]) }
  var output: [UInt8] = []
  var byte: UInt8 = 0
  while read(pipes[0], &byte, 1) == 1 { output.append(byte) }
  close(pipes[0])
  var usage = rusage()
  var status: Int32 = 0
  wait4(child, &status, 0, &usage)
  let seconds =
    Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  let lines = output.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
  return (seconds, lines.reduce(0) { $0 + (Int($1) ?? 0) })
}
