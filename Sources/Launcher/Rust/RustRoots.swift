/// The random directories that a compile has to do with, each once.
struct RustRoots {
  struct Root: Equatable {
    /// As it is written in arguments and variables.
    var path: Bytes
    /// `/build/<name>`, what `wheelscrub fix` would make of it too.
    var stable: Bytes
    /// The name in it.
    var name: Bytes
  }
  private(set) var all: [Root] = []

  /// - Parameter directory: the physical working directory.
  init(_ compile: RustCompile, directory: Bytes, _ environment: Environment) {
    add(directory)
    add(compile.source)
    for path in compile.paths { add(compile.text(of: path)) }
    for (name, value) in environment.pairs where StableNames.isHashed(name) { add(value) }
  }

  /// The directory that a path lies in, and what follows it.
  func root(of path: Bytes) -> (root: Root, rest: Bytes)? {
    for root in all where isInside(path, root.path) { return (root, path.dropped(root.path.count)) }
    return nil
  }

  private mutating func add(_ path: Bytes) {
    guard path.first == Ascii.slash, root(of: path) == nil, let rooted = RootedPath(path) else { return }
    all.append(
      Root(path: rooted.root, stable: Bytes("/build/") + rooted.name, name: rooted.name))
  }
}

extension RustRoots.Root {
  /// Whether rustc can be told of it in an argument, which has to be UTF-8.
  var isText: Bool { path.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }

  /// Whether it is written in every place as it is: depfiles escape spaces.
  var isPlain: Bool { path.isPlain && name.isPlain && !name.isEmpty && !name.contains(Ascii.slash) }
}

extension Bytes {
  /// Letters, digits and what no format of text gives a meaning to.
  var isPlain: Bool {
    allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), Ascii.slash, Ascii.hyphen, UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: "%"):
        true
      default: false
      }
    }
  }
}
