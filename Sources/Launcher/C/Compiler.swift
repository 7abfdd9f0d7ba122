/// Which of the two a compiler is; it decides how the working directory is kept out of objects.
enum CompilerFamily: Equatable { case gcc, clang }

/// A compiler's file name taken apart: `x86_64-linux-gnu-g++-12`.
struct CompilerName {
  /// Nil for `cc` and `c++`, which are either.
  var family: CompilerFamily?
  /// Major version, where the name tells.
  var version: Int?

  /// Nil if this is no name of gcc or clang.
  init?(_ name: Bytes) {
    var parts = name.pieces(between: Ascii.hyphen)
    if parts.count > 1, let version = Self.majorVersion(parts[parts.count - 1]) {
      self.version = version
      parts.removeLast()
    }
    let base = parts.removeLast()
    if base.isText("gcc") || base.isText("g++") {
      family = .gcc
    } else if base.isText("clang") || base.isText("clang++") {
      family = .clang
    } else if !(base.isText("cc") || base.isText("c++")) {
      return nil
    }
    // A triplet has two parts at least. `c99-gcc` and `afl-gcc` are other programs.
    guard parts.isEmpty || parts.count >= 2, !parts.contains(where: { $0.isEmpty }) else { return nil }
  }

  /// Of `12`, `12.2` and `12.2.0`.
  static func majorVersion(_ text: Bytes) -> Int? {
    var version = 0
    for (index, byte) in text.enumerated() {
      if byte == UInt8(ascii: "."), index > 0 { return version }
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte), version < 1000 else { return nil }
      version = 10 * version + Int(byte - UInt8(ascii: "0"))
    }
    return text.isEmpty ? nil : version
  }
}

/// What stands between us and the compiler.
enum Cache: Equatable {
  case ccache, sccache

  init?(_ word: Bytes) {
    let name = lastComponent(of: word)
    if name.isText("ccache") {
      self = .ccache
    } else if name.isText("sccache") {
      self = .sccache
    } else {
      return nil
    }
  }
}

/// The compiler behind a word of the command, once it has been looked for.
struct Compiler {
  var family: CompilerFamily
  /// A cache that poses as the compiler.
  var cache: Cache?
  /// Major version, nil where no name tells it.
  var version: Int?

  /// Nil if the file is neither gcc nor clang.
  init?(_ word: Bytes, found path: Bytes, search: ProgramSearch) {
    guard let name = CompilerName(lastComponent(of: word)) else { return nil }
    version = name.version
    guard let real = System.realPath(path) else { return nil }
    if let cache = Cache(real) {
      // Its links are called like the compiler that it starts, which only their place in PATH tells.
      self.cache = cache
      guard
        let family = name.family
          ?? search.program(behind: path, word: word).flatMap({ Self.named($0)?.family })
      else { return nil }
      self.family = family
      return
    }
    let target = CompilerName(lastComponent(of: real))
    guard let family = target?.family ?? name.family else { return nil }
    self.family = family
    version = target?.version ?? version ?? Self.versionOfDirectory(real)
  }

  /// Whether it knows the flags that we add: gcc 8 has -ffile-prefix-map, clang 13 -ffile-compilation-dir.
  /// One whose version no name tells is taken for one of these; both are from before 2022.
  var isRecent: Bool {
    guard let version else { return true }
    return version >= (family == .gcc ? 8 : 13)
  }

  private static func named(_ path: Bytes) -> CompilerName? {
    System.realPath(path).flatMap { CompilerName(lastComponent(of: $0)) }
  }

  /// Of `/usr/lib/llvm-14/bin/clang`.
  private static func versionOfDirectory(_ path: Bytes) -> Int? {
    for component in path.pieces(between: Ascii.slash) where component.hasPrefix("llvm-") {
      if let version = CompilerName.majorVersion(component.dropped(5)) { return version }
    }
    return nil
  }
}
