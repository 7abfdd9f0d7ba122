/// What rustc is told to write instead of prefixes of paths. Of two that fit, rustc takes the last.
struct RustMaps {
  private(set) var arguments: [Bytes] = []

  /// Where the crates and the compiler of this user are: another user's artifacts are the same.
  ///
  /// - Parameter compiler: rustc's path without links.
  init(_ environment: Environment, compiler: Bytes?) {
    let home = environment["HOME"].flatMap { $0.count > 1 && $0.first == Ascii.slash ? $0 : nil }
    if let compiler, let home, compiler.hasSuffix("/bin/rustc") {
      let sysroot = parent(of: parent(of: compiler))
      if isInside(sysroot, home) { add(sysroot, Bytes("/rust")) }
    }
    if let crates = environment["CARGO_HOME"], crates.first == Ascii.slash {
      add(crates, Bytes("/cargo"))
    } else if let home {
      add(home + Bytes("/.cargo"), Bytes("/cargo"))
    }
  }

  mutating func add(_ path: Bytes, _ stable: Bytes) {
    guard path.count > 1, path.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else { return }
    arguments.append(Bytes("--remap-path-prefix=") + path + [Ascii.equals] + stable)
  }
}
