import ArgumentParser

/// A command that becomes another program, which starts more often than this one could.
protocol LaunchingCommand: ParsableCommand {
  static var program: LauncherProgram { get }
}

/// `wheelscrub cc COMPILER ARGS...`: becomes the launcher, a program of its own because it starts once for each
/// compile.
struct CompilerCommand: LaunchingCommand {
  static let program = LauncherProgram.c
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

/// `wheelscrub rustc RUSTC ARGS...`: becomes the launcher of rustc.
struct RustCompilerCommand: LaunchingCommand {
  static let program = LauncherProgram.rust
  static let configuration = CommandConfiguration(
    commandName: "rustc",
    abstract: "Start rustc so that crates, and sccache's keys, do not hold the build directory.",
    usage: "RUSTC_WRAPPER=wheelscrub-rustc cargo ...\nwheelscrub rustc [sccache] rustc [<arguments>...]",
    discussion: """
      Becomes the program wheelscrub-rustc, which cargo starts where RUSTC_WRAPPER names it. \
      WHEELSCRUB_RUSTC_CACHE=sccache puts sccache behind it, WHEELSCRUB_RUSTC=0 switches it off, \
      WHEELSCRUB_RUSTC_LOG=FILE tells each decision, WHEELSCRUB_RUSTC_PLACE=DIR is where its links are: a \
      directory that only you may write to, ~/.cache/wheelscrub/rustc by default.
      """)

  @Argument(parsing: .captureForPassthrough, help: .hidden)
  var command: [String] = []
}
