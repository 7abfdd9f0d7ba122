import ArgumentParser

/// `wheelscrub cc COMPILER ARGS...`: becomes the launcher, a program of its own because it starts once for each
/// compile.
struct CompilerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cc",
    abstract: "Start a compiler so that its objects, and cache keys, do not hold the build directory.",
    usage: "wheelscrub cc [--] [ccache|sccache] <compiler> [<arguments>...]\nwheelscrub cc --install <dir>",
    discussion: """
      Becomes the program wheelscrub-cc, which is better used directly: it starts faster. Understands gcc \
      and clang; passes on whatever it does not fully understand. WHEELSCRUB_CC=0 switches it off, \
      WHEELSCRUB_CC_LOG=FILE tells each decision.
      """)

  // Only for `wheelscrub help cc`: the launcher gets the process's own arguments.
  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var command: [String] = []
}
