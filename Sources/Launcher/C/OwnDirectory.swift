/// Keeps a random working directory out of objects and keys.
struct OwnDirectory {
  let directory: Bytes
  let family: CompilerFamily
  let cache: Cache?

  init(_ directory: Bytes, family: CompilerFamily, cache: Cache?) {
    self.directory = directory
    self.family = family
    self.cache = cache
  }

  /// - Parameter source: a unity build's includes its parts by absolute paths, and generated code may name its origin.
  func keepOut(of result: inout Rewrite, named source: borrowing SourceText?) {
    // gcc takes the text before the first `=` for the prefix.
    guard !directory.contains(Ascii.equals) || family == .clang || cache != .sccache else { return }
    // The last map is tried first.
    if let tree = root(namedBy: source) {
      let map = tree + [Ascii.equals] + relativePath(from: directory, root: tree, rest: [])
      result.arguments += mapping(map)
      // Its line markers stay absolute where maps do not reach, and are a part of ccache's key.
      if cache != .sccache { result.baseDirectory = tree }
    }
    // Names the same directory in every process, so gcc believes it, and so does ccache.
    let link = Bytes("/proc/self/cwd")
    switch (family, cache) {
    case (.clang, _):
      result.arguments.append(Bytes("-ffile-compilation-dir=."))
      if cache == .ccache { result.workingDirectory = link }
    case (.gcc, .sccache): result.arguments += mapping(directory + Bytes("=."))
    case (.gcc, _):
      result.arguments += mapping(link + Bytes("=."))
      result.workingDirectory = link
    }
  }

  /// The outermost random directory, where the source names it.
  private func root(namedBy source: borrowing SourceText?) -> Bytes? {
    switch source {
    case .some(let text):
      // Looking for roots takes longer than looking for a few bytes that they all begin with.
      guard text.contains(Bytes(directory.prefix(8))), let tree = OutermostRoot.of(directory),
        !tree.contains(Ascii.equals), text.contains(tree)
      else { return nil }
      return tree
    case .none: return nil
    }
  }

  /// sccache's key holds every argument but those for the preprocessor, and its server runs the compiler without our PWD.
  private func mapping(_ map: Bytes) -> [Bytes] {
    switch (family, cache) {
    case (.gcc, .sccache): [Bytes("-Xpreprocessor"), Bytes("-ffile-prefix-map=") + map]
    case (.clang, .sccache):
      [
        Bytes("-Xpreprocessor"), Bytes("-fmacro-prefix-map=") + map, Bytes("-Xpreprocessor"),
        Bytes("-fdebug-prefix-map=") + map,
      ]
    default: [Bytes("-ffile-prefix-map=") + map]
    }
  }
}
