import ArgumentParser

/// The command line as a library: tests call it as `main` does.
public enum Program {
  /// Runs one command on the process's own streams and returns its exit code: 0 clean, 1 findings, 2 could
  /// not process.
  public static func run(_ arguments: [String]) -> Int32 {
    let streams = StandardStreams()
    let code = run(arguments, console: streams.console, engine: .live)
    return streams.reportFailedOutput() ? ExitStatus.failure.rawValue : code
  }

  /// The same with everything it touches passed in.
  ///
  /// - Parameter arguments: without the program's name.
  public static func run(_ arguments: [String], console: Console, engine: Engine) -> Int32 {
    if let version = Version.answer(to: arguments) {
      console.write(version + "\n", to: .output)
      return ExitStatus.clean.rawValue
    }
    do {
      var command = try RootCommand.parseAsRoot(arguments)
      switch command {
      case let command as any SessionCommand:
        engine.limitMemory(command.memoryLimit, command.jobCount)
        return try command.run(in: Session(console: console, engine: engine)).rawValue
      case let command as any LaunchingCommand:
        console.write("error: \(engine.launch(type(of: command).program))\n", to: .error)
        return ExitStatus.commandNotFound
      case is RootCommand:
        console.write(firstSteps, to: .error)
        return ExitStatus.failure.rawValue
      default:
        // ArgumentParser's own: `help`, completion scripts. They answer by throwing their text.
        try command.run()
        return ExitStatus.clean.rawValue
      }
    } catch let error as SettingError {
      console.write("error: \(error.message)\n", to: .error)
      return ExitStatus.failure.rawValue
    } catch {
      let isSuccess = RootCommand.exitCode(for: error) == .success
      // ArgumentParser quotes arguments as they are, and a glob makes arguments of files' names.
      let message = RootCommand.fullMessage(for: error, columns: console.columns)
      let text = (isSuccess ? message : UnknownWord(in: arguments)?.replacing(in: message) ?? message)
        .split(separator: "\n", omittingEmptySubsequences: false)
        .map { Escape.terminalSafe(String($0)) }.joined(separator: "\n")
      if !text.isEmpty { console.write(text + "\n", to: isSuccess ? .output : .error) }
      return isSuccess ? ExitStatus.clean.rawValue : ExitStatus.failure.rawValue
    }
  }

  /// What `wheelscrub` alone says: what to do first, and where the rest is.
  private static let firstSteps = """
    USAGE: wheelscrub <command> ...

      wheelscrub check dist/              shows the build directories that leak into wheels
      wheelscrub fix dist/*.whl -w fixed  writes wheels without them to fixed/
      wheelscrub diff one.whl other.whl   names the causes of every difference
      wheelscrub rules BP101              explains a rule
      wheelscrub cc gcc -c x.c            compiles so that nothing leaks

    wheelscrub --help lists all commands, wheelscrub <command> --help its options.

    """
}

/// `wheelscrub` itself: only a name, a version and the list of subcommands.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Version.name,
    abstract: "Make native Python extensions independent of the directory they were built in.",
    // `Version.answer` takes both before a subcommand could.
    discussion: "-V is short for --version; with -v it names the libraries as well.",
    version: Version.described,
    subcommands: [
      CheckCommand.self, FixCommand.self, DiffCommand.self, KeyCommand.self, RecordCommand.self,
      VerifyCommand.self, RulesCommand.self, CompilerCommand.self, RustCompilerCommand.self,
      EnvCommand.self,
    ])
}

/// A subcommand of ours.
protocol SessionCommand: ParsableCommand {
  /// The user's bound on memory, bytes; nil for the default.
  var memoryLimit: Int? { get }
  /// How many files are worked on side by side.
  var jobCount: Int { get }
  func run(in session: Session) throws(SettingError) -> ExitStatus
}

extension SessionCommand {
  var memoryLimit: Int? { nil }
  var jobCount: Int { 1 }
}

/// One that takes paths and prints a report.
protocol ReportingCommand: SessionCommand {
  var shared: SharedOptions { get }
}

extension ReportingCommand {
  var memoryLimit: Int? { shared.memory.limit?.bytes }
  var jobCount: Int { shared.jobCount }
}
