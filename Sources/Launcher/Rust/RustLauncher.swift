/// The launcher of rustc, for RUSTC_WRAPPER: `[sccache] RUSTC ARGS...`.
///
/// It never breaks a build: what it does not fully understand it starts as it came, and what fails with the cache is
/// compiled without.
public enum RustLauncher {
  /// Runs the command.
  ///
  /// - Parameter arguments: the program's own name first.
  /// - Returns: 127 where the program is missing, 126 where it cannot be started, else what it returns.
  public static func run(_ arguments: [Bytes], _ variables: [Bytes]) -> Int32 {
    let words = Array(arguments.dropFirst())
    if words.count == 1, words[0].isText("--help") || words[0].isText("-h") { return usage(to: 1) }
    let environment = Environment(variables)
    let own = System.identity(of: Bytes("/proc/self/exe"))
    let command = RustCommand(words)
    guard !command.words.isEmpty else { return usage(to: 2) }
    return RustCall(command, environment, ProgramSearch(path: environment["PATH"], own: own)).start()
  }

  private static func usage(to descriptor: Int32) -> Int32 {
    System.write(
      Bytes(
        """
        usage: wheelscrub-rustc [sccache] RUSTC ARGS...

        For RUSTC_WRAPPER: starts rustc so that crates do not hold the random directory of the build, and behind
        sccache so that they are found again from another one.
        WHEELSCRUB_RUSTC_CACHE=sccache puts it behind, WHEELSCRUB_RUSTC=0 switches this off,
        WHEELSCRUB_RUSTC_LOG=FILE tells each decision, WHEELSCRUB_RUSTC_PLACE=DIR is where its links are.

        """), to: descriptor)
    return descriptor == 1 ? 0 : 2
  }
}
