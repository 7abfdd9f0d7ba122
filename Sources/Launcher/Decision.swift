/// What becomes of a command.
enum Decision: Equatable {
  /// As it was, for this reason.
  case leave(Reason)
  /// Other arguments for the compiler, and perhaps another `PWD`.
  case rewrite(arguments: [Bytes], workingDirectory: Bytes?)

}

extension Decision {
  /// The rules, in their order; docs/caches.md explains them.
  ///
  /// - Parameters:
  ///   - directory: the physical working directory.
  ///   - compiler: asked only where something would change.
  static func make(
    arguments: [Bytes], directory: Bytes, compiler: () -> (compiler: Compiler?, cache: Cache?)
  ) -> Decision {
    // Only one plain compile, all of whose arguments are understood.
    let compile: Compile
    switch Compile.parse(arguments) {
    case .leave(let reason): return .leave(reason)
    case .compile(let parsed): compile = parsed
    }
    // Only in or with a random directory.
    let here = RootedPath(directory)
    let hits = compile.paths.map { RootedPath(compile.text(of: $0)) }
    guard here != nil || hits.contains(where: { $0 != nil }) else { return .leave(.noRoot) }
    guard !directory.contains("/CMakeScratch/TryCompile-") else { return .leave(.probe) }
    guard !compile.mapped.contains(where: { concerns($0, directory) }) else {
      return .leave(.mapped)
    }
    let (found, cache) = compiler()
    guard let found else { return .leave(.otherCompiler) }
    guard found.isRecent else { return .leave(.oldCompiler) }

    // Paths below the working directory's own root relative to it, others through links.
    let paths = PathRewriter(directory: directory, isRandom: here != nil)
    let rewritten = paths.rewrite(compile, hits)
    // The working directory itself.
    var result = Self.rewrite(arguments: rewritten, workingDirectory: nil)
    if here != nil {
      result = keepOut(directory, of: rewritten, family: found.family, cache: cache ?? found.cache)
    }
    return result == .rewrite(arguments: arguments, workingDirectory: nil) ? .leave(.nothing) : result
  }

  private static func keepOut(
    _ directory: Bytes, of arguments: [Bytes], family: CompilerFamily, cache: Cache?
  ) -> Decision {
    switch (family, cache) {
    case (.clang, _):
      return .rewrite(arguments: arguments + [Bytes("-ffile-compilation-dir=.")], workingDirectory: nil)
    case (.gcc, .sccache):
      // Its server runs the compiler without our PWD; and what goes to the preprocessor is no part of its key.
      // gcc takes the text before the first `=` for the prefix.
      guard !directory.contains(Ascii.equals) else {
        return .rewrite(arguments: arguments, workingDirectory: nil)
      }
      let map = Bytes("-ffile-prefix-map=") + directory + Bytes("=.")
      return .rewrite(arguments: arguments + [Bytes("-Xpreprocessor"), map], workingDirectory: nil)
    case (.gcc, _):
      // Names the same directory in every process, so gcc believes it, and so does ccache.
      let link = Bytes("/proc/self/cwd")
      return .rewrite(
        arguments: arguments + [Bytes("-ffile-prefix-map=") + link + Bytes("=.")], workingDirectory: link)
    }
  }

  /// Whether a prefix that the user maps has to do with the directories that we care about.
  private static func concerns(_ prefix: Bytes, _ directory: Bytes) -> Bool {
    prefix.isEmpty || directory.hasPrefix(prefix) || RootedPath(prefix) != nil
  }
}
