/// One start of the launcher of rustc.
struct RustCall {
  private let command: RustCommand
  private let environment: Environment
  private let search: ProgramSearch
  private let directory: Bytes?
  private let compiler: Bytes?

  init(_ command: RustCommand, _ environment: Environment, _ search: ProgramSearch) {
    self.command = command
    self.environment = environment
    self.search = search
    directory = System.workingDirectory()
    compiler = command.compiler.flatMap { search.program($0)?.path }
  }

  func start() -> Int32 {
    guard let word = command.compiler else { return leave(.otherCompiler) }
    guard let compiler else { return leave(.noCompiler) }
    guard let directory else { return leave(.noDirectory) }
    let compile: RustCompile
    switch RustCompile.parse(command.arguments) {
    case .leave(let reason): return leave(reason)
    case .compile(let parsed): compile = parsed
    }
    switch RustDecision.make(compile, directory: directory, environment) {
    case .leave(let reason): return leave(reason, isCompile: true)
    case .crate(let crate):
      let maps = RustMaps(environment, compiler: System.realPath(compiler))
      switch share(crate, compiler: absolute(compiler), maps) {
      case .ended(let status): return status
      case .not(let reason):
        return execute(
          compiler, [word] + crate.mapped(maps),
          Bytes("mapped (no cache: ") + Bytes(reason.rawValue.utf8) + Bytes(")"))
      }
    }
  }

  private enum Shared {
    case ended(Int32)
    case not(RustReason)
  }

  private func share(_ crate: RustCrate, compiler: Bytes, _ maps: RustMaps) -> Shared {
    guard let word = cache else { return .not(.noCache) }
    if let reason = crate.compile.uncached { return .not(reason) }
    guard lastComponent(of: word).isText("sccache"), let path = search.program(word)?.path,
      System.isProgram(path)
    else { return .not(.noCacheFound) }
    let prepared = SharedCompile.prepare(
      crate, cache: absolute(path), compiler: compiler, maps: maps, environment)
    switch prepared {
    case .not(let reason): return .not(reason)
    case .ready(let shared):
      log(Bytes("shared"), shared.words)
      return shared.run().map { .ended($0) } ?? .not(.failed)
    }
  }

  /// What the command says, or else the environment.
  private var cache: Bytes? {
    command.cache ?? environment["WHEELSCRUB_RUSTC_CACHE"].flatMap { $0.isEmpty ? nil : $0 }
  }

  private func absolute(_ path: Bytes) -> Bytes {
    path.first == Ascii.slash ? path : (directory ?? []) + [Ascii.slash] + path
  }

  /// The command as it came; a compile behind the cache that the environment names, as if there were no launcher.
  private func leave(_ reason: RustReason, isCompile: Bool = false) -> Int32 {
    var words = command.words
    if isCompile, command.cache == nil, let cache,
      search.program(cache).map({ System.isProgram($0.path) }) == true
    {
      words.insert(cache, at: 0)
    }
    let outcome = Bytes("left alone (") + Bytes(reason.rawValue.utf8) + Bytes(")")
    guard let word = words.first, let path = search.program(word)?.path else {
      log(outcome, words)
      return fail(words.first ?? [], Bytes("command not found"), 127)
    }
    return execute(path, words, outcome)
  }

  private func execute(_ path: Bytes, _ words: [Bytes], _ outcome: Bytes) -> Int32 {
    log(outcome, words)
    let error = System.execute(path, words, environment.variables)
    return fail(words[0], System.message(error), System.isMissing(error) ? 127 : 126)
  }

  private func log(_ outcome: Bytes, _ words: [Bytes]) {
    guard let file = environment["WHEELSCRUB_RUSTC_LOG"], !file.isEmpty else { return }
    System.append(Log.line(outcome, command: words, directory: directory), to: file)
  }

  private func fail(_ word: Bytes, _ reason: Bytes, _ status: Int32) -> Int32 {
    System.write(Bytes("wheelscrub-rustc: ") + word + Bytes(": ") + reason + Bytes("\n"), to: 2)
    return status
  }
}
