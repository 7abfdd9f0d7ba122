/// What becomes of a command.
enum Decision: Equatable {
  /// As it was, for this reason.
  case leave(Reason)
  case rewrite(Rewrite)
}

/// What the compiler gets instead.
struct Rewrite: Equatable {
  var arguments: [Bytes]
  /// Another `PWD`.
  var workingDirectory: Bytes?
  /// What ccache is to make relative, besides the arguments.
  var baseDirectory: Bytes?
  /// Behind this cache; nil also where a cache hides behind a compiler's name.
  var cache: Cache?
  /// Why the cache is not to be asked, nil where it is.
  var distrust: Reason?
}

extension Decision {
  /// Whether the compiler is to run without its cache, which would return less than the compiler writes, or take one
  /// compile for another. Leaving it alone would not do: sccache with clang finds other directories' objects by itself.
  var skipsCache: Bool {
    switch self {
    case .leave(let reason): reason == .extraFile
    case .rewrite(let rewrite): rewrite.distrust != nil
    }
  }
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
    case .leave(.extraFile): return .leave(RootedPath(directory) == nil ? .noRoot : .extraFile)
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
    let (found, named) = compiler()
    guard let found else { return .leave(.otherCompiler) }
    guard found.isRecent else { return .leave(.oldCompiler) }
    // The cache only where it tells this compile from others, and returns all that the compiler writes.
    var cache = named ?? found.cache
    let source = SourceText(compile.inputPath)
    let distrust = cache.flatMap { hidden(from: $0, compile, source) }
    if distrust != nil { cache = nil }

    // Paths below the working directory's own root relative to it, others through links.
    let paths = PathRewriter(directory: directory, isRandom: here != nil)
    var result = Rewrite(arguments: paths.rewrite(compile, hits), cache: cache, distrust: distrust)
    // The working directory itself, and what the source names by its absolute path.
    if here != nil {
      let own = OwnDirectory(directory, family: found.family, cache: cache)
      own.keepOut(of: &result, named: source)
    }
    let isSame = result.arguments == arguments && result.workingDirectory == nil
    return isSame && (here == nil || distrust == nil) ? .leave(.nothing) : .rewrite(result)
  }

  private static func hidden(from cache: Cache, _ compile: Compile, _ source: borrowing SourceText?)
    -> Reason?
  {
    if compile.arguments.contains(where: { SideFile.isUnknown($0, to: cache) }) { return .unknownToCache }
    // Its server runs the assembler without our PWD.
    if compile.isAssembler, cache == .sccache { return .assembler }
    switch source {
    case .some(let text): return text.namesOtherFiles ? .readsFiles : nil
    case .none: return nil
    }
  }

  /// Whether a prefix that the user maps has to do with the directories that we care about.
  private static func concerns(_ prefix: Bytes, _ directory: Bytes) -> Bool {
    prefix.isEmpty || directory.hasPrefix(prefix) || RootedPath(prefix) != nil
  }
}

extension Environment {
  /// ccache's direct mode remembers which headers a compile read, not those that it would read if they were there. In
  /// one directory that is its user's own risk; we are who lets another directory, with other headers, hit. Its other
  /// mode compares what the preprocessor makes of them. Depend mode is a kind of direct mode, and never hits without it.
  mutating func distrustDirectMode(_ baseDirectory: Bytes?) {
    self["CCACHE_DIRECT"] = nil
    self["CCACHE_DEPEND"] = nil
    self["CCACHE_NODIRECT"] = Bytes("1")
    self["CCACHE_NODEPEND"] = Bytes("1")
    if let baseDirectory, self["CCACHE_BASEDIR"] == nil { self["CCACHE_BASEDIR"] = baseDirectory }
  }
}

extension Decision {
  /// As the log tells it.
  var outcome: Bytes {
    switch self {
    case .leave(let reason): return Bytes("left alone (") + Bytes(reason.rawValue.utf8) + Bytes(")")
    case .rewrite(let rewrite):
      var outcome = Bytes("rewritten")
      if let reason = rewrite.distrust {
        outcome += Bytes(" (no cache: ") + Bytes(reason.rawValue.utf8) + Bytes(")")
      }
      if let workingDirectory = rewrite.workingDirectory {
        outcome += Bytes(" (PWD=") + workingDirectory + Bytes(")")
      }
      return outcome
    }
  }
}
