/// What becomes of a command of rustc.
enum RustDecision {
  /// As it was.
  case leave(RustReason)
  /// A crate in a random directory.
  case crate(RustCrate)
}

/// One compile in or with a random directory.
struct RustCrate {
  var compile: RustCompile
  var roots: RustRoots
  /// The physical working directory.
  var directory: Bytes

  /// What rustc is given without a cache: the same command, and which prefixes to write otherwise.
  func mapped(_ maps: RustMaps) -> [Bytes] {
    var maps = maps
    for root in roots.all { maps.add(root.path, root.stable) }
    return compile.arguments + maps.arguments
  }
}

extension RustDecision {
  /// The rules, in their order; docs/caches.md explains them.
  ///
  /// - Parameter directory: the physical working directory.
  static func make(_ compile: RustCompile, directory: Bytes, _ environment: Environment) -> RustDecision {
    if environment["WHEELSCRUB_RUSTC"]?.isText("0") == true { return .leave(.switchedOff) }
    let roots = RustRoots(compile, directory: directory, environment)
    guard !roots.all.isEmpty else { return .leave(.noRoot) }
    guard roots.all.allSatisfy({ $0.isText }) else { return .leave(.notText) }
    // The user's own maps come first in the arguments, and ours would win.
    let isMapped = compile.mapped.contains { prefix in
      roots.all.contains { isInside($0.path, prefix) || isInside(prefix, $0.path) }
    }
    return isMapped
      ? .leave(.mapped) : .crate(RustCrate(compile: compile, roots: roots, directory: directory))
  }
}
