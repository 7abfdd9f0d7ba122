/// The directory for links to random directories: the same in every build of one user, and nobody else's to write to.
/// Whoever could put a link of their own in it would choose what rustc compiles.
enum StablePlace {
  /// - Returns: its physical path, nil where there is none that is safe.
  static func find(_ environment: Environment) -> Bytes? {
    var path: Bytes
    if let named = environment["WHEELSCRUB_RUSTC_PLACE"], !named.isEmpty {
      path = named
    } else if let cache = environment["XDG_CACHE_HOME"], cache.first == Ascii.slash {
      path = cache + Bytes("/wheelscrub/rustc")
    } else if let home = environment["HOME"], home.first == Ascii.slash {
      path = home + Bytes("/.cache/wheelscrub/rustc")
    } else {
      return nil
    }
    guard path.first == Ascii.slash, isUsable(path), make(path) else { return nil }
    // Mostly it is the physical path: then no component is a link, and `getcwd` spells it in the same way.
    let isPlain = path.dropped(1).pieces(between: Ascii.slash).allSatisfy { name in
      !name.isEmpty && !name.isText(".") && !name.isText("..")
    }
    if isPlain, isSafe(path) { return path }
    guard let real = System.realPath(path), isUsable(real), isSafe(real) else { return nil }
    return real
  }

  private static func isUsable(_ path: Bytes) -> Bool { path.isPlain && RootedPath(path) == nil }

  /// With the directories above it, which only this user may enter.
  static func make(_ path: Bytes) -> Bool {
    if System.status(of: path) != nil || System.makePrivateDirectory(path) { return true }
    let above = parent(of: path)
    return above.count < path.count && make(above) && System.makePrivateDirectory(path)
  }

  /// Every directory on the way belongs to this user or root, and others may not write to it, or not rename what is in
  /// it (the sticky bit); the last one belongs to this user alone.
  static func isSafe(_ path: Bytes) -> Bool {
    let user = System.user
    var directory = path
    while true {
      guard let status = System.status(of: directory), status.isDirectory else { return false }
      let isLast = directory.count == path.count
      guard status.owner == user || !isLast && status.owner == 0 else { return false }
      let mayOthersWrite = status.mode & 0o022 != 0
      guard !mayOthersWrite || !isLast && status.mode & 0o1000 != 0 else { return false }
      if directory.count == 1 { return true }
      directory = parent(of: directory)
    }
  }
}
