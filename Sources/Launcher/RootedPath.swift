#if !hasFeature(Embedded)
  import BuildRoots
#endif

/// Where the outermost random directory of a path ends: what a build's sources and its own build directories share.
enum OutermostRoot {
  static func of(_ directory: Bytes) -> Bytes? {
    RootMap.forPaths.roots(in: directory.span).first.map { Bytes(directory[..<$0.range.upperBound]) }
  }
}

/// A path that leads into a random build directory.
struct RootedPath {
  /// Up to and including the last random component, as it was written.
  var root: Bytes
  /// What follows: empty, or from a `/` on.
  var rest: Bytes
  /// What the stable form of the root is called.
  var name: Bytes

  /// Nil if no random directory stands in the path.
  init?(_ path: Bytes) {
    // `=` and `$SYSROOT` stand for a directory that the compiler was configured with.
    guard let first = path.first, first != Ascii.equals, first != UInt8(ascii: "$") else { return nil }
    guard let root = RootMap.forPaths.roots(in: path.span).last else { return nil }
    let end = root.range.upperBound
    // Text glued to a hash in another program's strings; a file's name never ends there.
    guard end == path.count || path[end] == Ascii.slash else { return nil }
    self.root = Bytes(path[..<end])
    rest = path.dropped(end)
    name = Array(root.name.utf8)
  }
}
