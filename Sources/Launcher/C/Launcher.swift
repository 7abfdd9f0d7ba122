/// The compiler launcher: `[--] [LAUNCHER...] COMPILER ARGS...`, or a link that is called like a compiler.
///
/// It becomes the compiler and never breaks a build: what it does not fully understand it starts as it came.
public enum Launcher {
  /// Runs the command; returns only if there is none to run.
  ///
  /// - Parameters:
  ///   - arguments: the program's own name first.
  /// - Returns: 127 where the program is missing, 126 where it cannot be started, else what `install` and the
  ///   like exit with.
  public static func run(_ arguments: [Bytes], _ environment: [Bytes]) -> Int32 {
    let own = System.identity(of: Bytes("/proc/self/exe"))
    let environment = Environment(environment)
    let search = ProgramSearch(path: environment["PATH"], own: own)
    let name = lastComponent(of: arguments.first ?? [])
    let isLink = CompilerName(name) != nil
    if !isLink, let status = OwnCommand.run(Array(arguments.dropFirst()), search: search) { return status }
    let command = Command((isLink ? [name] : OwnCommand.standIn(for: arguments)) + arguments.dropFirst())
    return start(plan(command, environment, search, isLink: isLink))
  }

  /// What is to be executed.
  struct Plan {
    var path: Bytes?
    var words: [Bytes]
    var environment: Environment
  }

  /// Decides, and writes the log.
  static func plan(_ command: Command, _ original: Environment, _ search: ProgramSearch, isLink: Bool) -> Plan
  {
    var environment = original
    var found = command.compiler.flatMap { search.program($0) }
    if let path = found?.cleanedPath { environment["PATH"] = path }
    let directory = System.workingDirectory()

    var decision = Decision.leave(.noCompiler)
    if let word = command.compiler, let path = found?.path {
      if original["WHEELSCRUB_CC"]?.isText("0") == true {
        decision = .leave(.switchedOff)
      } else if let directory {
        decision = .make(arguments: command.arguments, directory: directory) {
          (Compiler(word, found: path, search: search), command.cache)
        }
      } else {
        decision = .leave(.noDirectory)
      }
    }

    var words = command.words
    if case .rewrite(let rewrite) = decision {
      words = words.dropLast(command.arguments.count) + rewrite.arguments
      if let workingDirectory = rewrite.workingDirectory { environment["PWD"] = workingDirectory }
      if rewrite.cache != .sccache { environment.distrustDirectMode(rewrite.baseDirectory) }
    }
    var launchers = command.launchers
    if decision.skipsCache {
      words = Array(words.dropFirst(launchers.count))
      launchers = []
      // One that poses as the compiler has the real one behind it in PATH.
      environment["CCACHE_DISABLE"] = Bytes("1")
      if let word = command.compiler, let path = found?.path,
        System.realPath(path).flatMap({ Cache($0) }) != nil,
        let real = search.program(behind: path, word: word)
      {
        found?.path = real
        words[0] = real
      }
    }
    // The name of a link to ourselves would lead back to it, and gcc finds its parts by its own name.
    if let word = command.compiler, let path = found?.path, isLink || word.contains(Ascii.slash) {
      words[launchers.count] = path
    }
    if let log = original["WHEELSCRUB_CC_LOG"], !log.isEmpty {
      System.append(Log.line(decision.outcome, command: words, directory: directory), to: log)
    }
    let program = launchers.isEmpty ? found?.path : words.first.flatMap { search.program($0)?.path }
    return Plan(
      path: program ?? words.first.flatMap { search.program($0)?.path }, words: words,
      environment: environment)
  }

  private static func start(_ plan: Plan) -> Int32 {
    guard let word = plan.words.first else { return OwnCommand.usage(to: 2) }
    guard let path = plan.path else { return fail(word, Bytes("command not found"), 127) }
    let error = System.execute(path, plan.words, plan.environment.variables)
    return fail(word, System.message(error), System.isMissing(error) ? 127 : 126)
  }

  /// There is no compiler that could say it.
  private static func fail(_ word: Bytes, _ reason: Bytes, _ status: Int32) -> Int32 {
    System.write(Bytes("wheelscrub-cc: ") + word + Bytes(": ") + reason + Bytes("\n"), to: 2)
    return status
  }
}
