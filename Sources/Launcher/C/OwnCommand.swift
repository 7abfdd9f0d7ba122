/// What the program does under its own name besides starting compilers.
enum OwnCommand {
  /// Who takes us for the compiler itself asks what compiler we are: sccache, before it starts what a wrapper like
  /// cargo's RUSTC_WRAPPER hands it, and the cc crate. The answer `cc` gives lets both go on; sccache then sees two inputs,
  /// the real compiler's name and the source, and starts us without a cache of its own.
  static func standIn(for arguments: [Bytes]) -> [Bytes] {
    asksKind(arguments.dropFirst().first) ? [Bytes("cc")] : []
  }

  private static func asksKind(_ first: Bytes?) -> Bool { first?.isText("-E") == true }

  /// Nil if the arguments are a compiler's command.
  static func run(_ arguments: [Bytes], search: ProgramSearch) -> Int32? {
    guard let first = arguments.first else { return usage(to: 2) }
    guard first.first == Ascii.hyphen, !first.isText("--"), !asksKind(first) else { return nil }
    if first.isText("--install"), arguments.count == 2 { return install(arguments[1], search: search) }
    return usage(to: first.isText("--help") || first.isText("-h") ? 1 : 2)
  }

  static func usage(to descriptor: Int32) -> Int32 {
    System.write(
      Bytes(
        """
        usage: wheelscrub-cc [--] [ccache|sccache] COMPILER ARGS...
               wheelscrub-cc --install DIR

        Starts gcc or clang so that objects and cache keys do not hold the random directory of the build.
        --install makes links in DIR that are called like the compilers in PATH; put DIR first in PATH.
        WHEELSCRUB_CC=0 switches it off, WHEELSCRUB_CC_LOG=FILE tells each decision.

        """), to: descriptor)
    return descriptor == 1 ? 0 : 2
  }

  /// Links in a directory, one for each name of a compiler in PATH; those that are there stay.
  private static func install(_ directory: Bytes, search: ProgramSearch) -> Int32 {
    guard let own = System.link(at: Bytes("/proc/self/exe")), System.makeDirectory(directory),
      let place = System.realPath(directory)
    else { return fail(directory, "cannot be made") }
    for name in search.compilerNames() {
      let path = place + [Ascii.slash] + name
      switch System.makeLink(to: own, at: path) {
      case .new: continue
      case .existed: if System.link(at: path) != own { return fail(path, "is something else") }
      case .failed: return fail(path, "cannot be made")
      }
    }
    System.write(Bytes("export PATH=") + Log.quoted(place) + Bytes(":\"$PATH\"\n"), to: 1)
    return 0
  }

  private static func fail(_ path: Bytes, _ reason: StaticString) -> Int32 {
    System.write(Bytes("wheelscrub-cc: ") + path + Bytes(": ") + Bytes(reason) + Bytes("\n"), to: 2)
    return 2
  }
}

extension ProgramSearch {
  /// Names of compilers in PATH, each once, sorted.
  func compilerNames() -> [Bytes] {
    var names: [Bytes] = []
    for directory in directories {
      for name in System.names(in: directory.isEmpty ? Bytes(".") : directory)
      where CompilerName(name) != nil && !names.contains(name) && program(name) != nil {
        names.append(name)
      }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}
